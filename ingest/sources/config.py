"""Where abstracts are fetched from, and how: everything about the two sources that can be configured."""

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
class Origin:
    """The part of a URL that says whom it talks to."""

    scheme: str
    host: str
    port: int


def origin_of(url: httpx.URL) -> Origin:
    """Scheme, host and port of a URL, in lower case and with the scheme's own port where none is written."""
    return Origin(url.scheme, url.host.lower(), url.port or (443 if url.scheme == "https" else 80))


PUBLIC = frozenset(origin_of(httpx.URL(url)) for url in (ARXIV_URL, HUGGINGFACE_URL))


@dataclass(frozen=True, slots=True)
class Upstream:
    """The two sources and the manners we keep with them.

    Attributes:
        state: a folder of the user, for the locks and the times of the last requests; made where it is missing.
        arxiv_url: arXiv's query API, or a mirror of it. A host that is named here and is not the public one may be
            private or speak plain http: whoever configured it vouches for it.
        huggingface_url: the Hugging Face papers API, or a mirror of it; an id is appended.
        contact: mail or web address for the User-Agent; arXiv asks for one.
        pause: seconds between two requests to arXiv, across the processes of this user; the public host wants 3.
        deadline: seconds for one request in all: name, connection, redirects, headers, body.
        attempts: how often a request is made before it counts as failed.
        huggingface_pause: seconds between two requests to Hugging Face, which allows 500 in five minutes.

    Raises:
        ConfigError: one of these cannot be used.
    """

    state: Path
    arxiv_url: str = ARXIV_URL
    huggingface_url: str = HUGGINGFACE_URL
    contact: str = ""
    pause: float = ARXIV_PAUSE
    deadline: float = 30.0
    attempts: int = 5
    huggingface_pause: float = 0.6

    def __post_init__(self) -> None:
        for name, url in (("arxiv_url", self.arxiv_url), ("huggingface_url", self.huggingface_url)):
            _check_url(name, url)
        if not re.fullmatch(r"[ -~]{0,200}", self.contact):
            raise ConfigError("contact: up to 200 printable ASCII characters, such as a mail address")
        for name in ("pause", "huggingface_pause"):
            if not 0 <= getattr(self, name) <= 60:
                raise ConfigError(f"{name}: seconds between 0 and 60")
        if not (math.isfinite(self.deadline) and self.deadline > 0) or self.attempts < 1:
            raise ConfigError("deadline and attempts: more than zero")
        if self.pause < ARXIV_PAUSE and origin_of(httpx.URL(self.arxiv_url)) in PUBLIC:
            raise ConfigError(f"pause: arXiv's terms of use ask for {ARXIV_PAUSE:g} seconds between two requests")

    @property
    def origins(self) -> frozenset[Origin]:
        """Whom a request or a redirect may go to."""
        return frozenset(origin_of(httpx.URL(url)) for url in (self.arxiv_url, self.huggingface_url))


def _check_url(name: str, text: str) -> None:
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, TypeError) as error:
        raise ConfigError(f"{name}: {text!r} is no URL: {error}") from error
    if url.scheme not in ("http", "https") or not url.host or "%" in url.host or url.userinfo or url.fragment:
        raise ConfigError(f"{name}: {text!r} is no plain http or https URL")
