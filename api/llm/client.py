"""Client of a language model on any OpenAI-compatible server."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from functools import cached_property, partial
from typing import Any

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from ...index.domain.errors import ConfigError, LLMError
from ...settings import Settings
from .base import Message, ReplyStream
from .errors import ReplyError
from .protocol import request_body
from .redaction import redact, secrets_of
from .stream import open_http_reply

_RETRIES = 2
_RETRIED_STATUSES = frozenset({408, 409, 429})  # and all from 500 on
_RETRIED_CODES = frozenset({"unreachable", "timeout", "cut_off"})
_ANSWER_TOKENS = 600


class ChatModel:
    """A model on a server. Implements `CancellableModel`.

    Args:
        url: base URL of the server, such as `http://localhost:8000/v1`.
        model: name of the model on the server.
        key: API key; empty if the server needs none.
        timeout: seconds until a reply has to be complete, in each attempt.
        retries: number of further attempts after a request was lost, rate-limited or failed on the server. A streamed
            request is never retried, since somebody waits for it.

    Raises:
        ConfigError: url or model are missing or invalid.
    """

    def __init__(self, url: str, model: str, key: str = "", *, timeout: float = 60, retries: int = _RETRIES) -> None:
        try:
            parsed = httpx.URL(url)
        except httpx.InvalidURL:
            parsed = httpx.URL()
        if parsed.scheme not in ("http", "https") or not parsed.host:
            shown = redact(url, secrets_of(url, ""))
            raise ConfigError(
                f"llm_url is {shown!r}, no HTTP URL; name a server, such as http://localhost:8000/v1 "
                "(setting llm_url, NONMUN_LLM_URL)"
            )
        if not model:
            raise ConfigError("llm_model is empty; name a model of that server (setting llm_model, NONMUN_LLM_MODEL)")
        self.model = model
        # httpx logs URLs with their passwords.
        self._auth = (parsed.username, parsed.password) if parsed.userinfo else None
        self._url = str(parsed.copy_with(username=None, password=None))
        self._name = redact(self._url)
        self._key, self._timeout, self._retries = key, timeout, retries
        self._redact = partial(redact, secrets=secrets_of(url, key))

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
        return self._send(request_body(self.model, messages, _ANSWER_TOKENS, 0, None, stream=True))

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
            retry=retry_if_exception(_is_temporary),
            stop=stop_after_attempt(1 + self._retries),
            wait=_wait,
            reraise=True,
        )
        try:
            content = attempts(self._receive, body).strip()
        except ReplyError as error:
            raise LLMError(self._describe(error)) from error
        if not content:
            raise LLMError(f"{self._name}: {self.model} replied without words; try another model")
        return content

    @cached_property
    def _verify(self) -> ssl.SSLContext | bool:
        # Loading certificates takes about 20 ms, and plain HTTP has none to verify.
        return httpx.create_ssl_context() if self._url.startswith("https:") else False

    def _send(self, body: dict[str, Any]) -> ReplyStream:
        request = {
            "url": f"{self._url.rstrip('/')}/chat/completions",
            "headers": {"authorization": f"Bearer {self._key or 'none'}"},
            "auth": self._auth,
            "json": body,
        }
        return open_http_reply(request, self._timeout, self._verify, self._redact)

    def _receive(self, body: dict[str, Any]) -> str:
        reply = self._send(body)
        try:
            return "".join(reply)
        finally:
            reply.close()

    def _describe(self, error: ReplyError) -> str:
        if error.code == "garbage":
            return f"{self._name}: {error}; is this the base URL of an OpenAI-compatible server?"
        if error.code == "too_long":
            return f"{self._name}: {error}; try another model"
        return (
            f"{self._name}: {self.model} did not reply ({error}); check the server, the name of the model and the key"
        )


def _is_temporary(error: BaseException) -> bool:
    """Return whether another attempt may succeed."""
    if not isinstance(error, ReplyError):
        return False
    if error.status is None:
        return error.code in _RETRIED_CODES
    return error.status in _RETRIED_STATUSES or error.status >= 500


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    wait = error.retry_after if isinstance(error, ReplyError) else None
    return wait_random_exponential(0.5, 8)(state) if wait is None else wait
