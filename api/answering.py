"""One question from search to answer, as events: found, written or quoted, done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..index.retrieval.searcher import Searcher, SearchRequest
from ..index.util.timing import Stopwatch
from .answers.extractive.answer import MAX_NAMED_PAPERS, compose_extractive_answer, trim_evidence
from .events import DoneEvent, Event, HitsEvent, told
from .results import Answer, Why

if TYPE_CHECKING:
    from .answers.generative import AnswerGenerator

_SHOWN_EVIDENCE = 3  # chunks of a hit; answers choose from all of a paper's


@dataclass(frozen=True, slots=True)
class Asking:
    """Everything that answers a question.

    Attributes:
        writer: the model that writes; None where none is to be asked.
        why: why none is.
    """

    searcher: Searcher
    writer: AnswerGenerator | None
    why: Why

    def events(self, asked: SearchRequest, k: int, under: Callable[[Answer], Answer]) -> Iterator[Event | None]:
        """Answer, telling what becomes known; None whenever nothing came for a moment, so that the taker can stop.

        Args:
            asked: the question, as it is searched with.
            k: how many papers are found.
            under: puts the answer under the words that were asked.

        Raises:
            InputError: the question is empty or too long, or `k` is out of range.
        """
        searcher = self.searcher
        found = searcher.search(asked, k, whole_papers=MAX_NAMED_PAPERS)
        watch = Stopwatch()
        translate = searcher.lexicon().translate
        quoted = under(compose_extractive_answer(found, lambda texts: searcher.score_texts(found, texts), translate))
        watch.lap("answer")
        yield HitsEvent(trim_evidence(quoted, _SHOWN_EVIDENCE).hits, quoted.interpretation)
        why = self._why_quoted(quoted)
        if self.writer is None or why:
            answer = replace(quoted, why=why)
            yield from told(answer)
        else:
            answer = yield from self.writer.generate(found, quoted)
            watch.lap("llm")
        yield DoneEvent(replace(trim_evidence(answer, _SHOWN_EVIDENCE), timings=found.timings | watch.laps))

    def _why_quoted(self, quoted: Answer) -> Why:
        """Why no model is to write this answer; empty where one may."""
        if self.writer is None:
            return self.why
        if quoted.abstained:
            return "abstained"
        # A few sentences cannot hold the papers of a week; a list of all of them can.
        return "digest" if quoted.interpretation.shape == "digest" else ""
