"""What both clients have in common: addresses, errors, repetitions, and the events of streams."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

import httpx
from httpx_sse import ServerSentEvent, SSEError

from ...index.domain.errors import ConfigError, NonmunError, ServiceError
from ...index.domain.hits import Citation
from ...ingest.report import IngestReport
from ..decoding import decode
from ..events import CitationEvent, DoneEvent, Event, HitsEvent, TokenEvent
from ..problems import ProblemDetails
from ..results import Answer, Job
from .calls import Call

T = TypeVar("T")

DEFAULT_URL = "http://127.0.0.1:8765"
_REPEATED = frozenset({409, 429, 503})  # these are sent before anything is done


@dataclass(frozen=True, slots=True)
class Retry:
    """How a client repeats requests that the service turns away with `Retry-After`; others are not repeated.

    Attributes:
        times: how often a request is repeated at most.
        longest: seconds that a service may ask to wait; beyond, the error is raised at once.
    """

    times: int = 2
    longest: float = 30.0

    def pause(self, response: httpx.Response, attempt: int) -> float | None:
        """Return the seconds until a request is repeated; None if it is not.

        Args:
            response: the response.
            attempt: how often the request was repeated already.
        """
        if response.status_code not in _REPEATED or attempt >= self.times:
            return None
        seconds = _retry_after(response.headers.get("retry-after", ""))
        return seconds if seconds is not None and seconds <= self.longest else None


DEFAULT_RETRY = Retry()


@dataclass(frozen=True, slots=True)
class Service:
    """The address of a service, and how it is called.

    Attributes:
        url: its address, the path under which a proxy serves it included.
        key: API key; None sends none.
        timeout: seconds until a connection is open, and between two parts of a response.
        retry: repetitions.

    Raises:
        ConfigError: the address is not one of HTTP, or the key is not one line of ASCII characters.
    """

    url: str
    key: str | None
    timeout: float
    retry: Retry

    def __post_init__(self) -> None:
        try:
            parsed = httpx.URL(self.url)
        except httpx.InvalidURL as error:
            raise ConfigError(f"url: {self.url[:80]!r} is not an address ({error})") from error
        if parsed.scheme not in {"http", "https"} or not parsed.host:
            raise ConfigError(f"url: {self.url[:80]!r} is not an address of HTTP (expected one such as {DEFAULT_URL})")
        if self.key is not None and not (self.key.isascii() and self.key.isprintable()):
            raise ConfigError("key: has to be one line of ASCII characters, such as nm_...")

    def request(self, call: Call[Any], accept: str) -> dict[str, Any]:
        """Return the arguments with which httpx builds a request.

        Args:
            call: what to request.
            accept: media type of the response.
        """
        headers = {"accept": accept} | ({} if self.key is None else {"authorization": f"Bearer {self.key}"})
        # ASCII, in which a lone surrogate is an escape that the service can refuse
        body = {} if call.body is None else {"content": json.dumps(call.body).encode()}
        return {
            "method": call.method,
            "url": f"{self.url.rstrip('/')}{call.path}",
            "params": call.query or None,
            "headers": headers | ({"content-type": "application/json"} if body else {}),
            "timeout": self.timeout,
            **body,
        }

    @contextmanager
    def errors(self) -> Generator[None]:
        """Raise the errors of httpx as `ServiceError`."""
        try:
            yield
        except (httpx.DecodingError, SSEError) as error:  # the latter is a TransportError as well
            raise _invalid(self.url, error) from error
        except httpx.TimeoutException as error:
            message = f"{self.url}: did not respond within {self.timeout:g} s; give a longer timeout"
            raise ServiceError(message, "timeout") from error
        except httpx.TransportError as error:
            message = f"{self.url}: cannot be reached ({error}); does `nonmun serve` run there?"
            raise ServiceError(message, "unreachable") from error


def read(call: Call[T], response: httpx.Response) -> T:
    """Return the result of a call.

    Raises:
        ServiceError: the response is not that of a nonmun service.
    """
    try:
        return decode(call.returns, response.json())
    except ValueError as error:
        raise _invalid(str(response.url), error) from error


def error_of(response: httpx.Response) -> NonmunError:
    """Return the error that a response reports."""
    try:
        return decode(ProblemDetails, response.json()).as_error()
    except ValueError:
        message = f"{response.url}: HTTP {response.status_code} {response.reason_phrase}, not from a nonmun service"
        return ServiceError(message, "invalid_response", response.status_code)


def read_event(sent: ServerSentEvent) -> Event | None:
    """Return an event of a stream; None for one that this version does not know.

    Raises:
        NonmunError: it reports one.
        ServiceError: its data is not that of a nonmun service.
    """
    try:
        data = json.loads(sent.data) if sent.data else None
        match sent.event:
            case HitsEvent.name:
                return decode(HitsEvent, data)
            case TokenEvent.name:
                return decode(TokenEvent, data)
            case CitationEvent.name:
                return CitationEvent(decode(Citation, data))
            case DoneEvent.name:
                return DoneEvent(decode(Answer, data))
            case "error":
                problem = decode(ProblemDetails, data)
            case _:
                return None
    except ValueError as error:
        raise _invalid("the stream", error) from error
    raise problem.as_error()


def cut_off() -> ServiceError:
    """Return the error of a stream that ends before its last event."""
    return ServiceError("the stream ended before the answer was complete; ask again", "cut_off")


def report_of(job: Job) -> IngestReport:
    """Return the report of a job that has ended.

    Raises:
        NonmunError: the reason why it failed.
        ServiceError: it was interrupted.
    """
    if job.report is not None:
        return job.report
    if job.problem is not None:
        raise job.problem.as_error()
    message = f"job {job.job_id}: the service ended before all entries were added; add them again"
    raise ServiceError(message, "interrupted")


def unfinished(job: Job, seconds: float) -> ServiceError:
    """Return the error of a job that has not ended in time."""
    return ServiceError(f"job {job.job_id}: is still {job.status} after {seconds:g} s", "timeout")


def _invalid(where: str, error: Exception) -> ServiceError:
    return ServiceError(f"{where}: is not what a nonmun service sends ({error})", "invalid_response")


def _retry_after(text: str) -> float | None:
    """Return the seconds that a header asks to wait: it holds their number, or a time; None if it holds neither."""
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        return max(0.0, (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError):  # the former where the time has no zone
        return None
