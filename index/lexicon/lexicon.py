"""The Korean-English lexicon: what is learned from papers that the index holds in both languages.

A Korean term and an English one that stand in the same papers more often than chance allows translate each other, as
far as no better pair explains it: Dunning's log-likelihood ratio (1993) says which pairs count, IBM Model 1 (Brown et
al. 1993), started from it and confined to those pairs, shares every English term out among the Korean ones. Nothing is
learned from questions.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..analysis.analyzer import has_hangul

FEWEST_PAIRS = 20
"""Below this many papers with both languages nothing is learned: at 10 the gain in R@10 is within the noise."""
# A lexicon of few pairs holds more chance and deserves less weight. The best weight beside vectors was .25 to .5 with
# 20 and 30 pairs, .5 with 47, .5 to 1 with 80 and 160, 1 with 350: pairs / (pairs + 60) rises like that.
_HALF_TRUSTED = 60
_MOST_PAIRS = 4_000  # the newest; more cost time and add little
_LEAST_TOGETHER, _LEAST_LLR = 2, 6.0
_BEST, _SHARE = 8, 0.4  # translations of a term: how many, and at least this share of the best one's score
_ROUNDS, _NULL = 5, 0.0025  # of expectation maximisation; what an English term owes to no Korean one

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pair:
    """A paper in both languages: its Korean terms (single ones, and two in a row with a space) and its English ones."""

    korean: frozenset[str]
    english: frozenset[str]


@dataclass(frozen=True, slots=True)
class Translation:
    """A translation with its evidence.

    Attributes:
        term: in the other language.
        weight: its share among the translations of the same term; they sum to one.
        together: papers that hold both, and glosses.
        llr: log-likelihood ratio of their association.
        given: whether the glossary has it, as nonmun brings it along.
    """

    term: str
    weight: float
    together: int
    llr: float
    given: bool = False


Table = dict[str, tuple[Translation, ...]]


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Translations: what was learned, and where a glossary was added to it, what that has.

    Attributes:
        pairs: papers that it was learned from.
        to_english: translations of Korean terms.
        to_korean: translations of English terms.
    """

    pairs: int
    to_english: Table
    to_korean: Table

    def __bool__(self) -> bool:
        return bool(self.to_english)

    @property
    def reliability(self) -> float:
        """How far to trust it, from 0 to 1, for the number of papers that it was learned from."""
        return self.pairs / (self.pairs + _HALF_TRUSTED)

    def trust(self, translations: Iterable[Translation]) -> float:
        """How far to trust the translations of a term: what the glossary has is beyond doubt."""
        return 1.0 if any(one.given for one in translations) else self.reliability

    @classmethod
    def learn(cls, pairs: Sequence[Pair], glosses: Sequence[Pair] = (), taught: Sequence[Pair] = ()) -> Lexicon:
        """Learn from papers in both languages, and from what is known to mean the same.

        Args:
            pairs: papers, oldest first; fewer than `FEWEST_PAIRS` teach nothing.
            glosses: Korean words with the English ones that stand in parentheses behind them, oldest first.
            taught: what a glossary has; only words that stand together in papers or glosses learn from it.
        """
        pairs = pairs[-_MOST_PAIRS:]
        if len(pairs) < FEWEST_PAIRS:
            return cls(len(pairs), {}, {})
        found = _associated(pairs, glosses, taught)
        shares = _model_one(found)
        scores = np.sqrt(shares * found.llr)
        return cls(
            len(pairs),
            _table(found.korean, found.english, found.terms, scores, found),
            _table(found.english, found.korean, found.terms, scores, found),
        )

    def translate(self, terms: Iterable[str]) -> dict[str, tuple[Translation, ...]]:
        """Translations of terms, and of every two Korean ones in a row; none for those it does not know."""
        both = self.to_english | self.to_korean
        asked = list(terms)
        korean = with_bigrams([term for term in asked if has_hangul(term)])
        found = {term: both.get(term, ()) for term in dict.fromkeys([*asked, *korean])}
        # Two nouns in a row stand for themselves; written as one, they are mostly no word of their own.
        return {term: one for term, one in found.items() if one or not is_compound(term, set(asked))}

    def as_json(self) -> dict[str, Any]:
        """What `from_json` makes it from again."""

        def plain(table: Table) -> dict[str, list[list[Any]]]:
            return {term: [list(astuple(one)) for one in found] for term, found in table.items()}

        return {"pairs": self.pairs, "to_english": plain(self.to_english), "to_korean": plain(self.to_korean)}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Lexicon:
        """A lexicon from what `as_json` gave."""

        def read(table: Mapping[str, Any]) -> Table:
            return {term: tuple(Translation(*one) for one in found) for term, found in table.items()}

        return cls(record["pairs"], read(record["to_english"]), read(record["to_korean"]))


