"""What HTTP requests and responses look like; the OpenAPI document is made of these."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from ...index.domain.trust import Label
from ...index.query.intent import BUILTIN_INTENTS, Intent
from ...index.query.question import MAX_CHARACTERS, MAX_HITS
from ..conversation.turns import MAX_TURNS
from ..results import Why, WrittenBy

_QUESTION = "정상 이미지 한 장만으로 이상을 찾는 논문이 있어?"


class FilterIn(BaseModel):
    """Which chunks may speak; every condition has to hold."""

    model_config = ConfigDict(extra="forbid", strict=True)

    since: str | None = Field(default=None, description="first day, YYYY-MM-DD")
    until: str | None = Field(default=None, description="last day, YYYY-MM-DD")
    by: Literal["digest", "published"] = Field(default="digest", description="whether days of digests or of arXiv")
    papers: list[str] = Field(default=[], max_length=1_000, description="arXiv ids")
    sections: list[str] = Field(default=[], max_length=20, description='names of sections, or "abstract"')
    lang: Literal["ko", "en"] | None = None
    source: Literal["summary", "abstract"] | None = None
    trust: list[Label] = Field(default=[], max_length=20, description="labels of summaries; abstracts always pass")


class _Request(BaseModel):
    # strict: "10" is no number and 1 is no text; a client that mixes them up is told so.
    model_config = ConfigDict(
        extra="forbid", strict=True, json_schema_extra={"examples": [{"question": _QUESTION, "k": 5}]}
    )

    question: str = Field(
        description=f"Korean or English, at most {MAX_CHARACTERS:,} characters", max_length=MAX_CHARACTERS + 1_000
    )
    k: int = Field(default=10, ge=1, le=MAX_HITS, description="how many papers")
    where: FilterIn = Field(default=FilterIn(), description="which chunks may speak")
    as_of: str | None = Field(
        default=None, description='the day, YYYY-MM-DD, from which "last week" counts; today in Seoul unless given'
    )


class SearchRequest(_Request):
    """A search."""


class TurnIn(BaseModel):
    """An earlier question with what its answer spoke of; all of it stands in the answer that came back."""

    model_config = ConfigDict(extra="forbid", strict=True)

    question: str = Field(max_length=MAX_CHARACTERS + 1_000, description="as asked")
    papers: list[str] = Field(default=[], max_length=1_000, description="arXiv ids that the answer cites, in its order")
    since: str | None = Field(default=None, description="interpretation.since of the answer")
    until: str | None = Field(default=None, description="interpretation.until of the answer")
    by: Literal["digest", "published"] = Field(default="digest", description="interpretation.by of the answer")


class AskRequest(_Request):
    """A question, and the turns before it."""

    history: list[TurnIn] = Field(
        default=[],
        max_length=MAX_TURNS,
        description="earlier turns, oldest first; only a question that leans on them takes anything from there",
    )

    generate: bool | None = Field(
        default=None, description="whether a language model writes the answer; where one is configured unless given"
    )
    stream: bool = Field(default=False, description="answer with server-sent events: hits, token, citation, done")


class EvidenceOut(BaseModel):
    """A chunk that speaks for a hit."""

    chunk_id: str
    source: Literal["summary", "abstract"]
    section: str
    lang: Literal["ko", "en"]
    text: str
    score: float
    trust: Label | None = Field(description="label of the summary it stands in; null for the paper's own abstract")


class HitOut(BaseModel):
    """A paper that was found."""

    paper_id: str
    title: str
    score: float
    digest_dates: list[str]
    url: str
    evidence: list[EvidenceOut]


class InterpretationOut(BaseModel):
    """What a question was taken to ask."""

    lang: Literal["ko", "en"]
    since: str | None
    until: str | None
    by: Literal["digest", "published"]
    window: str = Field(description="the question's own words for those days; empty where a filter named them")
    papers: list[str]
    section: str | None
    corrected: str | None = Field(description="the question after slips of the keyboard were undone")
    shape: Intent = Field(
        description="the shape of answer that it asks for", json_schema_extra={"enum": [*BUILTIN_INTENTS]}
    )
    answer_lang: Literal["ko", "en"] = Field(description="the language of the answer")
    repeats: str | None = Field(description="the earlier question that a follow-up asks again")


class SearchResponse(BaseModel):
    """What a search gives."""

    question: str
    interpretation: InterpretationOut
    hits: list[HitOut]
    generation: int | None
    timings: dict[str, float] = Field(description="milliseconds by stage")


class CitationOut(BaseModel):
    """Exact words: `text[start:end] == quote` in the chunk of that id and hash."""

    paper_id: str
    chunk_id: str
    text_hash: str
    start: int
    end: int
    quote: str
    trust: Label | None = Field(description="label of the summary it stands in; null for the paper's own abstract")


class AskResponse(BaseModel):
    """What asking gives."""

    question: str
    interpretation: InterpretationOut
    answer: str
    citations: list[CitationOut]
    abstained: bool
    reason: str | None
    hits: list[HitOut]
    generation: int | None
    timings: dict[str, float] = Field(description="milliseconds by stage")
    trust: list[str] = Field(description="what is to be known of the summaries that the answer rests on, a line each")
    writer: WrittenBy = Field(description="quotations, or a language model's words, verified")
    why: Why = Field(description="why no language model wrote it; empty where one did")
    dropped: int = Field(description="sentences of a language model that no quotation supports")


class SourceOut(BaseModel):
    """Where a paper's own title and abstract come from."""

    status: Literal["never_tried", "found", "not_found", "failed"]
    origin: Literal["arxiv", "huggingface", "file"] | None
    version: int | None
    fetched_at: str | None
    tried_at: str | None
    reason: str


class PaperOut(BaseModel):
    """A paper."""

    paper_id: str
    title: str
    abstract: str
    url: str
    digest_dates: list[str]
    published: str | None
    source: SourceOut


class ReasonOut(BaseModel):
    """Why a summary has its label; `body[start:end]` is the span."""

    code: str
    message: str
    start: int
    end: int
    against: str


class TrustOut(BaseModel):
    """How far to trust a summary."""

    label: Label
    reasons: list[ReasonOut]
    wrong_paper: str | None


class SectionOut(BaseModel):
    """A part of a summary: `body[start:end]`."""

    name: str
    heading: str
    start: int
    end: int


class EntryOut(BaseModel):
    """What one digest says of a paper."""

    digest_date: str
    paper_id: str
    version: int | None
    url: str
    title: str
    body: str
    sections: list[SectionOut]
    line: int
    lang: Literal["ko", "en"] | None
    ingested_at: str
    trust: TrustOut


class RevisionOut(BaseModel):
    """An earlier state of an entry."""

    digest_date: str
    paper_id: str
    name: str
    title: str
    body: str
    ingested_at: str
    ended_at: str
    why: str


class PaperResponse(BaseModel):
    """A paper with everything that digests say of it."""

    paper: PaperOut
    entries: list[EntryOut]
    history: list[RevisionOut]


class Problem(BaseModel):
    """Why a request failed."""

    code: str = Field(examples=["invalid_input"])
    message: str = Field(examples=["question: is empty; ask something"])
    field: str | None = Field(default=None, examples=["question"])


class ErrorResponse(BaseModel):
    """The body of every 4xx and 5xx."""

    error: Problem


class Health(BaseModel):
    """Whether the service runs, or can answer."""

    status: Literal["ok", "unavailable"]
    reason: str | None = None
