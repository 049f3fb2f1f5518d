"""How long to wait before the next try: what the upstream asks for, and growing, jittered waits of our own."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from ..errors import TransientError, UpstreamError

T = TypeVar("T")

LONGEST = 120.0
"""Seconds that we stay for when asked to; beyond, the next run tries again."""
_FIRST, _OWN_LONGEST = 2.0, 60.0


def asked_wait(headers: Mapping[str, str], now: float, throttled: bool) -> float | None:
    """Seconds that a response asks us to stay away; None where it does not say so, or not so that it makes sense.

    `Retry-After` is seconds or a date (RFC 9110, 10.2.3); Hugging Face says `RateLimit: "api";r=0;t=55` instead.

    Args:
        headers: of the response, whatever the case of their names.
        now: seconds since the epoch.
        throttled: whether its status is 429. Hugging Face names the time until its limit starts anew in every
            response; unless that limit is used up, that is no wish.
    """
    text = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}(\.\d*)?", text, re.ASCII):
        return float(text)
    if text:
        try:
            return max(0.0, parsedate_to_datetime(text).timestamp() - now)
        except (ValueError, TypeError, OverflowError, OSError):
            pass
    limit = re.search(r";\s*r=(\d{1,9})\s*;\s*t=(\d{1,9})\b", headers.get("ratelimit", ""), re.ASCII)
    return float(limit[2]) if limit and (throttled or int(limit[1]) == 0) else None


def persistent(ask: Callable[[], T], attempts: int, sleep: Callable[[float], None], jitter: Callable[[], float]) -> T:
    """Call `ask` until it goes well or its fault is none that passes, at most `attempts` times.

    Waits double from 2 to 60 seconds, and each is cut by up to a half at random, so that many clients do not come
    back together. What the upstream asked for comes before that, plus up to a second.

    Args:
        ask: what to do.
        attempts: at least 1.
        sleep: takes seconds.
        jitter: gives a number from 0 to 1.

    Raises:
        UpstreamError: the last fault, or one that asks for a longer wait than we stay for.
    """

    def wait(state: RetryCallState) -> float:
        own = min(_OWN_LONGEST, _FIRST * 2.0 ** (state.attempt_number - 1)) * (1 - jitter() / 2)
        error = state.outcome.exception() if state.outcome else None
        asked = error.wait if isinstance(error, TransientError) else None
        return own if asked is None else max(own, asked + jitter())

    def once() -> T:
        try:
            return ask()
        except TransientError as error:
            if error.wait is not None and error.wait > LONGEST:
                raise UpstreamError(f"{error}; it asks to come back in {error.wait:.0f} s") from error
            raise

    retrying = Retrying(
        stop=stop_after_attempt(attempts),
        wait=wait,
        retry=retry_if_exception_type(TransientError),
        sleep=sleep,
        reraise=True,
    )
    return retrying(once)
