"""Events of a streamed answer, in the order in which they are sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from ..index.domain.hits import Citation, Hit
from .results import Answer, Interpretation


@dataclass(frozen=True, slots=True)
class HitsEvent:
    """The search is complete. Always the first event.

    Attributes:
        hits: the papers found, best first.
        interpretation: how the question was understood.
    """

    name: ClassVar[str] = "hits"
    hits: tuple[Hit, ...]
    interpretation: Interpretation


@dataclass(frozen=True, slots=True)
class TokenEvent:
    """The next part of the answer's text: whole sentences, each verified before it is sent.

    Attributes:
        text: the text that follows.
        replaces: whether the answer starts over with this text. Earlier text and citations are withdrawn then, because
            the model failed midway. The answer is the concatenation of the texts from the last such event on.
    """

    name: ClassVar[str] = "token"
    text: str
    replaces: bool = False


@dataclass(frozen=True, slots=True)
class CitationEvent:
    """The exact quotation behind the preceding text.

    Attributes:
        citation: the quotation, with its paper and position.
    """

    name: ClassVar[str] = "citation"
    citation: Citation


@dataclass(frozen=True, slots=True)
class DoneEvent:
    """The answer is complete. Always the last event.

    Attributes:
        answer: the whole answer, as `Library.ask` returns it.
    """

    name: ClassVar[str] = "done"
    answer: Answer


Event = HitsEvent | TokenEvent | CitationEvent | DoneEvent


def answer_events(answer: Answer, *, replaces: bool = False) -> Iterator[TokenEvent | CitationEvent]:
    """Yield a complete answer as events.

    Args:
        answer: the answer.
        replaces: whether it replaces the text sent before; see `TokenEvent`.
    """
    start = 0
    for number, segment in enumerate(answer.segments):
        is_last = number == len(answer.segments) - 1
        end = len(answer.answer) if is_last else segment.end
        yield TokenEvent(answer.answer[start:end], replaces and number == 0)
        yield from (CitationEvent(answer.citations[position]) for position in segment.citations)
        start = end


def event_json(event: HitsEvent | TokenEvent | CitationEvent) -> dict[str, Any]:
    """Return an event as JSON-serializable fields by name; a citation event as the fields of its citation."""
    return asdict(event.citation if isinstance(event, CitationEvent) else event)
