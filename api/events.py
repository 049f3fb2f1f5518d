"""What is told while a question is answered, in the order in which it becomes known."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from ..index.domain.hits import Citation, Hit
from .results import Answer, Interpretation


@dataclass(frozen=True, slots=True)
class HitsEvent:
    """The search is done: the papers that it found, and what the question was taken to ask. Always the first."""

    name: ClassVar[str] = "hits"
    hits: tuple[Hit, ...]
    interpretation: Interpretation


@dataclass(frozen=True, slots=True)
class TokenEvent:
    """Some more of the answer's text: whole sentences, each checked before it is told.

    Attributes:
        text: what follows on the text so far.
        replaces: whether the answer begins anew with it: the text and the citations told before are withdrawn, because
            the model failed in the middle. The texts since the last such event, put together, are the answer.
    """

    name: ClassVar[str] = "token"
    text: str
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class CitationEvent:
    """The exact words behind what was told last."""

    name: ClassVar[str] = "citation"
    citation: Citation


@dataclass(frozen=True, slots=True)
class DoneEvent:
    """The whole answer, as `Library.ask` gives it. Always the last."""

    name: ClassVar[str] = "done"
    answer: Answer


Event = HitsEvent | TokenEvent | CitationEvent | DoneEvent


def told(answer: Answer, *, replaces: bool = False) -> Iterator[TokenEvent | CitationEvent]:
    """A whole answer as events; `replaces` as in `TokenEvent`."""
    for at, line in enumerate(answer.answer.splitlines(keepends=True)):
        yield TokenEvent(line, replaces and not at)
    yield from (CitationEvent(citation) for citation in answer.citations)


def event_json(event: HitsEvent | TokenEvent | CitationEvent) -> dict[str, Any]:
    """The JSON shape of an event: its fields, by their names; a citation's own fields."""
    return asdict(event.citation if isinstance(event, CitationEvent) else event)
