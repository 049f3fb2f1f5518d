"""Search results: hits, the evidence for them, and citations."""

from __future__ import annotations

from dataclasses import InitVar, dataclass, field
from typing import Literal

from .papers import EvidenceSource, Language, text_hash
from .trust import Label

Confidence = Literal["high", "low", "none"]
"""How surely papers answer: they state it, they come near, or they say nothing on it."""


_CONTEXT = 30  # characters around a quote


@dataclass(frozen=True, slots=True)
class Evidence:
    """A chunk that supports a hit.

    Attributes:
        score: the chunk's score, comparable within one search only.
        trust: trust label of the summary that the chunk belongs to; None for the paper's own abstract.
        entry: ISO date of the digest whose entry the chunk belongs to; None for an abstract.
        offset: where the text begins in the entry's body or in the abstract, in code points; None where it was not
            looked up.
    """

    chunk_id: str
    source: EvidenceSource
    section: str
    lang: Language
    text: str
    score: float
    trust: Label | None = None
    entry: str | None = None
    offset: int | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A paper that a search found.

    Attributes:
        score: the paper's score, comparable within one search only.
        digest_dates: ISO dates of the digests with an entry about the paper, oldest first.
        evidence: the chunks that support the hit, best first.
    """

    paper_id: str
    title: str
    score: float
    digest_dates: tuple[str, ...]
    url: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Citation:
    """An exact quotation from a chunk: `text[start:end] == quote`, and `text` hashes to `text_hash`.

    Attributes:
        start, end: offsets into the chunk's text, in code points.
        trust: trust label of the summary that is quoted; None for the paper's own abstract.
        entry: ISO date of the digest whose entry is quoted; None for an abstract.
        source_start, source_end: offsets into the entry's body or the abstract, in code points; None where they were
            not looked up.
        prefix, suffix: up to 30 characters of the chunk before and after the quote.
        text: the chunk's whole text; verified, not stored.

    Raises:
        ValueError: the text does not hold the quote at these offsets, or has another hash.
    """

    paper_id: str
    chunk_id: str
    text_hash: str
    start: int
    end: int
    quote: str
    trust: Label | None = None
    entry: str | None = None
    source_start: int | None = None
    source_end: int | None = None
    prefix: str = field(init=False)
    suffix: str = field(init=False)
    text: InitVar[str] = field(kw_only=True)

    def __post_init__(self, text: str) -> None:
        if not 0 <= self.start < self.end <= len(text) or text[self.start : self.end] != self.quote:
            raise ValueError(f"{self.chunk_id}[{self.start}:{self.end}] does not hold {self.quote!r}")
        if text_hash(text) != self.text_hash:
            raise ValueError(f"{self.chunk_id}: the text does not have the hash {self.text_hash}")
        object.__setattr__(self, "prefix", text[max(0, self.start - _CONTEXT) : self.start])
        object.__setattr__(self, "suffix", text[self.end : self.end + _CONTEXT])
