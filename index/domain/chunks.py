"""Chunks: the passages that are embedded, searched and quoted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .papers import EvidenceSource, Language, text_hash
from .trust import Label


def make_chunk_id(paper_id: str, source: EvidenceSource, digest_date: str | None, section: str, ordinal: int) -> str:
    """Return the id of a chunk; see `Chunk`."""
    label = f"{source}@{digest_date}" if digest_date else source
    return f"{paper_id}:{label}:{section}:{ordinal}"


@dataclass(frozen=True, slots=True)
class Chunk:
    """A passage of a summary, of an abstract, or of a paper's record (`index.analysis.records`).

    Attributes:
        chunk_id: `paper_id:source:section:ordinal`. A paper can appear in several digests, so the source of a
            summary chunk carries its date: `2505.09264:summary@2025-05-16:results:0`.
        digest_date: ISO date of the digest; None for an abstract and a record.
        section: a `SectionName`, "abstract", or a `RecordField`.
        ordinal: position of the chunk within its section, from 0.
        lang: the language of most of the text.
        text: the quotable text, exactly as in the source.
        context: title and heading, embedded together with the text but never quoted.
    """

    chunk_id: str
    paper_id: str
    source: EvidenceSource
    digest_date: str | None
    section: str
    ordinal: int
    lang: Language
    text: str
    context: str

    @property
    def has_own_id(self) -> bool:
        """Whether its id is that of its other attributes."""
        return self.chunk_id == make_chunk_id(self.paper_id, self.source, self.digest_date, self.section, self.ordinal)

    @property
    def text_hash(self) -> str:
        """The hash of the quotable text."""
        return text_hash(self.text)

    def find_in(self, bodies: Mapping[tuple[str, str], str], abstract: str) -> int | None:
        """Return where the text begins in its source, in code points; None where the source does not hold it.

        Args:
            bodies: bodies of digest entries by paper id and digest date.
            abstract: the paper's abstract.
        """
        if self.source == "record":
            return None
        source = bodies.get((self.paper_id, self.digest_date), "") if self.digest_date else abstract
        start = source.find(self.text)
        return start if start >= 0 else None

    @property
    def passage(self) -> str:
        """The text that is embedded and analyzed: context and quotable text."""
        return f"{self.context}\n{self.text}" if self.context else self.text

    @property
    def passage_hash(self) -> str:
        """The hash of the passage, which is the key of its vector."""
        return text_hash(self.passage)


@dataclass(frozen=True, slots=True)
class ChunkInfo:
    """The attributes of a chunk that ranking needs: all but its text.

    Attributes:
        row: row number of the chunk in the catalog; never reused.
        section: a `SectionName`, or "abstract".
        trust: trust label of the summary that the chunk belongs to; None for an abstract.
        korean_only: whether the chunk and every other chunk of its paper are Korean.
    """

    row: int
    chunk_id: str
    paper_id: str
    section: str
    lang: Language
    trust: Label | None = None
    korean_only: bool = False
