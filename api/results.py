"""Results of searches and questions, identical in Python, over HTTP and on the command line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from ..index.domain.filters import DateField, Filter
from ..index.domain.hits import Citation, Confidence, Hit
from ..index.domain.papers import Entry, Language, Paper, Revision
from ..index.domain.translations import Translation
from ..index.domain.trust import Label
from ..index.query.intent import Intent
from ..ingest.report import IngestReport
from .problems import ProblemDetails

if TYPE_CHECKING:  # imports the analyzers
    from ..index.query.question import Question

WrittenBy = Literal["extracted", "generated"]
JobStatus = Literal["queued", "running", "done", "failed", "interrupted"]
NotGeneratedReason = Literal[
    "",
    "no_model",
    "not_wanted",
    "abstained",
    "digest",
    "over_budget",
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
MODEL_FAULTS: frozenset[NotGeneratedReason] = frozenset(
    ("unreachable", "rate_limited", "failed", "timeout", "cut_off", "garbage", "too_long", "empty")
)
"""The reasons for which the language model or its server is to blame, whatever it was asked."""


@dataclass(frozen=True, slots=True)
class Interpretation:
    """How a question was understood.

    Attributes:
        lang: language of the question.
        since, until: first and last day of the papers asked for, as ISO dates; None leaves that side open.
        by: whether those are dates of digests or of first versions on arXiv.
        window: the words of the question that named those dates; empty if a filter did, or nothing.
        papers: arXiv ids of the papers that it is about: named by id or title, or referred to by a follow-up.
        section: section of a paper that it asks about; None for the whole paper.
        corrected: the question after correction of typing errors; None if there were none.
        shape: the intent: the kind of answer that it asks for.
        answer_lang: language of the answer.
        repeats: the earlier question that a follow-up ("지난주 것만", "in English") asks again; None for any other.
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
        """Return the interpretation of a parsed question and the filter that it was searched with."""
        since, until = (day.isoformat() if day else None for day in (where.since, where.until))
        window = question.window if question.window and question.window.start == where.since else None
        return cls(
            question.lang,
            since,
            until,
            where.by,
            window.text if window else "",
            question.paper_ids,
            question.section,
            question.corrected,
            question.intent,
            question.response_language,
        )


