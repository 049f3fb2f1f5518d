"""Configuration of the sources: addresses, rate limits and limits of a request."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

import httpx

from ...index.domain.errors import ConfigError

ARXIV_URL = "https://export.arxiv.org/api/query"
HUGGINGFACE_URL = "https://huggingface.co/api/papers"
# https://info.arxiv.org/help/api/tou.html: no more than one request every three seconds, over one connection.
ARXIV_PAUSE = 3.0


@dataclass(frozen=True, slots=True)
class HttpOrigin:
    """Scheme, host and port of a URL (RFC 6454); the host is in lower case."""

    scheme: str
    host: str
    port: int

    @classmethod
    def of(cls, url: httpx.URL) -> HttpOrigin:
        """Return the origin of a URL; its port is the scheme's default if the URL names none."""
        return cls(url.scheme, url.host.lower(), url.port or (443 if url.scheme == "https" else 80))


PUBLIC_ORIGINS = frozenset(HttpOrigin.of(httpx.URL(url)) for url in (ARXIV_URL, HUGGINGFACE_URL))


@dataclass(frozen=True, slots=True)
class SourceConfig:
    """Where abstracts are fetched from, and within which limits.

    Attributes:
        state: a folder of the user for locks and the times of the last requests; created if missing.
        arxiv_url: arXiv's query API, or a mirror of it. A host that is configured here and is not the public one may
            have a private address or plain http, since the operator trusts it.
        huggingface_url: the Hugging Face papers API, or a mirror of it; an id is appended.
        contact: a mail or web address for the User-Agent header; arXiv asks for one.
        arxiv_pause: seconds between two requests to arXiv, across the processes of this user; at least 3 for the
            public host.
        deadline: seconds for one request: name resolution, connection, redirects, headers and body.
        attempts: how often a request is sent before it counts as failed.
        huggingface_pause: seconds between two requests to Hugging Face, which allows 500 in five minutes.

    Raises:
        ConfigError: a value is invalid.
    """

    state: Path
    arxiv_url: str = ARXIV_URL
    huggingface_url: str = HUGGINGFACE_URL
    contact: str = ""
    arxiv_pause: float = ARXIV_PAUSE
    deadline: float = 30.0
    attempts: int = 5
    huggingface_pause: float = 0.6

    def __post_init__(self) -> None:
        _check_url("arxiv_url", self.arxiv_url)
        _check_url("huggingface_url", self.huggingface_url)
        if not re.fullmatch(r"[ -~]{0,200}", self.contact):
            raise ConfigError("contact: must be at most 200 printable ASCII characters, such as a mail address")
        for name, pause in (("arxiv_pause", self.arxiv_pause), ("huggingface_pause", self.huggingface_pause)):
            if not 0 <= pause <= 60:
                raise ConfigError(f"{name}: must be between 0 and 60 seconds")
        if not (math.isfinite(self.deadline) and self.deadline > 0) or self.attempts < 1:
            raise ConfigError("deadline and attempts: must be greater than zero")
        if self.arxiv_pause < ARXIV_PAUSE and HttpOrigin.of(httpx.URL(self.arxiv_url)) in PUBLIC_ORIGINS:
            message = f"must be at least {ARXIV_PAUSE:g} seconds by arXiv's terms of use"
            raise ConfigError(f"arxiv_pause: {message}")

    @property
    def origins(self) -> frozenset[HttpOrigin]:
        """The origins that a request or a redirect may go to."""
        return frozenset(HttpOrigin.of(httpx.URL(url)) for url in (self.arxiv_url, self.huggingface_url))

    @property
    def trusted_origins(self) -> frozenset[HttpOrigin]:
        """Those that may have private addresses, because the operator named them."""
        return self.origins - PUBLIC_ORIGINS


def _check_url(name: str, text: str) -> None:
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, TypeError) as error:
        raise ConfigError(f"{name}: {text!r} is not a valid URL: {error}") from error
    if url.scheme not in ("http", "https") or not url.host or "%" in url.host or url.userinfo or url.fragment:
        message = f"{text!r} is not a valid URL (expected http or https, without user or fragment)"
        raise ConfigError(f"{name}: {message}")
