"""A paper to chunks: its sections and its abstract, split at sentences where they outgrow the model's window."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from ...index.analysis.language import language
from ...index.analysis.sentences import sentences
from ...index.domain.chunks import Chunk
from ...index.domain.papers import Entry, Language, Source
from ..trust.refusals.empty_sentences import says_nothing

CHUNKER_VERSION = "2"

_MIN_BUDGET = 32
_LONGEST_BULLET = 16  # characters, indentation included
_LONGEST_CONTEXT = 300  # characters: a title and a heading; more would leave no room for the text


class Chunker:
    """Makes the chunks of papers.

    Args:
        window: tokens that the model sees at once.
        count: how many of them a text takes.
    """

    def __init__(self, window: int, count: Callable[[str], int]) -> None:
        self._window, self._count = window, count

    def paper(self, paper_id: str, title: str, abstract: str, entries: Sequence[Entry]) -> list[Chunk]:
        """Every chunk of a paper: of its abstract, and of each entry's sections, oldest entry first.

        A refused summary has none, and neither has a passage whose every sentence says that nothing is known: such
        text attracts every question about data sets or limits, and answers none.

        Args:
            paper_id: arXiv id.
            title: title for the context; empty where none is known.
            abstract: the source's abstract; empty where none is known.
            entries: what digests say of it.
        """
        chunks = list(self._pieces(paper_id, "abstract", None, [("abstract", title, abstract)])) if abstract else []
        for entry in entries:
            parts = [
                (section.name, _context(title or entry.title, section.heading), entry.text(section))
                for section in entry.sections
            ]
            if entry.trust is None or entry.trust.label != "refused":
                chunks += self._pieces(paper_id, "summary", entry.digest_date, parts, entry.lang)
        return chunks

    def _pieces(
        self,
        paper_id: str,
        source: Source,
        day: str | None,
        parts: Sequence[tuple[str, str, str]],
        lang: Language | None = None,
    ) -> Iterator[Chunk]:
        label = f"{source}@{day}" if day else source
        ordinals: Counter[str] = Counter()
        for section, context, text in parts:
            budget = max(_MIN_BUDGET, self._window - self._count(context) - 2)
            for start, end in split(text, budget, self._count):
                piece, ordinal = text[start:end], ordinals[section]
                ordinals[section] += 1
                if source == "summary" and _is_silent(piece):
                    continue
                chunk_id = f"{paper_id}:{label}:{section}:{ordinal}"
                spoken = lang or language(piece)
                yield Chunk(chunk_id, paper_id, source, day, section, ordinal, spoken, piece, context)


def _is_silent(piece: str) -> bool:
    """Whether every sentence of a passage only says that something is not known."""
    return says_nothing(piece) and all(says_nothing(piece[start:end]) for start, end in sentences(piece))


def _context(title: str, heading: str) -> str:
    return " | ".join(part for part in (title, heading) if part)[:_LONGEST_CONTEXT]


def split(text: str, budget: int, count: Callable[[str], int]) -> list[tuple[int, int]]:
    """Spans of `text` of at most `budget` tokens each, cut between sentences, and inside one only where it must be.

    Spans are in order, do not overlap and hold every character that is not white space or a bullet between sentences.
    """
    start = len(text) - len(text.lstrip())
    end = len(text.rstrip())
    if start >= end:
        return []
    if count(text[start:end]) <= budget:
        return [(start, end)]
    # Boundaries are where sentences start; what precedes the first of a line (a bullet) goes with it.
    starts = [start, *(first for first, _ in sentences(text) if start < first < end)]
    starts = sorted({_line_start(text, first, start) for first in starts})
    spans: list[tuple[int, int]] = []
    opened = start
    for here, following in zip(starts, [*starts[1:], end], strict=True):
        if here > opened and count(text[opened:following]) > budget:
            spans.append((opened, here))
            opened = here
        while count(text[opened:following]) > budget:
            cut = _longest(text, opened, following, budget, count)
            spans.append((opened, cut))
            opened = cut
    spans.append((opened, end))
    tight = ((left, left + len(text[left:right].rstrip())) for left, right in spans)
    return [
        (left + len(text[left:right]) - len(text[left:right].lstrip()), right) for left, right in tight if left < right
    ]


def _line_start(text: str, at: int, floor: int) -> int:
    """The start of the line if only a bullet stands between it and `at`, else `at`."""
    start = max(floor, text.rfind("\n", max(floor, at - _LONGEST_BULLET), at) + 1)
    bullet = text[start:at]
    on_line = start == floor or text[start - 1] == "\n"
    return start if on_line and len(bullet) <= _LONGEST_BULLET and not any(map(str.isalpha, bullet)) else at


def _longest(text: str, start: int, end: int, budget: int, count: Callable[[str], int]) -> int:
    """The furthest cut that fits, at white space where there is any in the second half."""
    low, high = start + 1, min(end, start + 8 * budget)
    while low < high:
        middle = (low + high + 1) // 2
        if count(text[start:middle]) <= budget:
            low = middle
        else:
            high = middle - 1
    space = max(text.rfind(" ", start, low), text.rfind("\n", start, low))
    return space + 1 if low < end and space > start + (low - start) // 2 else low
