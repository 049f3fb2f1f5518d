"""The events of an answer as the page shows them."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import asdict

from ....index.domain.hits import Citation, Hit
from ...events import CitationEvent, DoneEvent, HitsEvent, TokenEvent
from ...results import Answer
from ...web.asking import AnswerView, Quotation
from ...web.views import Chip, answer_line
from ..errors import Failure
from ..sse import KEEP_ALIVE, encode
from ..work import BegunAnswer

_log = logging.getLogger(__name__)


async def page_events(
    begun: BegunAnswer,
    read: Callable[[HitsEvent], Sequence[Chip]],
    complete: Callable[[Answer], Awaitable[AnswerView]],
) -> AsyncGenerator[bytes]:
    """Yield the events of an answer, encoded.

    Args:
        begun: the answer so far.
        read: returns what a question was understood as.
        complete: returns the view of the complete answer.
    """
    lines = _Lines()
    event = begun.first
    try:
        while True:
            match event:
                case HitsEvent():
                    lines.hits = {hit.paper_id: hit for hit in event.hits}
                    shown = [asdict(chip) for chip in read(event)]
                    yield encode({"chips": shown, "papers": len(event.hits)}, "reading")
                case TokenEvent():
                    if event.replaces:
                        lines.clear()
                        yield encode({}, "restart")
                    if event.text.strip():
                        yield lines.add(event.text.strip())
                case CitationEvent():
                    yield lines.cite(event.citation)
                case DoneEvent():
                    yield encode((await complete(event.answer)).as_json(), "done")
                    return
                case _:
                    yield KEEP_ALIVE
            event = await begun.next()
    except Exception as error:
        _log.exception("a streamed answer failed")
        yield encode(Failure.of(error).body, "error")


class _Lines:
    """The lines of an answer so far.

    Attributes:
        hits: the papers found, by id.
    """

    def __init__(self) -> None:
        self.hits: dict[str, Hit] = {}
        self._citations: list[Citation] = []
        self._count, self._text, self._positions = 0, "", list[int]()

    def clear(self) -> None:
        self._citations, self._count = [], 0

    def add(self, text: str) -> bytes:
        """Begin a line, and return its event."""
        self._count, self._text, self._positions = self._count + 1, text, []
        return self._event()

    def cite(self, citation: Citation) -> bytes:
        """Add a quotation to the latest line, and return its event."""
        if citation not in self._citations:
            self._citations.append(citation)
        self._positions.append(self._citations.index(citation))
        return self._event()

    def _event(self) -> bytes:
        line = answer_line(self._text, self._positions, self._citations)
        quotations = [Quotation.of(at + 1, self._citations[at], self.hits) for at in self._positions]
        fields = {"at": self._count - 1, "line": asdict(line), "quotations": list(map(asdict, quotations))}
        return encode(fields, "line")
