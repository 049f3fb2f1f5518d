"""Chunking: the sections and the abstract of a paper, split between sentences to fit the model's window."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from ...index.analysis.language import language
from ...index.analysis.sentences import sentences
from ...index.domain.chunks import Chunk, make_chunk_id
from ...index.domain.papers import Entry, Language, Source
from ..trust.refusals.empty_sentences import is_uninformative

CHUNKER_VERSION = "2"
"""Changes whenever the same papers may give other chunks; chunks of another version are rebuilt."""

_MIN_BUDGET = 32
_MAX_BULLET = 16  # characters, indentation included
_MAX_CONTEXT = 300  # characters of title and heading; more would leave no room for the text


class Chunker:
    """Splits papers into chunks.

    Args:
        window: maximum number of tokens of a passage.
        count_tokens: returns the number of tokens of a text.
    """

    def __init__(self, window: int, count_tokens: Callable[[str], int]) -> None:
        self._window, self._count_tokens = window, count_tokens

    def chunk(self, paper_id: str, title: str, abstract: str, entries: Sequence[Entry]) -> list[Chunk]:
        """Return the chunks of a paper: of its abstract, and of each entry's sections, in the order of `entries`.

        A refused summary has no chunks, and neither has a passage without information: it would match every question
        about data sets or limitations, and answer none.

        Args:
            paper_id: arXiv id.
            title: title for the context; empty if unknown.
            abstract: the paper's abstract; empty if unknown.
            entries: the summaries of the paper.
        """
        chunks = (
            list(self._split_parts(paper_id, "abstract", None, [("abstract", title, abstract)])) if abstract else []
        )
        for entry in entries:
            parts = [
                (section.name, chunk_context(title or entry.title, section.heading), entry.text(section))
                for section in entry.sections
            ]
            if entry.trust is None or entry.trust.label != "refused":
                chunks += self._split_parts(paper_id, "summary", entry.digest_date, parts, entry.lang)
        return chunks

    def _split_parts(
        self,
        paper_id: str,
        source: Source,
        day: str | None,
        parts: Sequence[tuple[str, str, str]],
        lang: Language | None = None,
    ) -> Iterator[Chunk]:
        """Split parts (section, context, text) into chunks."""
        ordinals: Counter[str] = Counter()
        for section, context, text in parts:
            budget = max(_MIN_BUDGET, self._window - self._count_tokens(context) - 2)
            for start, end in split(text, budget, self._count_tokens):
                passage, ordinal = text[start:end], ordinals[section]
                ordinals[section] += 1
                if source == "summary" and _is_uninformative(passage):
                    continue
                chunk_id = make_chunk_id(paper_id, source, day, section, ordinal)
                chunk_lang = lang or language(passage)
                yield Chunk(chunk_id, paper_id, source, day, section, ordinal, chunk_lang, passage, context)


def _is_uninformative(passage: str) -> bool:
    """Return whether every sentence of a passage only states that something is unknown."""
    return is_uninformative(passage) and all(is_uninformative(passage[start:end]) for start, end in sentences(passage))


def chunk_context(title: str, heading: str = "") -> str:
    """Return the context of the chunks of a section, or of an abstract, which has no heading."""
    return " | ".join(part for part in (title, heading) if part)[:_MAX_CONTEXT]


def split(text: str, budget: int, count_tokens: Callable[[str], int]) -> list[tuple[int, int]]:
    """Split a text into spans of at most `budget` tokens, between sentences, or inside one that is longer.

    Spans are in order, do not overlap, and cover all characters except white space and bullets between sentences.
    """
    start = len(text) - len(text.lstrip())
    end = len(text.rstrip())
    if start >= end:
        return []
    if count_tokens(text[start:end]) <= budget:
        return [(start, end)]
    # Spans begin at sentences; a bullet belongs to the sentence after it.
    starts = [start, *(first for first, _ in sentences(text) if start < first < end)]
    starts = sorted({_line_start(text, first, start) for first in starts})
    spans: list[tuple[int, int]] = []
    span_start = start
    for sentence_start, following in zip(starts, [*starts[1:], end], strict=True):
        if sentence_start > span_start and count_tokens(text[span_start:following]) > budget:
            spans.append((span_start, sentence_start))
            span_start = sentence_start
        while count_tokens(text[span_start:following]) > budget:
            cut = _longest_prefix(text, span_start, following, budget, count_tokens)
            spans.append((span_start, cut))
            span_start = cut
    spans.append((span_start, end))
    right_trimmed = ((left, left + len(text[left:right].rstrip())) for left, right in spans)
    return [
        (left + len(text[left:right]) - len(text[left:right].lstrip()), right)
        for left, right in right_trimmed
        if left < right
    ]


def _line_start(text: str, at: int, floor: int) -> int:
    """Return the start of the line if there is only a bullet between it and `at`, else `at`."""
    start = max(floor, text.rfind("\n", max(floor, at - _MAX_BULLET), at) + 1)
    bullet = text[start:at]
    is_line_start = start == floor or text[start - 1] == "\n"
    return start if is_line_start and len(bullet) <= _MAX_BULLET and not any(map(str.isalpha, bullet)) else at


def _longest_prefix(text: str, start: int, end: int, budget: int, count_tokens: Callable[[str], int]) -> int:
    """Return the end of the longest span within the budget, cut at white space if its second half has any."""
    low, high = start + 1, min(end, start + 8 * budget)
    while low < high:
        middle = (low + high + 1) // 2
        if count_tokens(text[start:middle]) <= budget:
            low = middle
        else:
            high = middle - 1
    space = max(text.rfind(" ", start, low), text.rfind("\n", start, low))
    return space + 1 if low < end and space > start + (low - start) // 2 else low
