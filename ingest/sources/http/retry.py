"""Retries: the waits that a server requests, and exponential backoff with jitter."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from ..errors import SourceError, TransientError
from .timing import Timing

T = TypeVar("T")

MAX_REQUESTED_WAIT = 120.0
"""Seconds. A server that requests a longer wait is left to the next run."""
_FIRST_WAIT, _MAX_WAIT = 2.0, 60.0


def requested_wait(headers: Mapping[str, str], now: float, throttled: bool) -> float | None:
    """Return the seconds that a response asks the client to wait; None if it does not, or not intelligibly.

    `Retry-After` holds seconds or a date (RFC 9110, 10.2.3); Hugging Face sends `RateLimit: "api";r=0;t=55` instead.

    Args:
        headers: of the response; looked up in lower case.
        now: seconds since the epoch.
        throttled: whether the status is 429. Hugging Face sends the time until its limit is reset with every
            response; it is a request to wait only once the limit is used up.
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


def retry_transient(operation: Callable[[], T], attempts: int, timing: Timing) -> T:
    """Call `operation` until it succeeds or fails for good, at most `attempts` times.

    Waits double from 2 to 60 seconds, each shortened by up to a half at random, so that many clients do not return at
    once. A wait that the server requested is not undercut; up to a second is added to it.

    Args:
        operation: raises `TransientError` if another try may succeed.
        attempts: at least 1.
        timing: sleep and jitter.

    Raises:
        SourceError: the last error, or one that requests a wait longer than `MAX_REQUESTED_WAIT`.
    """

    def wait(state: RetryCallState) -> float:
        backoff = min(_MAX_WAIT, _FIRST_WAIT * 2.0 ** (state.attempt_number - 1)) * (1 - timing.jitter() / 2)
        error = state.outcome.exception() if state.outcome else None
        requested = error.retry_after if isinstance(error, TransientError) else None
        return backoff if requested is None else max(backoff, requested + timing.jitter())

    def attempt() -> T:
        try:
            return operation()
        except TransientError as error:
            if error.retry_after is not None and error.retry_after > MAX_REQUESTED_WAIT:
                raise SourceError(f"{error}; the server asks to wait {error.retry_after:.0f} s") from error
            raise

    retrying = Retrying(
        stop=stop_after_attempt(attempts),
        wait=wait,
        retry=retry_if_exception_type(TransientError),
        sleep=timing.sleep,
        reraise=True,
    )
    return retrying(attempt)
