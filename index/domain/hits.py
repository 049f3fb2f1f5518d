"""Search results: hits, the evidence for them, and citations."""

from __future__ import annotations

from dataclasses import InitVar, dataclass, field

from .papers import Language, Source, text_hash
from .trust import Label


@dataclass(frozen=True, slots=True)
class Evidence:
    """A chunk of a hit, with its share in why the paper was found (comparable within one search only).

    Attributes:
        trust: how far to trust the summary it stands in; None for the paper's own abstract.
    """

    chunk_id: str
    source: Source
    section: str
    lang: Language
    text: str
    score: float
    trust: Label | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A paper that a search found, with the chunks that speak for it, best first."""

    paper_id: str
    title: str
    score: float
    digest_dates: tuple[str, ...]
    url: str
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class Citation:
    """Exact words of a chunk. Cannot be made unless `text[start:end] == quote` and `text` hashes to `text_hash`.

    Attributes:
        start, end: offsets into the chunk's text, in code points.
        trust: how far to trust the summary that they stand in; None for the paper's own abstract.
        text: the chunk's whole text; checked, not stored.

    Raises:
        ValueError: the quote is not what stands at those offsets of that text.
    """

    paper_id: str
    chunk_id: str
    text_hash: str
    start: int
    end: int
    quote: str
    trust: Label | None = None
    text: InitVar[str] = field(kw_only=True)

    def __post_init__(self, text: str) -> None:
        if not 0 <= self.start < self.end <= len(text) or text[self.start : self.end] != self.quote:
            raise ValueError(f"{self.chunk_id}[{self.start}:{self.end}] does not read {self.quote!r}")
        if text_hash(text) != self.text_hash:
            raise ValueError(f"{self.chunk_id}: the text is not the one with hash {self.text_hash}")
