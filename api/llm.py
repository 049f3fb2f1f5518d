"""Asking a language model behind any OpenAI-compatible server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..index.errors import ConfigError, LLMError
from ..settings import Settings

if TYPE_CHECKING:
    from openai import OpenAI

_RETRIES = 2
_SHOWN = 200  # characters of a server's own words in a message


class ChatModel:
    """One model of one server.

    Args:
        url: base URL of the server, such as `http://localhost:8000/v1`.
        model: what the server calls the model.
        key: its key; empty where it wants none.
        timeout: seconds to wait for the server to go on, for every try.
        retries: how often a request is sent again that was lost, limited or failed on the server's side.

    Raises:
        ConfigError: url or model are missing, or the package `openai` is.
    """

    def __init__(self, url: str, model: str, key: str = "", *, timeout: float = 60, retries: int = _RETRIES) -> None:
        if not url.startswith(("http://", "https://")):
            raise ConfigError(f"llm_url is {url!r}: name a server (--llm-url http://localhost:8000/v1, NONMUN_LLM_URL)")
        if not model:
            raise ConfigError("llm_model is empty: name a model of that server (--llm-model, NONMUN_LLM_MODEL)")
        try:
            import openai
        except ImportError as error:
            raise ConfigError("asking a language model needs another package: pip install 'nonmun[llm]'") from error
        self.url, self.model = url, model
        self._key, self._timeout, self._retries = key, timeout, retries
        self._errors = openai.OpenAIError

    @classmethod
    def of(cls, settings: Settings) -> ChatModel:
        """The model that the settings name.

        Raises:
            ConfigError: they name none.
        """
        key = settings.llm_key.get_secret_value()
        return cls(settings.llm_url, settings.llm_model, key, timeout=settings.llm_timeout)

    @cached_property
    def _client(self) -> OpenAI:
        from openai import OpenAI

        # A key of its own, lest one for OpenAI out of the environment be sent to whatever server this is.
        key = self._key or "none"
        return OpenAI(base_url=self.url, api_key=key, timeout=self._timeout, max_retries=self._retries)

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
        create: Any = self._client.chat.completions.create  # its types would have every message be one of theirs
        try:
            reply = create(
                model=self.model,
                messages=list(messages),
                max_tokens=max_tokens,
                temperature=temperature,
                **({} if seed is None else {"seed": seed}),
            )
            text = reply.choices[0].message.content
        except self._errors as error:
            said = " ".join(str(error).split())[:_SHOWN]
            raise LLMError(
                f"{self.url}: {self.model} did not reply ({said}); check the server, its model's name and its key"
            ) from error
        except (ValueError, TypeError, AttributeError, IndexError, KeyError) as error:  # no JSON, or of another shape
            raise LLMError(
                f"{self.url}: the reply is none of a chat model ({type(error).__name__}); is this the base URL of an "
                "OpenAI-compatible server?"
            ) from error
        if not isinstance(text, str) or not text.strip():
            raise LLMError(f"{self.url}: {self.model} replied without words; try another model")
        return text.strip()
