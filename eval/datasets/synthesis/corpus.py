"""What an index holds, as makers of datasets read it: papers, their summaries, and which chunks hold some words."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ....api.library import Library
from ....index.domain.chunks import Chunk
from ....index.domain.errors import ConfigError
from ....index.domain.papers import Entry, Paper
from .sentences import pressed

_T = TypeVar("_T")
_UNUSABLE = frozenset({"refused", "invented"})


def usable(entry: Entry) -> bool:
    """Whether a summary speaks of its paper: neither refused, nor invented, nor another paper's."""
    return entry.trust is None or (entry.trust.label not in _UNUSABLE and entry.trust.wrong_paper is None)


def shuffled(seed: int, salt: str, items: Iterable[tuple[str, _T]]) -> list[_T]:
    """Items in an order that only the seed and their keys decide: what is added later leaves the others in place."""

    def place(item: tuple[str, _T]) -> bytes:
        return hashlib.sha256(f"{seed}\0{salt}\0{item[0]}".encode("utf-8", "replace")).digest()

    return [item[1] for item in sorted(items, key=place)]


class _Words:
    """Many texts, in any of which some words are looked for."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._starts: list[int] = []
        at = 0
        for text in texts:
            self._starts.append(at)
            at += len(text) + 1
        self._text = "\n".join(texts)

    def holding(self, wanted: str) -> set[int]:
        """Numbers of the texts that hold some words."""
        found: set[int] = set()
        at = self._text.find(wanted) if wanted else -1
        while at >= 0:
            number = bisect_right(self._starts, at) - 1
            found.add(number)
            following = self._starts[number + 1] if number + 1 < len(self._starts) else len(self._text)
            at = self._text.find(wanted, following)
        return found


@dataclass(frozen=True, slots=True)
class Corpus:
    """What an index holds at one moment.

    Attributes:
        about: in words, which index it is.
        papers: by id.
        entries: the summaries that speak of their paper, by paper id, oldest first.
        chunks: every chunk that can be found, by paper id.
    """

    about: str
    papers: Mapping[str, Paper]
    entries: Mapping[str, Sequence[Entry]]
    chunks: Mapping[str, Sequence[Chunk]]

    def day(self, paper_id: str) -> str:
        """When a paper appeared: as its source says, else the first day that a digest speaks of it."""
        paper = self.papers[paper_id]
        return paper.published or (paper.digest_dates[0] if paper.digest_dates else "")


class Holders:
    """Finds the chunks that hold some words, whatever their decoration, case and white space."""

    def __init__(self, corpus: Corpus) -> None:
        self._chunks = [chunk for chunks in corpus.chunks.values() for chunk in chunks]
        self._texts = _Words([pressed(chunk.text) for chunk in self._chunks])
        contexts = {chunk.context: pressed(chunk.context) for chunk in self._chunks}
        self._contexts = _Words([contexts[chunk.context] for chunk in self._chunks])

    def of(self, words: str, *, contexts: bool = False) -> list[Chunk]:
        """The chunks whose text, or where `contexts` is true whose title and heading, hold some words."""
        wanted = pressed(words)
        found = self._texts.holding(wanted)
        if contexts:
            found |= self._contexts.holding(wanted)
        return [self._chunks[number] for number in sorted(found)]


def read_corpus(library: Library) -> Corpus:
    """Read all of an index.

    Raises:
        ConfigError: it is empty.
    """
    status = library.status()
    if not status.chunks:
        raise ConfigError(f"{status.data}: the index is empty; run `nonmun ingest PATH...` first")
    entries: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in filter(usable, library.entries()):
        entries[entry.paper_id].append(entry)
    chunks: defaultdict[str, list[Chunk]] = defaultdict(list)
    for chunk in library.chunks():
        chunks[chunk.paper_id].append(chunk)
    days = f" of {status.days[0]} to {status.days[-1]}" if status.days else ""
    about = f"{status.papers} papers, {status.entries} summaries{days}, revision {status.rev}"
    return Corpus(about, {one.paper_id: one for one in library.papers()}, entries, chunks)
