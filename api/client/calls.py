"""The requests of a client: what is sent for each method, and what comes back; nothing here is sent."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import date
from functools import update_wrapper
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from ...index.domain.explanations import Explanation
from ...index.domain.filters import NO_FILTER, Filter, is_date
from ...index.domain.trust import Label
from ...ingest.report import IngestReport
from ..conversation.turns import Turn
from ..results import (
    Answer,
    ChunkDetails,
    DigestDay,
    DigestDetails,
    EntryPage,
    Job,
    PaperDetails,
    PaperPage,
    Results,
    Status,
    Translations,
)

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """A request, and the type of its result.

    Attributes:
        returns: what the body of the response is decoded to.
        method: the HTTP method.
        path: the path, percent-encoded.
        query: the query parameters; lists are repeated ones.
        body: the JSON of the request; None sends none.
    """

    returns: type[T]
    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict[str, Any])
    body: Any = None


def named_after(build: Callable[..., Any]) -> Callable[[F], F]:
    """Return a decorator that gives a method the name, documentation and parameters of what builds its request."""

    def decorate(method: F) -> F:
        update_wrapper(method, build, assigned=("__name__", "__doc__"))
        signature = inspect.signature(build)
        parameters = [
            inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD),
            *signature.parameters.values(),
        ]
        method.__dict__["__signature__"] = signature.replace(
            parameters=parameters, return_annotation=inspect.Signature.empty
        )
        return method

    return decorate


def search(question: str, k: int = 10, *, where: Filter = NO_FILTER, as_of: date | None = None) -> Call[Results]:
    """Return the papers that best match a question; see `Library.search`."""
    return Call(Results, "POST", "/v1/search", body=_question(question, where, as_of) | {"k": k})


def ask(
    question: str,
    k: int = 10,
    *,
    where: Filter = NO_FILTER,
    as_of: date | None = None,
    history: Sequence[Turn] = (),
    generate: bool | None = None,
) -> Call[Answer]:
    """Answer a question with exact quotations, or abstain; see `Library.ask`."""
    body = _question(question, where, as_of) | {"k": k, "history": [asdict(turn) for turn in history]}
    return Call(Answer, "POST", "/v1/ask", body=body | ({} if generate is None else {"generate": generate}))


def streamed(call: Call[Answer]) -> Call[Answer]:
    """Return a call whose answer is sent as events."""
    return replace(call, body=call.body | {"stream": True})


def explain(
    question: str, paper_ids: Iterable[str], *, where: Filter = NO_FILTER, as_of: date | None = None
) -> Call[tuple[Explanation, ...]]:
    """Explain why papers rank where they do for a question; see `Library.explain`."""
    body = _question(question, where, as_of) | {"papers": list(paper_ids)}
    return Call(tuple[Explanation, ...], "POST", "/v1/explain", body=body)


def translations(words: str) -> Call[Translations]:
    """Return what the bilingual lexicon translates some words to; see `Library.translations`."""
    return Call(Translations, "GET", "/v1/lexicon", {"words": words})


def similar(paper_id: str, k: int = 10, *, where: Filter = NO_FILTER) -> Call[Results]:
    """Return the papers that are most like another one, best first; see `Library.similar`."""
    return Call(Results, "GET", f"/v1/papers/{_quoted(paper_id)}/similar", _conditions(where) | {"k": k})


def paper(paper_id: str, *, history: bool = False) -> Call[PaperDetails]:
    """Return a paper with every digest entry about it; see `Library.paper`."""
    query = {"history": "true"} if history else {}
    return Call(PaperDetails, "GET", f"/v1/papers/{_quoted(paper_id)}", query)


def list_papers(*, where: Filter = NO_FILTER, limit: int = 50, offset: int = 0) -> Call[PaperPage]:
    """Return papers that pass a filter, the newest digest first; see `Library.list_papers`."""
    return Call(PaperPage, "GET", "/v1/papers", _conditions(where) | {"limit": limit, "offset": offset})


def list_entries(label: Label | None = None, *, limit: int = 50, offset: int = 0) -> Call[EntryPage]:
    """Return a page of the digest entries with a trust label, or of all; see `Library.list_entries`."""
    query: dict[str, Any] = {"limit": limit, "offset": offset}
    return Call(EntryPage, "GET", "/v1/trust", query | ({} if label is None else {"label": label}))


def digests() -> Call[tuple[DigestDay, ...]]:
    """Return the days with digests, newest first; see `Library.digests`."""
    return Call(tuple[DigestDay, ...], "GET", "/v1/digests")


def digest(digest_date: str) -> Call[DigestDetails]:
    """Return the papers in the digests of a day, in their order; see `Library.digest`."""
    return Call(DigestDetails, "GET", f"/v1/digests/{_quoted(digest_date)}")


def chunk(chunk_id: str) -> Call[ChunkDetails]:
    """Return a chunk in its place; see `Library.chunk`."""
    return Call(ChunkDetails, "GET", f"/v1/chunks/{_quoted(chunk_id)}")


def status() -> Call[Status]:
    """Return the contents of the index; see `Library.status`. The path of the data directory is not told."""
    return Call(Status, "GET", "/v1/status")


def add_entries(entries: Iterable[Mapping[str, Any]], *, readmit: bool = False) -> Call[Job]:
    """Add single entries, at most 1,000 and 8 MB; see `Library.add_entries`.

    The result is a job, which `wait` waits for. The key needs the scope `admin`.
    """
    query = {"readmit": "true"} if readmit else {}
    return Call(Job, "POST", "/v1/entries", query, [dict(entry) for entry in entries])


def job(job_id: str) -> Call[Job]:
    """Return a job.

    Raises:
        NotFoundError: there is none, or it ended more than a week ago.
    """
    return Call(Job, "GET", f"/v1/jobs/{_quoted(job_id)}")


def remove(what: str) -> Call[IngestReport]:
    """Remove a day (`2025-05-16`), a paper (`2505.09264`) or an entry (`2505.09264@2025-05-16`); see `Library.remove`.

    The key needs the scope `admin`.

    Raises:
        BusyError: another process changes the index.
    """
    first, at, day = (part.strip() for part in what.partition("@"))
    if at:
        path = f"/v1/entries/{_quoted(day)}/{_quoted(first)}"
    else:
        path = f"/v1/{'digests' if is_date(first) else 'papers'}/{_quoted(first)}"
    return Call(IngestReport, "DELETE", path)


def _question(question: str, where: Filter, as_of: date | None) -> dict[str, Any]:
    body: dict[str, Any] = {"question": question, "where": _conditions(where)}
    return body | ({} if as_of is None else {"as_of": as_of.isoformat()})


def _conditions(where: Filter) -> dict[str, Any]:
    """Return the conditions of a filter by name, as JSON."""
    given = {item.name: getattr(where, item.name) for item in fields(where)}
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in given.items()
        if value != getattr(NO_FILTER, name)
    }


def _quoted(part: str) -> str:
    return quote(part, safe="", errors="replace")
