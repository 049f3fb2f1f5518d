"""Asks one of the two sources: at its pace, as often as it takes, and no more once it is down."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import httpx

from .config import Upstream, origin_of
from .errors import TransientError
from .http.client import Client, Reply
from .http.rate_limit import Pace
from .http.retry import persistent

T = TypeVar("T")

PATIENCE = 3
"""Questions in a row that may fail before a source counts as down."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Time and chance, so that tests can hold them: seconds since the epoch, sleeping, and numbers from 0 to 1."""

    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.time
    jitter: Callable[[], float] = random.random


class Source:
    """One source, reached through a client that may be shared.

    Args:
        url: its base URL; its host gives the name of the files that keep the pace.
        pause: seconds between two requests to it.
    """

    def __init__(self, client: Client, upstream: Upstream, url: str, pause: float, timing: Timing) -> None:
        origin = origin_of(httpx.URL(url))
        name = re.sub(r"[^a-z0-9.-]", "_", f"{origin.host}-{origin.port}")
        self._client = client
        self._attempts = upstream.attempts
        self._timing = timing
        self._pace = Pace(upstream.state, name, pause, timing.sleep, timing.clock)
        self._failures = 0
        self._last = ""

    @property
    def given_up(self) -> str:
        """Why this source is asked no more; empty while it is."""
        return f"given up after {self._failures} failures in a row: {self._last}" if self._failures >= PATIENCE else ""

    def note(self, reason: str) -> None:
        """Tell how a question went: empty where the source answered, else why it failed."""
        self._failures = self._failures + 1 if reason else 0
        self._last = reason

    def ask(self, url: httpx.URL, read: Callable[[Reply], T]) -> T:
        """Ask until there is an answer that can be read.

        Args:
            url: what to ask for.
            read: makes sense of the reply; raises `TransientError` where it is worth another try.

        Raises:
            UpstreamError: there is no answer.
        """
        return persistent(lambda: self._try(url, read), self._attempts, self._timing.sleep, self._timing.jitter)

    def _try(self, url: httpx.URL, read: Callable[[Reply], T]) -> T:
        with self._pace.turn() as between:
            try:
                reply = self._client.get(url, between)
            except TransientError as error:
                if error.wait:
                    self._pace.stay_away(error.wait)
                raise
        return read(reply)
