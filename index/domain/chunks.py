"""Chunks: the passages that are embedded, searched and quoted."""

from __future__ import annotations

from dataclasses import dataclass

from .papers import Language, Source, text_hash
from .trust import Label


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a summary or an abstract: what is embedded, searched and quoted.

    Attributes:
        chunk_id: `paper_id:source:section:ordinal`. A paper can appear in several digests, so the source of a
            summary chunk carries its date: `2505.09264:summary@2025-05-16:results:0`.
        section: a `SectionName`, or "abstract".
        lang: the language most of it is written in.
        text: the words that can be quoted, exactly as they stand in the source.
        context: title and heading, embedded together with the text and never quoted.
    """

    chunk_id: str
    paper_id: str
    source: Source
    digest_date: str | None
    section: str
    ordinal: int
    lang: Language
    text: str
    context: str

    @property
    def text_hash(self) -> str:
        """Hash of the quotable text."""
        return text_hash(self.text)

    @property
    def passage(self) -> str:
        """What the embedder reads."""
        return f"{self.context}\n{self.text}" if self.context else self.text

    @property
    def passage_hash(self) -> str:
        """Hash of what the embedder reads: the key of its vector."""
        return text_hash(self.passage)


@dataclass(frozen=True, slots=True)
class ChunkInfo:
    """A chunk's attributes that ranking needs: everything but its text.

    Attributes:
        row: row number of the chunk in the catalog; never reused.
        section: a `SectionName`, or "abstract".
        trust: label of the summary that the chunk belongs to; None for an abstract.
        korean_only: whether the chunk and every other chunk of its paper are Korean.
    """

    row: int
    chunk_id: str
    paper_id: str
    section: str
    lang: Language
    trust: Label | None = None
    korean_only: bool = False
