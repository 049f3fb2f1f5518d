"""A summary and its abstract, read for what can be checked, before any sentence is embedded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ....index.analysis.sentences import sentences
from ....index.domain.papers import Entry, Section
from ....index.facts.agreement import Sentence, agrees
from ..refusals.empty_sentences import says_nothing
from .figure_context import Place
from .misquote_model import candidates

_CORE = ("contributions", "motivation", "architecture", "other", "results")  # what abstracts speak of, too
_MOST_CORE = 6  # sentences whose meaning is compared
_SHORTEST = 25  # characters of a sentence that says something
# A summary is a page; what a hostile one has beyond these is not checked.
LONGEST = 30_000
_MOST_FIGURES = 300
_MOST_STATED = 100
_MOST_OPEN = 40
_DIGIT = re.compile(
    r"\d|(?:두|세|네|다섯|여섯|일곱|여덟|아홉|열)\s?(?:개|가지|단계|종|배|명)|\b(?:two|three|four|five|six|seven|eight)"
)


@dataclass(frozen=True, slots=True)
class Draft:
    """What of a summary can be checked, and how far that comes without vectors.

    Attributes:
        summary, abstract: their sentences; the summary's spans are offsets into the entry's body.
        core: the sentences of the summary whose meaning is compared.
        agreed: figures of the summary, each with the abstract's that it repeats.
        open: figures that the abstract lacks, each with the figures of the abstract that it may misstate, and a score.
        unknown: how many figures nothing in the abstract speaks of.
    """

    summary: tuple[Sentence, ...]
    abstract: tuple[Sentence, ...]
    core: tuple[Sentence, ...]
    agreed: tuple[tuple[Place, Place], ...]
    open: tuple[tuple[Place, tuple[tuple[Place, float], ...]], ...]
    unknown: int

    def texts(self) -> Iterator[str]:
        """Every sentence whose vector is asked for."""
        yield from (sentence.text for sentence in self.core)
        yield from (claim.sentence.text for claim, _ in self.open)
        yield from (sentence.text for sentence in self.abstract)


def draft(entry: Entry, title: str, abstract: str) -> Draft:
    """Read a summary against its paper's title and abstract."""
    parts = [(section, sentence) for section, sentence in _read(entry) if not says_nothing(sentence.text)]
    summary = tuple(sentence for _, sentence in parts)
    source = f"{title}\n{abstract}"[:LONGEST]
    stated = tuple(Sentence.parse(source, start, end) for start, end in sentences(source))
    agreed, open_, unknown = _figures(_places(summary, _MOST_FIGURES), _places(stated, _MOST_STATED))
    return Draft(summary, stated, _core(parts), agreed, open_, unknown)


def _read(entry: Entry) -> Iterator[tuple[Section, Sentence]]:
    left = LONGEST
    for section in entry.sections:
        text = entry.body[section.start : min(section.end, section.start + max(0, left))]
        left -= len(text)
        if section.name in _CORE or _DIGIT.search(text):
            for start, end in sentences(text):
                yield section, Sentence.parse(entry.body, section.start + start, section.start + end)


def _core(parts: Sequence[tuple[Section, Sentence]]) -> tuple[Sentence, ...]:
    """The sentences that most likely say what the abstract says: contributions first, the shortest left out."""
    ranked = sorted(
        (_CORE.index(section.name), at)
        for at, (section, sentence) in enumerate(parts)
        if section.name in _CORE and len(sentence.text) >= _SHORTEST
    )
    chosen = ranked[:_MOST_CORE] or [(0, at) for at in range(min(len(parts), _MOST_CORE))]
    return tuple(parts[at][1] for at in sorted(at for _, at in chosen))


def _places(read: Sequence[Sentence], most: int) -> list[Place]:
    return [Place(figure, sentence) for sentence in read for figure in sentence.figures][:most]


def _figures(
    claims: Sequence[Place], stated: Sequence[Place]
) -> tuple[tuple[tuple[Place, Place], ...], tuple[tuple[Place, tuple[tuple[Place, float], ...]], ...], int]:
    agreed: list[tuple[Place, Place]] = []
    open_: list[tuple[Place, tuple[tuple[Place, float], ...]]] = []
    unknown = 0
    for claim in claims:
        same = [place for place in stated if agrees(claim.figure, place.figure)]
        if same:
            agreed.append((claim, same[0]))
            continue
        others = [place for place in claims if place is not claim]
        found = candidates(claim, others, stated) if len(open_) < _MOST_OPEN else []
        if found:
            open_.append((claim, tuple(found)))
        else:
            unknown += 1
    return tuple(agreed), tuple(open_), unknown
