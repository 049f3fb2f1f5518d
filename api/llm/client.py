"""Asking a language model behind any OpenAI-compatible server."""

from __future__ import annotations

import ssl
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from ...index.domain.errors import ConfigError, LLMError
from ...settings import Settings
from .base import Message
from .errors import ReplyError
from .protocol import content_of, request_body, said
from .stream import Received

_RETRIES = 2
_AGAIN = frozenset({408, 409, 429})  # and all from 500 on
_LONGEST_WAIT = 30.0  # seconds between two tries, whatever a server asks for
_ANSWER_TOKENS = 600


class _PassingError(LLMError):
    """A failure that may be over the next time; `wait` seconds are asked for, or None."""

    def __init__(self, message: str, wait: float | None) -> None:
        super().__init__(message)
        self.wait = wait


class ChatModel:
    """One model of one server.

    Args:
        url: base URL of the server, such as `http://localhost:8000/v1`.
        model: what the server calls the model.
        key: its key; empty where it wants none.
        timeout: seconds to wait for the server to go on, for every try.
        retries: how often a request is sent again that was lost, limited or failed on the server's side; a streamed
            one never is, since somebody waits for it.

    Raises:
        ConfigError: url or model are missing.
    """

    breaks_off = True

    def __init__(self, url: str, model: str, key: str = "", *, timeout: float = 60, retries: int = _RETRIES) -> None:
        if not url.startswith(("http://", "https://")):
            raise ConfigError(f"llm_url is {url!r}: name a server (--llm-url http://localhost:8000/v1, NONMUN_LLM_URL)")
        if not model:
            raise ConfigError("llm_model is empty: name a model of that server (--llm-model, NONMUN_LLM_MODEL)")
        self.url, self.model = url, model
        self._key, self._timeout, self._retries = key, timeout, retries

    @classmethod
    def of(cls, settings: Settings) -> ChatModel:
        """The model that the settings name.

        Raises:
            ConfigError: they name none.
        """
        key = settings.llm_key.get_secret_value()
        return cls(settings.llm_url, settings.llm_model, key, timeout=settings.llm_timeout)

    @cached_property
    def _verify(self) -> ssl.SSLContext | bool:
        # Certificates take some 20 ms to load, and plain HTTP has none to check.
        return httpx.create_ssl_context() if self.url.startswith("https:") else False

    @property
    def _request(self) -> dict[str, Any]:
        headers = {"authorization": f"Bearer {self._key or 'none'}"}
        return {"url": f"{self.url.rstrip('/')}/chat/completions", "headers": headers}

    def stream(self, messages: Sequence[Message]) -> Received:
        """The reply, piece by piece as the server sends it; closing it closes the connection.

        Args:
            messages: `role` and `content` each.
        """
        body = request_body(self.model, messages, _ANSWER_TOKENS, 0, None, stream=True)
        return Received(self._request | {"json": body}, self._timeout, self._verify)

    def complete(
        self,
        messages: Sequence[Mapping[str, str]],
        *,
        max_tokens: int,
        temperature: float = 0,
        seed: int | None = None,
    ) -> str:
        """What the model replies, outer white space removed.

        Args:
            messages: `role` and `content` each.
            max_tokens: the longest reply.
            temperature: 0 takes the likeliest words.
            seed: for servers that know one.

        Raises:
            LLMError: no reply came, or one without words.
        """
        body = request_body(self.model, messages, max_tokens, temperature, seed, stream=False)
        again = Retrying(
            retry=retry_if_exception_type(_PassingError),
            stop=stop_after_attempt(1 + self._retries),
            wait=_wait,
            reraise=True,
        )
        try:
            text = content_of(again(self._post, body))
        except ReplyError as error:
            raise LLMError(f"{self.url}: {error}; is this the base URL of an OpenAI-compatible server?") from error
        if text is None or not text.strip():
            raise LLMError(f"{self.url}: {self.model} replied without words; try another model")
        return text.strip()

    def _post(self, body: dict[str, Any]) -> bytes:
        try:
            with httpx.Client(timeout=self._timeout, verify=self._verify) as client:
                response = client.post(**self._request, json=body)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _PassingError(self._silent(f"{type(error).__name__}: {error}"), None) from error
        if response.is_success:
            return response.content
        message = self._silent(said(response.content, response.status_code))
        if response.status_code in _AGAIN or response.status_code >= 500:
            raise _PassingError(message, _seconds(response.headers.get("retry-after", "")))
        raise LLMError(message)

    def _silent(self, why: str) -> str:
        words = " ".join(why.split())
        return f"{self.url}: {self.model} did not reply ({words}); check the server, its model's name and its key"


def _seconds(header: str) -> float | None:
    try:
        return min(max(0.0, float(header)), _LONGEST_WAIT)
    except ValueError:  # none, or a date: then our own wait
        return None


def _wait(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    asked = error.wait if isinstance(error, _PassingError) else None
    return wait_random_exponential(0.5, 8)(state) if asked is None else asked