@dataclass(frozen=True, slots=True)
class Results:
    """Result of a search.

    Attributes:
        question: the question as asked, surrounding white space removed.
        interpretation: how the question was understood.
        hits: papers, best first.
        generation: number of the published version that was searched; None if everything was scanned exactly.
        timings: milliseconds by stage: terms, embedding, one stage per channel (dense, lexical, lexicon), fusion,
            rerank if a cross-encoder is configured, and evidence.
    """

    question: str
    interpretation: Interpretation
    hits: tuple[Hit, ...]
    generation: int | None
    timings: dict[str, float] = field(default_factory=dict[str, float], compare=False)


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of an answer's text: a line of quotations, or a sentence that a model wrote.

    Attributes:
        text: the words.
        start, end: offsets into the answer's text, in code points.
        citations: the quotations behind these words, as positions in the answer's citations; none for a heading.
    """

    text: str
    start: int
    end: int
    citations: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer to a question, or an abstention.

    Attributes:
        question: the question as asked, surrounding white space removed.
        interpretation: how the question was understood.
        answer: text of the answer. Every quoted sentence, shown without its Markdown, is followed by the id of its
            paper in brackets, and by a warning if it comes from an unreliable summary.
        citations: the exact quotations behind the text, in its order; those of a comparison paper by paper.
        abstained: whether nothing in the index answers the question.
        reason: code of the abstention: `empty_index`, `unknown_paper`, `nothing_relevant`, `not_stated` (the papers
            found do not state what is asked of them; `unsupported` names it), `outside_window` (no paper lies within
            the dates or the filter asked for), `no_text` (the paper named in the question has neither a usable summary
            nor an abstract), `which_paper` (the question refers to a paper, and no earlier turn has one) or
            `only_untrusted` (the only candidate answer was invented from a title). None if it did not abstain.
        hits: the papers found by the search, whether they were used or not.
        generation: number of the published version that was searched; None if everything was scanned exactly.
        timings: milliseconds by stage: those of `Results.timings`, answer, and llm if a model was called.
        trust: notes on the summaries that the answer rests on, a line each, in its language; the text ends with them.
        writer: whose words the text is made of: quotations ("extracted") or a language model, verified ("generated").
        why: code of the reason why no model wrote the text; empty if one did. `no_model` (none is configured),
            `not_wanted` (the request declined one), `abstained` (there is nothing to write from), `digest` (the papers
            of some days are listed), `over_budget` (the service lets this client have no more answers written for
            now), `unreachable`, `rate_limited` (by the model's server), `failed` (the server reported an error),
            `timeout`, `cut_off` (the reply broke off), `garbage` (not a reply of a chat model), `too_long`, `empty`,
            `refused` (the model declined, or found no answer in the evidence) or `nothing_supported` (no sentence was
            supported by its evidence).
        dropped: number of generated sentences that were removed because no quotation supports them.
        confidence: `high` where the papers state what is asked; `low` where nothing says it outright and the nearest
            papers are quoted; `none` where the question is refused, exactly if `abstained`.
        segments: the text in parts, in order, each with its citations.
        unsupported: words of the question that no text of the papers holds, neither as such nor translated.
        more: number of papers that come as close as those of a list, beyond the hits asked for.
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
    why: NotGeneratedReason = "no_model"
    dropped: int = 0
    confidence: Confidence = "high"
    unsupported: tuple[str, ...] = ()
    segments: tuple[Segment, ...] = ()
    more: int = 0


def split_into_segments(
    parts: Iterable[tuple[str, Sequence[Citation]]], citations: Sequence[Citation]
) -> tuple[Segment, ...]:
    """Return the segments of a text.

    Args:
        parts: consecutive parts that make up the text, white space between them included, each with its citations.
        citations: the citations of the answer.
    """
    position = {citation: at for at, citation in reversed(list(enumerate(citations)))}
    segments: list[Segment] = []
    start = 0
    for part, cited in parts:
        if text := part.strip():
            begin = start + part.index(text)
            segments.append(Segment(text, begin, begin + len(text), tuple(position[citation] for citation in cited)))
        start += len(part)
    return tuple(segments)


@dataclass(frozen=True, slots=True)
class Translations:
    """Translations of some terms by the bilingual lexicon: the glossary, and what was learned from the index.

    Attributes:
        pairs: number of papers in both languages that the lexicon was learned from.
        needed: the fewest such papers that anything is learned from.
        terms: translations with their evidence, best first, by term and by pair of adjacent terms.
    """

    pairs: int
    needed: int
    terms: dict[str, tuple[Translation, ...]]


@dataclass(frozen=True, slots=True)
class PaperDetails:
    """A paper with every digest entry about it, oldest first.

    Attributes:
        paper: the paper; without a source if only its history is left.
        entries: the current digest entries about it.
        history: earlier versions of its entries; empty unless requested.
    """

    paper: Paper
    entries: tuple[Entry, ...]
    history: tuple[Revision, ...] = ()


@dataclass(frozen=True, slots=True)
class PaperPage:
    """Papers that pass a filter, newest first.

    Attributes:
        papers: a page of them.
        total: number of papers that pass.
        offset: number of papers before the page.
    """

    papers: tuple[Paper, ...]
    total: int
    offset: int


@dataclass(frozen=True, slots=True)
class EntryPage:
    """Digest entries with a trust label, or all, oldest first.

    Attributes:
        entries: a page of them.
        total: number of entries with that label.
        offset: number of entries before the page.
    """

    entries: tuple[Entry, ...]
    total: int
    offset: int


@dataclass(frozen=True, slots=True)
class DigestDay:
    """The digests of a day.

    Attributes:
        digest_date: ISO date.
        papers: number of papers with an entry.
        new: number of those that no earlier digest has.
        labels: number of entries by trust label.
    """

    digest_date: str
    papers: int
    new: int
    labels: dict[Label, int]


@dataclass(frozen=True, slots=True)
class DigestEntry:
    """A paper of a day.

    Attributes:
        paper: the paper.
        trust: trust label of the day's summary.
        is_new: whether no earlier digest has the paper.
    """

    paper: Paper
    trust: Label
    is_new: bool


@dataclass(frozen=True, slots=True)
class DigestDetails:
    """The digests of a day with their papers, in the order of the digest.

    Attributes:
        digest_date: ISO date.
        entries: the papers.
        previous, next: ISO dates of the digests before and after it; None at the ends.
    """

    digest_date: str
    entries: tuple[DigestEntry, ...]
    previous: str | None
    next: str | None


@dataclass(frozen=True, slots=True)
class ChunkDetails:
    """A chunk in its place.

    Attributes:
        chunk_id: id of the chunk.
        paper_id: arXiv id of its paper.
        title: title of the paper.
        section: section of the summary, or `abstract`.
        lang: language of most of the text.
        text: the text, exactly as in its source.
        text_hash: hash of the text, which citations hold as well.
        trust: trust label of the summary; None for the paper's own abstract.
        entry: ISO date of the digest whose entry the chunk belongs to; None for an abstract.
        source_start, source_end: offsets into the entry's body or the abstract, in code points; None where the source
            has changed since.
        previous, next: ids of the chunks before and after it in that source; None at its ends.
    """

    chunk_id: str
    paper_id: str
    title: str
    section: str
    lang: Language
    text: str
    text_hash: str
    trust: Label | None
    entry: str | None
    source_start: int | None
    source_end: int | None
    previous: str | None
    next: str | None


@dataclass(frozen=True, slots=True)
class Status:
    """Contents of a data directory.

    Attributes:
        papers, entries, chunks: number of each.
        generation: number of the published version; None if there is none.
        documents, abstracts, problems: number of each.
        model_id: embedding model of the stored vectors; None if there are none.
        rev: number of the last transaction.
        data: path of the data directory; empty where a service does not tell it. It is not compared.
        days: ISO dates of the digests.
        labels: number of entries by trust label.
        sources: number of papers by source status.
        last_ingest: ISO time in UTC of the newest entry; None if there is none.
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
    data: str = field(default="", compare=False)
    days: tuple[str, ...] = field(default=())
    labels: dict[Label, int] = field(default_factory=dict[Label, int])
    sources: dict[str, int] = field(default_factory=dict[str, int])
    last_ingest: str | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """Entries that a service adds to its index after its response.

    Attributes:
        job_id: what `GET /v1/jobs/{job_id}` finds it by.
        status: `queued` (it waits for other jobs, or for another process that changes the index), `running`, `done`,
            `failed` (`problem` tells why), or `interrupted` (the service ended before; what was added so far stays, and
            adding the same entries again adds the rest).
        entries: number of entries.
        created, started, ended: ISO times in UTC; None for what has not happened yet.
        report: what was changed, once it is done.
        problem: why it failed, if it did.
    """

    job_id: str
    status: JobStatus
    entries: int
    created: str
    started: str | None = None
    ended: str | None = None
    report: IngestReport | None = None
    problem: ProblemDetails | None = None

    @property
    def has_ended(self) -> bool:
        """Whether its status is final."""
        return self.status not in {"queued", "running"}


def as_json(
    result: Results
    | Answer
    | PaperDetails
    | PaperPage
    | DigestDetails
    | EntryPage
    | ChunkDetails
    | Status
    | Translations
    | Job,
) -> dict[str, Any]:
    """Return a result as JSON-serializable fields by name."""
    return asdict(result)
