"""What a search takes and returns."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date

from ..domain.filters import NO_FILTER, Filter
from ..domain.hits import Hit
from ..domain.papers import Language
from ..domain.vectors import Matrix
from ..query.intent import Intent
from ..query.question import Inference, Question
from .abstention import Assessment
from .contradictions import Contradiction
from .query_words import QueryWords
from .scored_sentences import ScoredSentences


@dataclass(frozen=True, slots=True)
class RetrievalRequest:
    """A question and what it is searched with.

    Attributes:
        text: the question.
        where: metadata filter; its window takes precedence over one that the question names.
        without: ids of chunks to leave out, as if they were not in the index.
        as_of: the day that relative dates ("last week") refer to; None is today in Seoul.
        papers: papers that the question refers to without naming them (follow-ups); used where it names none.
        joined: number of papers that it is about, counting those that it names and those of `papers`; 0 leaves out
            `papers` where it names any.
        intent: the kind of answer that it asks for, about no paper in particular; None leaves both to the question.
        lang: language of the answer; None leaves it to the question.
        ignore: what is not inferred from the text.
        vector: what to search with in place of the vector of the text, float32 (d,).
    """

    text: object
    where: Filter = NO_FILTER
    without: Collection[str] = ()
    as_of: date | None = None
    papers: tuple[str, ...] = ()
    joined: int = 0
    intent: Intent | None = None
    lang: Language | None = None
    ignore: tuple[Inference, ...] = ()
    vector: Matrix | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Ranked papers with their evidence.

    Attributes:
        question: the parsed question.
        where: the metadata filter that was applied, the question's own window included.
        hits: papers, best first.
        generation: number of the published version that was searched; None where everything was scanned.
        known: the papers named by the question that are in the index.
        empty: whether the index holds no chunks.
        assessment: how surely the hits answer; nothing is assessed without `sentences`.
        total: number of papers within the window, where the question asks for nothing but a window; otherwise None.
        words: the words of the question.
        sentences: by paper id, the scored sentences of a hit's evidence; empty unless the search was asked for them.
        contradictions: spans of the evidence where a summary contradicts its abstract.
        vector: the question's vector as the model gave it, float32 (d,); not compared.
        timings: milliseconds by stage: terms, embedding, one for each channel, fusion, rerank, evidence; not compared.
    """

    question: Question
    where: Filter
    hits: tuple[Hit, ...]
    generation: int | None
    known: tuple[str, ...]
    empty: bool
    assessment: Assessment
    total: int | None
    words: QueryWords = field(repr=False, compare=False)
    sentences: Mapping[str, ScoredSentences] = field(repr=False, compare=False)
    contradictions: tuple[Contradiction, ...]
    vector: Matrix = field(repr=False, compare=False)
    timings: dict[str, float] = field(repr=False, compare=False)
