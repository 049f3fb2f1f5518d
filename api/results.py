"""What asking gives: results and answers, the same over Python, HTTP and the command line."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from ..index.domain.filters import DateField, Filter
from ..index.domain.hits import Citation, Hit
from ..index.domain.papers import Entry, Language, Paper, Revision
from ..index.domain.trust import Label
from ..index.lexicon.lexicon import Translation
from ..index.query.intent import Intent
from ..index.query.question import Question

WrittenBy = Literal["extracted", "generated"]
Why = Literal[
    "",
    "no_model",
    "not_wanted",
    "abstained",
    "digest",
    "unreachable",
    "rate_limited",
    "failed",
    "timeout",
    "cut_off",
    "garbage",
    "too_long",
    "empty",
    "refused",
    "nothing_supported",
]


@dataclass(frozen=True, slots=True)
class Interpretation:
    """What a question was taken to ask.

    Attributes:
        lang: its language.
        since, until: the days that its papers are of, both included; None where it leaves a side open.
        by: whether those are days of digests or of first versions on arXiv.
        window: the question's own words that said so; empty where a filter did, or nothing.
        papers: ids of the papers that it is about: named by id or by their own names, or meant by a follow-up.
        section: the section that it asks about; None for the whole paper.
        corrected: the question after slips of the keyboard were undone; None where there were none.
        shape: the shape of answer that it asks for.
        answer_lang: the language that the answer is written in.
        repeats: the earlier question that a follow-up asks again ("지난주 것만", "in English"); None where it asks
            its own.
    """

    lang: Language
    since: str | None = None
    until: str | None = None
    by: DateField = "digest"
    window: str = ""
    papers: tuple[str, ...] = ()
    section: str | None = None
    corrected: str | None = None
    shape: Intent = "list"
    answer_lang: Language = "ko"
    repeats: str | None = None

    @classmethod
    def of(cls, question: Question, where: Filter) -> Interpretation:
        """What a question, and the filter that it was asked with, were taken to ask."""
        since, until = (day.isoformat() if day else None for day in (where.since, where.until))
        said = question.window if question.window and question.window.start == where.since else None
        return cls(
            question.lang,
            since,
            until,
            where.by,
            said.text if said else "",
            question.paper_ids,
            question.section,
            question.corrected,
            question.intent,
            question.response_language,
        )


@dataclass(frozen=True, slots=True)
class Results:
    """What a search gives.

    Attributes:
        question: as asked, outer white space removed.
        interpretation: what it was taken to ask.
        hits: papers, best first.
        generation: number of the published generation that was searched; None where all was scanned exactly.
        timings: milliseconds by stage: terms, embedding, dense, lexical, lexicon, fusion, evidence.
    """

    question: str
    interpretation: Interpretation
    hits: tuple[Hit, ...]
    generation: int | None
    timings: dict[str, float] = field(default_factory=dict[str, float], compare=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What asking gives.

    Attributes:
        question: as asked, outer white space removed.
        interpretation: what it was taken to ask.
        answer: the answer's text; every quoted sentence, shown without its Markdown, is followed by its paper's id in
            brackets, and by a warning where it comes from a summary that is not to be trusted.
        citations: exact words behind it, in the order of the text; those of a comparison paper by paper.
        abstained: whether nothing in the index answers.
        reason: why it abstained, as a code: `empty_index`, `unknown_paper`, `nothing_relevant`, `not_stated` (the
            papers found do not say what is asked of them), `outside_window` (nothing lies within the days or the filter
            asked for), `no_text` (the paper that it names has neither a usable summary nor an abstract), or
            `only_untrusted` (what would answer was made up from a title).
        hits: the papers that the search found, whether they were used or not.
        generation: as in `Results`.
        trust: what is to be known of the summaries that the answer rests on, a line each, in its language; these lines
            stand in its text as well.
        timings: milliseconds by stage: those of `Results`, then answer, then llm where a model was asked.
        writer: whose words the answer is made of: quotations ("extracted") or a language model's, verified
            ("generated").
        why: why no model wrote it, as a code; empty where one did. `no_model` (none is configured), `not_wanted` (the
            question was asked without), `abstained` (there is nothing to write from), `digest` (papers of some days
            are listed), `unreachable`, `rate_limited`, `failed` (the server reported an error), `timeout`, `cut_off`
            (the reply ended in the middle), `garbage` (no reply of a chat model), `too_long`, `empty`, `refused` (the
            model would not answer, or saw no answer in the evidence), `nothing_supported` (no sentence held against its
            evidence).
        dropped: sentences of a model that were removed because no quotation supports them.
    """

    question: str
    interpretation: Interpretation
    answer: str
    citations: tuple[Citation, ...]
    abstained: bool
    reason: str | None
    hits: tuple[Hit, ...]
    generation: int | None
    timings: dict[str, float] = field(default_factory=dict[str, float], compare=False)
    trust: tuple[str, ...] = ()
    writer: WrittenBy = "extracted"
    why: Why = "no_model"
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Translations:
    """What the lexicon makes of some words: the glossary, and what the index has taught itself.

    Attributes:
        pairs: papers in both languages that it was learned from.
        needed: the fewest that anything is learned from.
        terms: by term, and by every two in a row, its translations with their evidence; best first.
    """

    pairs: int
    needed: int
    terms: dict[str, tuple[Translation, ...]]


@dataclass(frozen=True, slots=True)
class PaperDetails:
    """A paper with everything that digests say of it, oldest first.

    Attributes:
        paper: the paper; without entries and source where only its history is left.
        entries: what digests say of it now.
        history: what they said of it before; empty unless it was asked for.
    """

    paper: Paper
    entries: tuple[Entry, ...]
    history: tuple[Revision, ...] = ()


@dataclass(frozen=True, slots=True)
class Status:
    """What a data directory holds, and whether it can answer.

    Attributes:
        papers, entries, chunks: counts.
        generation: number of the published generation, None where there is none.
        documents, abstracts, problems, days: further counts.
        model_id: the embedding model of the stored vectors; None while there are none.
        rev: number of the last transaction.
        data: the data directory.
        labels: entries by trust label.
        sources: papers by source status.
    """

    papers: int
    entries: int
    chunks: int
    generation: int | None
    documents: int
    abstracts: int
    problems: int
    model_id: str | None
    rev: int
    data: str
    days: tuple[str, ...] = field(default=())
    labels: dict[Label, int] = field(default_factory=dict[Label, int])
    sources: dict[str, int] = field(default_factory=dict[str, int])


def as_json(result: Results | Answer | PaperDetails | Status | Translations) -> dict[str, Any]:
    """The JSON shape of a result: its fields, by their names."""
    return asdict(result)
