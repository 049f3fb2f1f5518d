"""A snapshot of an index for dataset synthesis: papers, trustworthy summaries, chunks and their full texts."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ....api.library import Library
from ....index.domain.chunks import Chunk
from ....index.domain.errors import ConfigError
from ....index.domain.papers import Entry, Paper
from .sentences import fold_text

_UNTRUSTED = frozenset({"refused", "invented"})


def is_about_its_paper(entry: Entry) -> bool:
    """Return whether a summary is about its paper: neither refused, nor invented, nor about another paper."""
    return entry.trust is None or (entry.trust.label not in _UNTRUSTED and entry.trust.wrong_paper is None)


@dataclass(frozen=True, slots=True)
class Corpus:
    """The content of an index at one revision.

    Attributes:
        description: counts, days and revision of the index, in words.
        papers: papers by id.
        entries: the summaries that are about their paper, by paper id, oldest first.
        chunks: all searchable chunks, by paper id.
    """

    description: str
    papers: Mapping[str, Paper]
    entries: Mapping[str, Sequence[Entry]]
    chunks: Mapping[str, Sequence[Chunk]]

    def date_of(self, paper_id: str) -> str:
        """Return a paper's publication date, else the date of its first digest; empty if neither is known."""
        paper = self.papers[paper_id]
        return paper.published or (paper.digest_dates[0] if paper.digest_dates else "")


def read_corpus(library: Library) -> Corpus:
    """Read the whole content of an index.

    Raises:
        ConfigError: the index is empty.
    """
    status = library.status()
    if not status.chunks:
        raise ConfigError(f"{status.data}: the index is empty; run `nonmun ingest PATH...` first")
    entries: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in filter(is_about_its_paper, library.entries()):
        entries[entry.paper_id].append(entry)
    chunks: defaultdict[str, list[Chunk]] = defaultdict(list)
    for chunk in library.chunks():
        chunks[chunk.paper_id].append(chunk)
    days = f" of {status.days[0]} to {status.days[-1]}" if status.days else ""
    description = f"{status.papers} papers, {status.entries} summaries{days}, revision {status.rev}"
    return Corpus(description, {paper.paper_id: paper for paper in library.papers()}, entries, chunks)


@dataclass(frozen=True, slots=True)
class _SubstringIndex:
    """Texts joined into one string, so that one scan finds all texts that contain a substring.

    Attributes:
        text: the texts, joined by newlines.
        starts: offset of each text.
    """

    text: str
    starts: Sequence[int]

    @classmethod
    def build(cls, texts: Sequence[str]) -> _SubstringIndex:
        starts: list[int] = []
        offset = 0
        for text in texts:
            starts.append(offset)
            offset += len(text) + 1
        return cls("\n".join(texts), starts)

    def find(self, substring: str) -> set[int]:
        """Return the positions of the texts that contain a substring; none for an empty one."""
        matches: set[int] = set()
        offset = self.text.find(substring) if substring else -1
        while offset >= 0:
            position = bisect_right(self.starts, offset) - 1
            matches.add(position)
            next_start = self.starts[position + 1] if position + 1 < len(self.starts) else len(self.text)
            offset = self.text.find(substring, next_start)
        return matches


@dataclass(frozen=True, slots=True)
class ChunkFinder:
    """Finds the chunks that contain a text, ignoring markup, case and white space."""

    chunks: Sequence[Chunk]
    texts: _SubstringIndex
    contexts: _SubstringIndex

    @classmethod
    def build(cls, corpus: Corpus) -> ChunkFinder:
        """Index the chunks of a corpus."""
        chunks = [chunk for of_paper in corpus.chunks.values() for chunk in of_paper]
        contexts = {chunk.context: fold_text(chunk.context) for chunk in chunks}
        return cls(
            chunks,
            _SubstringIndex.build([fold_text(chunk.text) for chunk in chunks]),
            _SubstringIndex.build([contexts[chunk.context] for chunk in chunks]),
        )

    def find(self, text: str, *, in_contexts: bool = False) -> list[Chunk]:
        """Return the chunks that contain a text.

        Args:
            text: the text.
            in_contexts: whether to search the chunks' contexts (title and heading) as well.
        """
        folded = fold_text(text)
        positions = self.texts.find(folded)
        if in_contexts:
            positions |= self.contexts.find(folded)
        return [self.chunks[position] for position in sorted(positions)]
