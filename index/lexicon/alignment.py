"""Lexicon learning: word alignment of papers that an index holds in both languages.

A Korean and an English term that occur in the same papers more often than chance allows are translation candidates.
Dunning's log-likelihood ratio (1993) selects the candidates; IBM Model 1 (Brown et al. 1993), initialized with the
ratios and restricted to the candidates, distributes every English term over the Korean terms of its paper, so that
indirect associations are explained away. Nothing is learned from questions.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..domain.translations import Translation
from .lexicon import Lexicon, TranslationTable

MIN_PAIRS = 20
"""Fewer papers in both languages teach nothing: at 10 the gain in R@10 is within the noise."""
MAX_PAIRS = 4_000
"""The newest papers are learned from; more cost time and add little."""

_MIN_COOCCURRENCES, _MIN_LLR = 2, 6.0
_MAX_TRANSLATIONS, _MIN_RELATIVE_SCORE = 8, 0.4  # per term; the score relative to that of the best translation
_EM_ITERATIONS = 5
_NULL_PROBABILITY = 0.0025  # that an English term translates no Korean term

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class ParallelText:
    """Terms of one text in both languages; Korean ones include bigrams joined by a space."""

    korean: frozenset[str]
    english: frozenset[str]


@dataclass(frozen=True, slots=True)
class Associations:
    """Korean-English term pairs that co-occur more often than chance allows.

    Attributes:
        terms: all terms; the arrays below refer to them by position.
        korean, english: int64 (pairs,), the terms of each pair.
        llr: float64 (pairs,), log-likelihood ratios.
        cooccurrences: float64 (pairs,), number of papers and glosses with both terms.
        papers, pair_of: int64 (occurrences,), a paper and a pair that co-occurs in it.
    """

    terms: list[str]
    korean: Ints
    english: Ints
    llr: Floats
    cooccurrences: Floats
    papers: Ints
    pair_of: Ints


class _Candidates(NamedTuple):
    """Associations of one Korean term: its English terms, and their occurrences in papers."""

    korean: int
    english: Ints
    llr: Floats
    cooccurrences: Ints
    papers: Ints
    occurring: Ints


def learn_lexicon(
    papers: Sequence[ParallelText],
    glosses: Sequence[ParallelText] = (),
    glossary: Sequence[ParallelText] = (),
    max_papers: int = MAX_PAIRS,
) -> Lexicon:
    """Learn a lexicon from papers in both languages.

    Args:
        papers: papers, oldest first; fewer than `MIN_PAIRS` give an empty lexicon.
        glosses: Korean phrases with the English that follows them in parentheses, oldest first.
        glossary: known translations; they claim their English terms, but add none that no paper or gloss contains.
        max_papers: how many of the newest papers to learn from.
    """
    papers = papers[-max_papers:]
    if len(papers) < MIN_PAIRS:
        return Lexicon(len(papers), {}, {})
    associations = associate(papers, glosses, glossary)
    scores = np.sqrt(translation_probabilities(associations) * associations.llr)
    return Lexicon(
        len(papers),
        _table(associations.korean, associations.english, scores, associations),
        _table(associations.english, associations.korean, scores, associations),
    )


def associate(
    papers: Sequence[ParallelText], glosses: Sequence[ParallelText] = (), glossary: Sequence[ParallelText] = ()
) -> Associations:
    """Return the term pairs that co-occur at least twice with a log-likelihood ratio above 6.

    Papers, glosses and the glossary are separate samples with chance levels of their own; their ratios add up. A pair
    must occur in a paper or a gloss.
    """
    samples = papers, glosses, glossary
    texts = [text for sample in samples for text in sample]
    numbers: dict[str, int] = {}
    english = [
        np.array(sorted(numbers.setdefault(term, len(numbers)) for term in sorted(text.english)), np.int64)
        for text in texts
    ]
    english_terms = len(numbers)  # English terms have the lower numbers
    texts_of: defaultdict[str, list[int]] = defaultdict(list)
    for at, text in enumerate(texts):
        for term in text.korean:
            texts_of[term].append(at)
    sizes = [len(sample) for sample in samples]
    bounds = [0, *accumulate(sizes)]
    totals = [_term_counts(english[start:end], english_terms) for start, end in pairwise(bounds)]
    candidates: list[_Candidates] = []
    for term in sorted(texts_of):
        containing = texts_of[term]
        if len(containing) < _MIN_COOCCURRENCES:
            continue
        cuts = [bisect_left(containing, bound) for bound in bounds]
        parts = [containing[start:end] for start, end in pairwise(cuts)]
        counts = [_term_counts([english[at] for at in part], english_terms) for part in parts]
        cooccurrences = counts[0] + counts[1]  # of papers and glosses
        likely = np.flatnonzero((cooccurrences > 0) & (sum(counts) >= _MIN_COOCCURRENCES))
        llr = np.zeros(len(likely))
        for count, part, total, size in zip(counts, parts, totals, sizes, strict=True):
            llr += _attraction(count[likely], len(part), total[likely], size)
        likely, llr = likely[llr > _MIN_LLR], llr[llr > _MIN_LLR]
        if len(likely):
            words = np.concatenate([english[at] for at in containing])
            inside = np.isin(words, likely)
            where = np.repeat(containing, [len(english[at]) for at in containing])[inside]
            number = numbers.setdefault(term, len(numbers))
            candidates.append(_Candidates(number, likely, llr, cooccurrences[likely], where, words[inside]))
    return _joined(list(numbers), candidates)


def log_likelihood_ratio(together: Any, korean: Any, english: Any, n: int) -> Floats:
    """Return twice the log-likelihood ratio of dependence against independence in 2 by 2 tables (Dunning 1993).

    Args:
        together: number of texts that contain both terms, (m,).
        korean: number of texts that contain the Korean term.
        english: number of texts that contain each English term, (m,).
        n: number of texts.

    Returns:
        float64 (m,), 0 up to rounding where the terms are independent.
    """

    def x_log_x(x: Any) -> Any:
        x = np.asarray(x, float)
        return np.where(x > 0, x * np.log(np.maximum(x, 1e-12)), 0.0)

    cells = x_log_x(together) + x_log_x(korean - together) + x_log_x(english - together)
    cells = cells + x_log_x(n - korean - english + together)
    margins = x_log_x(korean) + x_log_x(english) + x_log_x(n - korean) + x_log_x(n - english)
    return 2 * (cells - margins + x_log_x(n))


def translation_probabilities(associations: Associations) -> Floats:
    """Return P(English term | Korean term) of every pair by expectation maximization (IBM Model 1, Brown et al. 1993).

    Returns:
        float64 (pairs,); the probabilities of a Korean term's pairs sum to 1.
    """
    korean, pair_of, size = associations.korean, associations.pair_of, len(associations.terms)

    def normalized(weights: Any) -> Floats:
        return weights / np.maximum(np.bincount(korean, weights, minlength=size)[korean], 1e-12)

    probabilities = normalized(associations.llr)
    # An occurrence is an English term in a paper, which several Korean terms may explain.
    _, occurrence = np.unique(associations.papers * size + associations.english[pair_of], return_inverse=True)
    for _ in range(_EM_ITERATIONS):
        expected = probabilities[pair_of]
        explained = np.bincount(occurrence, expected) + _NULL_PROBABILITY
        counts = np.bincount(pair_of, expected / explained[occurrence], minlength=len(probabilities))
        probabilities = normalized(counts)
    return probabilities


def _term_counts(texts: Sequence[Ints], terms: int) -> Ints:
    """Return the number of texts that contain each of the first `terms` English terms."""
    return np.bincount(np.concatenate(texts), minlength=terms) if texts else np.zeros(terms, np.int64)


def _attraction(together: Ints, korean: int, english: Ints, n: int) -> Floats:
    """Return the log-likelihood ratio of terms that co-occur more often than chance allows, else 0.

    Terms that avoid each other have a high ratio as well.
    """
    if not n:
        return np.zeros(len(together))
    return np.where(together * n > korean * english, log_likelihood_ratio(together, korean, english, n), 0.0)


def _joined(terms: list[str], candidates: Sequence[_Candidates]) -> Associations:
    starts = np.cumsum([0, *(len(candidate.english) for candidate in candidates)])[:-1]
    pair_of = [
        start + np.searchsorted(candidate.english, candidate.occurring)
        for start, candidate in zip(starts, candidates, strict=True)
    ]

    def column(arrays: Sequence[Any], dtype: Any) -> Any:
        return np.concatenate(arrays).astype(dtype) if arrays else np.zeros(0, dtype)

    return Associations(
        terms,
        column([np.full(len(candidate.english), candidate.korean) for candidate in candidates], np.int64),
        column([candidate.english for candidate in candidates], np.int64),
        column([candidate.llr for candidate in candidates], float),
        column([candidate.cooccurrences for candidate in candidates], float),
        column([candidate.papers for candidate in candidates], np.int64),
        column(pair_of, np.int64),
    )


def _table(sources: Ints, targets: Ints, scores: Floats, associations: Associations) -> TranslationTable:
    """Return the best translations of every source term, weighted by score."""
    terms = associations.terms
    pairs_of: defaultdict[int, list[int]] = defaultdict(list)
    for pair, source in enumerate(sources.tolist()):
        if " " not in terms[targets[pair]]:  # chunks are indexed by single terms: no bigram is a translation
            pairs_of[source].append(pair)
    table: TranslationTable = {}
    for source, pairs in pairs_of.items():
        order = sorted((-float(scores[pair]), terms[targets[pair]], pair) for pair in pairs)
        best = [pair for _, _, pair in order[:_MAX_TRANSLATIONS]]
        best = [pair for pair in best if scores[pair] > _MIN_RELATIVE_SCORE * scores[best[0]]]
        total = sum(scores[pair] for pair in best)
        table[terms[source]] = tuple(
            Translation(
                terms[targets[pair]],
                round(float(scores[pair] / total), 4),
                int(associations.cooccurrences[pair]),
                round(float(associations.llr[pair]), 2),
            )
            for pair in best
        )
    return table
