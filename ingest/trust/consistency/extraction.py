"""Extraction of the checkable facts of a summary and its abstract, before any sentence is embedded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ....index.analysis.sentences import sentences
from ....index.domain.papers import Entry, Section
from ....index.facts.agreement import Sentence, agrees
from ..refusals.empty_sentences import is_uninformative
from .figure_context import FigureMention
from .misquote_model import misquote_candidates

_KEY_SECTIONS = ("contributions", "motivation", "architecture", "other", "results")  # those that abstracts cover too
_MAX_KEY_SENTENCES = 6
_MIN_KEY_LENGTH = 25  # characters
# A summary takes a page; what a hostile one has beyond these limits is not checked.
MAX_LENGTH = 30_000
"""Characters of a summary, and of an abstract, that are checked."""
_MAX_CLAIMED_FIGURES = 300
_MAX_STATED_FIGURES = 100
_MAX_UNSUPPORTED = 40
_DIGIT = re.compile(
    r"\d|(?:두|세|네|다섯|여섯|일곱|여덟|아홉|열)\s?(?:개|가지|단계|종|배|명)|\b(?:two|three|four|five|six|seven|eight)"
)


@dataclass(frozen=True, slots=True)
class ExtractedFacts:
    """The checkable facts of a summary, compared with its abstract as far as that takes no vectors.

    Attributes:
        abstract: the sentences of the title and abstract.
        key_sentences: the sentences of the summary to compare with them by meaning; spans in the entry's body.
        supported: figures of the summary, each with the figure of the abstract that it agrees with.
        unsupported: figures that the abstract lacks, each with those of the abstract that it may misquote, and their
            scores.
        uncheckable: number of figures without either.
    """

    abstract: tuple[Sentence, ...]
    key_sentences: tuple[Sentence, ...]
    supported: tuple[tuple[FigureMention, FigureMention], ...]
    unsupported: tuple[tuple[FigureMention, tuple[tuple[FigureMention, float], ...]], ...]
    uncheckable: int

    def texts(self) -> Iterator[str]:
        """Yield every sentence to embed."""
        yield from (sentence.text for sentence in self.key_sentences)
        yield from (claim.sentence.text for claim, _ in self.unsupported)
        yield from (sentence.text for sentence in self.abstract)


def extract_facts(entry: Entry, title: str, abstract: str) -> ExtractedFacts:
    """Extract the checkable facts of a summary and of its paper's title and abstract."""
    located = [(section, sentence) for section, sentence in _sentences(entry) if not is_uninformative(sentence.text)]
    source = f"{title}\n{abstract}"[:MAX_LENGTH]
    source_sentences = tuple(Sentence.parse(source, start, end) for start, end in sentences(source))
    claims = _figure_mentions([sentence for _, sentence in located], _MAX_CLAIMED_FIGURES)
    stated = _figure_mentions(source_sentences, _MAX_STATED_FIGURES)
    return ExtractedFacts(source_sentences, _key_sentences(located), *_compare_figures(claims, stated))


def _sentences(entry: Entry) -> Iterator[tuple[Section, Sentence]]:
    """Yield the sentences of sections that are key or have figures."""
    remaining = MAX_LENGTH
    for section in entry.sections:
        text = entry.body[section.start : min(section.end, section.start + max(0, remaining))]
        remaining -= len(text)
        if section.name in _KEY_SECTIONS or _DIGIT.search(text):
            for start, end in sentences(text):
                yield section, Sentence.parse(entry.body, section.start + start, section.start + end)


def _key_sentences(located: Sequence[tuple[Section, Sentence]]) -> tuple[Sentence, ...]:
    """Return the sentences that the abstract most likely has too: contributions first, without very short ones."""
    ranked = sorted(
        (_KEY_SECTIONS.index(section.name), at)
        for at, (section, sentence) in enumerate(located)
        if section.name in _KEY_SECTIONS and len(sentence.text) >= _MIN_KEY_LENGTH
    )
    selected = ranked[:_MAX_KEY_SENTENCES] or [(0, at) for at in range(min(len(located), _MAX_KEY_SENTENCES))]
    return tuple(located[at][1] for at in sorted(at for _, at in selected))


def _figure_mentions(in_sentences: Sequence[Sentence], limit: int) -> list[FigureMention]:
    return [FigureMention(figure, sentence) for sentence in in_sentences for figure in sentence.figures][:limit]


def _compare_figures(
    claims: Sequence[FigureMention], stated: Sequence[FigureMention]
) -> tuple[
    tuple[tuple[FigureMention, FigureMention], ...],
    tuple[tuple[FigureMention, tuple[tuple[FigureMention, float], ...]], ...],
    int,
]:
    """Return the supported, the unsupported and the number of uncheckable claims; see `ExtractedFacts`."""
    supported: list[tuple[FigureMention, FigureMention]] = []
    unsupported: list[tuple[FigureMention, tuple[tuple[FigureMention, float], ...]]] = []
    uncheckable = 0
    for claim in claims:
        agreeing = [mention for mention in stated if agrees(claim.figure, mention.figure)]
        if agreeing:
            supported.append((claim, agreeing[0]))
            continue
        other_claims = [mention for mention in claims if mention is not claim]
        within_limit = len(unsupported) < _MAX_UNSUPPORTED
        candidates = misquote_candidates(claim, other_claims, stated) if within_limit else []
        if candidates:
            unsupported.append((claim, tuple(candidates)))
        else:
            uncheckable += 1
    return tuple(supported), tuple(unsupported), uncheckable