def with_bigrams(terms: Sequence[str]) -> list[str]:
    """Terms, and every two in a row joined by a space: 이상, 탐지, 이상 탐지. Compounds (이상탐지) are left out.

    They come last, as `korean.terms` has them.
    """
    held, end = set(terms), len(terms)
    while end and is_compound(terms[end - 1], held):
        end -= 1
    return [*terms[:end], *(f"{one} {other}" for one, other in pairwise(terms[:end]))]


def is_compound(term: str, held: Collection[str]) -> bool:
    """Whether a term is two others written as one."""
    return any(term[:at] in held and term[at:] in held for at in range(1, len(term)))


@dataclass(frozen=True, slots=True)
class _Associated:
    """Pairs of terms that stand together more often than chance allows.

    Attributes:
        terms: Korean and English terms, each by its number.
        korean, english: int64 (m,), the numbers of each pair.
        llr, together: float64 (m,).
        papers, pair_of: int64 (k,), every paper in which a pair stands together, and which pair it is.
    """

    terms: list[str]
    korean: Any
    english: Any
    llr: Floats
    together: Floats
    papers: Any
    pair_of: Any


def _associated(pairs: Sequence[Pair], glosses: Sequence[Pair], taught: Sequence[Pair] = ()) -> _Associated:
    numbers: dict[str, int] = {}
    samples = pairs, glosses, taught  # with chances of their own: their evidence adds up
    both = [pair for sample in samples for pair in sample]
    english = [
        np.array(sorted(numbers.setdefault(term, len(numbers)) for term in sorted(one.english)), np.int64)
        for one in both
    ]
    limit = len(numbers)  # English terms have the lower numbers
    papers_of: defaultdict[str, list[int]] = defaultdict(list)
    for at, one in enumerate(both):
        for term in one.korean:
            papers_of[term].append(at)
    sizes = [len(sample) for sample in samples]
    borders = [0, *accumulate(sizes)]
    held = [_counts(english[start:end], limit) for start, end in pairwise(borders)]
    kept: list[tuple[Any, ...]] = []
    for term in sorted(papers_of):
        places = papers_of[term]
        if len(places) < _LEAST_TOGETHER:
            continue
        cuts = [bisect_left(places, border) for border in borders]
        parts = [places[start:end] for start, end in pairwise(cuts)]
        counts = [_counts([english[at] for at in part], limit) for part in parts]
        together = counts[0] + counts[1]
        likely = np.flatnonzero((together > 0) & (sum(counts) >= _LEAST_TOGETHER))
        llr = np.zeros(len(likely))
        for count, part, everywhere, n in zip(counts, parts, held, sizes, strict=True):
            llr += _evidence(count[likely], len(part), everywhere[likely], n)
        likely, llr = likely[llr > _LEAST_LLR], llr[llr > _LEAST_LLR]
        if len(likely):
            number = numbers.setdefault(term, len(numbers))
            words = np.concatenate([english[at] for at in places])
            inside = np.isin(words, likely)
            where = np.repeat(places, [len(english[at]) for at in places])[inside]
            kept.append((np.full(len(likely), number), likely, llr, together[likely], where, words[inside]))
    return _joined(list(numbers), kept)


