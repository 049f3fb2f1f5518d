"""Client of a language model on any OpenAI-compatible server."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from ...index.domain.errors import ConfigError, LLMError
from ...settings import Settings
from .base import Message, ReplyStream
from .errors import ReplyError
from .protocol import error_summary, message_content, request_body
from .stream import open_http_reply

_RETRIES = 2
_RETRIED_STATUSES = frozenset({408, 409, 429})  # and all from 500 on
_MAX_WAIT = 30.0  # seconds between two attempts, whatever a server asks for
_ANSWER_TOKENS = 600


class _TransientError(LLMError):
    """A failure that a retry may resolve.

    Attributes:
        wait: seconds that the server asks to wait; None if it asks for none.
    """

    def __init__(self, message: str, wait: float | None) -> None:
        super().__init__(message)
        self.wait = wait


class ChatModel:
    """A model on a server. Implements `CancellableModel`.

    Args:
        url: base URL of the server, such as `http://localhost:8000/v1`.
        model: name of the model on the server.
        key: API key; empty if the server needs none.
        timeout: seconds to wait for the server to go on, in each attempt.
        retries: number of further attempts after a request was lost, rate-limited or failed on the server. A streamed
            request is never retried, since somebody waits for it.

    Raises:
        ConfigError: url or model are missing.
    """

    def __init__(self, url: str, model: str, key: str = "", *, timeout: float = 60, retries: int = _RETRIES) -> None:
        if not url.startswith(("http://", "https://")):
            raise ConfigError(
                f"llm_url is {url!r}, no HTTP URL; name a server, such as http://localhost:8000/v1 "
                "(setting llm_url, NONMUN_LLM_URL)"
            )
        if not model:
            raise ConfigError("llm_model is empty; name a model of that server (setting llm_model, NONMUN_LLM_MODEL)")
        self.url, self.model = url, model
        self._key, self._timeout, self._retries = key, timeout, retries

    @classmethod
    def of(cls, settings: Settings) -> ChatModel:
        """Return the model named in the settings.

        Raises:
            ConfigError: the settings name none.
        """
        key = settings.llm_key.get_secret_value()
        return cls(settings.llm_url, settings.llm_model, key, timeout=settings.llm_timeout)

    def open_reply(self, messages: Sequence[Message]) -> ReplyStream:
        """Send a chat and return its reply at once; closing the reply closes the connection.

        Args:
            messages: `role` and `content` of each.
        """
        body = request_body(self.model, messages, _ANSWER_TOKENS, 0, None, stream=True)
        return open_http_reply(self._request | {"json": body}, self._timeout, self._verify)

    def stream(self, messages: Sequence[Message]) -> ReplyStream:
        """Return the reply to a chat, in pieces as the server sends it; see `open_reply`."""
        return self.open_reply(messages)

    def complete(
        self, messages: Sequence[Message], *, max_tokens: int, temperature: float = 0, seed: int | None = None
    ) -> str:
        """Return the whole reply to a chat, surrounding white space removed.

        Args:
            messages: `role` and `content` of each.
            max_tokens: maximum length of the reply.
            temperature: sampling temperature; 0 always takes the likeliest token.
            seed: seed of the sampling, for servers that support one.

        Raises:
            LLMError: the request failed, or the reply is empty.
        """
        body = request_body(self.model, messages, max_tokens, temperature, seed, stream=False)
        attempts = Retrying(
            retry=retry_if_exception_type(_TransientError),
            stop=stop_after_attempt(1 + self._retries),
            wait=_wait,
            reraise=True,
        )
        try:
            content = message_content(attempts(self._post, body))
        except ReplyError as error:
            raise LLMError(f"{self.url}: {error}; is this the base URL of an OpenAI-compatible server?") from error
        if content is None or not content.strip():
            raise LLMError(f"{self.url}: {self.model} replied without words; try another model")
        return content.strip()

    @cached_property
    def _verify(self) -> ssl.SSLContext | bool:
        # Loading certificates takes about 20 ms, and plain HTTP has none to verify.
        return httpx.create_ssl_context() if self.url.startswith("https:") else False

    @property
    def _request(self) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {self._key or 'none'}"}
        return {"url": f"{self.url.rstrip('/')}/chat/completions", "headers": headers}

    def _post(self, body: dict[str, Any]) -> bytes:
        try:
            with httpx.Client(timeout=self._timeout, verify=self._verify) as client:
                response = client.post(**self._request, json=body)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _TransientError(self._no_reply(f"{type(error).__name__}: {error}"), None) from error
        if response.is_success:
            return response.content
        message = self._no_reply(error_summary(response.content, response.status_code))
        if response.status_code in _RETRIED_STATUSES or response.status_code >= 500:
            raise _TransientError(message, _retry_after(response.headers.get("retry-after", "")))
        raise LLMError(message)

    def _no_reply(self, reason: str) -> str:
        reason = " ".join(reason.split())
        return f"{self.url}: {self.model} did not reply ({reason}); check the server, the name of the model and the key"


def _retry_after(header: str) -> float | None:
    try:
        return min(max(0.0, float(header)), _MAX_WAIT)
    except ValueError:  # missing, or a date: the exponential backoff applies
        return None


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    wait = error.wait if isinstance(error, _TransientError) else None
    return wait_random_exponential(0.5, 8)(state) if wait is None else wait