def _counts(held: Sequence[Any], limit: int) -> Any:
    """In how many of some papers each English term stands."""
    return np.bincount(np.concatenate(held), minlength=limit) if held else np.zeros(limit, np.int64)


def _evidence(together: Any, korean: int, english: Any, n: int) -> Floats:
    """The log-likelihood ratio where two terms stand together more often than chance allows, else 0."""
    if not n:
        return np.zeros(len(together))
    return np.where(together * n > korean * english, _log_likelihood(together, korean, english, n), 0.0)


def _joined(terms: list[str], kept: list[tuple[Any, ...]]) -> _Associated:
    starts = np.cumsum([0, *(len(one[0]) for one in kept)])
    pair_of = [start + np.searchsorted(one[1], one[5]) for start, one in zip(starts, kept, strict=False)]

    def column(at: int, kind: Any) -> Any:
        return np.concatenate([one[at] for one in kept]).astype(kind) if kept else np.zeros(0, kind)

    joined = np.concatenate(pair_of).astype(np.int64) if kept else np.zeros(0, np.int64)
    return _Associated(
        terms, column(0, np.int64), column(1, np.int64), column(2, float), column(3, float), column(4, np.int64), joined
    )


def _log_likelihood(together: Any, korean: int, english: Any, n: int) -> Floats:
    """Dunning 1993: twice the log-likelihood ratio of dependence against independence, from a 2 by 2 table."""

    def weighed(x: Any) -> Any:
        x = np.asarray(x, float)
        return np.where(x > 0, x * np.log(np.maximum(x, 1e-12)), 0.0)

    cells = weighed(together) + weighed(korean - together) + weighed(english - together)
    cells = cells + weighed(n - korean - english + together)
    margins = weighed(korean) + weighed(english) + weighed(n - korean) + weighed(n - english)
    return 2 * (cells - margins + weighed(n))


def _model_one(found: _Associated) -> Floats:
    """Probability of an English term given a Korean one, float64 (m,), by expectation maximisation."""
    size = len(found.terms)
    shares = found.llr / np.maximum(np.bincount(found.korean, found.llr, minlength=size)[found.korean], 1e-12)
    # An occurrence: an English term in a paper, which several Korean terms may explain.
    _, occurrence = np.unique(found.papers * size + found.english[found.pair_of], return_inverse=True)
    for _ in range(_ROUNDS):
        drawn = shares[found.pair_of]
        explained = np.bincount(occurrence, drawn) + _NULL
        counts = np.bincount(found.pair_of, drawn / explained[occurrence], minlength=len(shares))
        shares = counts / np.maximum(np.bincount(found.korean, counts, minlength=size)[found.korean], 1e-12)
    return shares


def _table(of: Any, to: Any, terms: list[str], scores: Floats, found: _Associated) -> Table:
    groups: defaultdict[int, list[int]] = defaultdict(list)
    for at, number in enumerate(of.tolist()):
        if " " not in terms[to[at]]:  # chunks are indexed by single terms
            groups[number].append(at)
    table: dict[str, tuple[Translation, ...]] = {}
    for number, members in groups.items():
        order = sorted((-float(scores[at]), terms[to[at]], at) for at in members)
        ranked = [at for _, _, at in order[:_BEST]]
        ranked = [at for at in ranked if scores[at] > _SHARE * scores[ranked[0]]]
        total = sum(scores[at] for at in ranked)
        table[terms[number]] = tuple(
            Translation(
                terms[to[at]],
                round(float(scores[at] / total), 4),
                int(found.together[at]),
                round(float(found.llr[at]), 2),
            )
            for at in ranked
        )
    return table
