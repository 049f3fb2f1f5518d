"""Which sentences answer: few are read closely, and of those the relevant ones that do not repeat each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ..quotations import Quotation
from ..rendering.markdown import undecorated

Score = Callable[[Sequence[str]], list[float]]
"""How well each of some texts answers the question."""

_NEAR_BEST = 0.75  # a further sentence is quoted when its score is at least this share of the best one
_RELEVANCE = 0.7  # what relevance counts beside novelty: lambda of maximal marginal relevance
_DISTINCT = 0.7  # share of common pairs of letters above which two sentences say the same
_WORDS = 0.5  # what a sentence's own words count beside its chunk's score, before it is read closely
_LABEL = 30  # characters of a bullet's label: "데이터의 한계: ..."
_LEANS = 0.15  # what a sentence loses that says little without the one before it


def shortlist(pool: Sequence[Quotation], weights: Mapping[str, float], count: int) -> list[Quotation]:
    """The sentences most likely to answer, by the question's words in them and by their chunks, in reading order.

    Reading a sentence closely (its vector) takes milliseconds; this takes none.

    Args:
        pool: sentences.
        weights: the information that each term of the question carries.
        count: how many are kept.
    """
    total = sum(weights.values()) or 1.0

    def promise(one: Quotation) -> float:
        text = one.citation.quote.lower()
        joined = text.replace(" ", "")
        held = sum(weight for term, weight in weights.items() if _stem(term) in (text if term.isascii() else joined))
        return one.score + _WORDS * held / total - (_LEANS if one.leans else 0.0)

    kept = sorted(pool, key=lambda one: -promise(one))[:count]
    return [one for one in pool if one in kept]


def _stem(term: str) -> str:
    """A verb's dictionary form ends in 다, its forms in a text do not."""
    return term[:-1] if len(term) > 1 and term.endswith("다") else term


def choose(pool: Sequence[Quotation], scores: Sequence[float], count: int) -> list[Quotation]:
    """The best sentences that do not repeat each other, in reading order.

    Maximal marginal relevance (Carbonell & Goldstein 1998) over scores relative to the best one; how much two sentences
    say the same is the Dice coefficient of their pairs of letters.

    Args:
        pool: sentences.
        scores: how well each of them answers.
        count: how many are taken at most.
    """
    valued = [score - (_LEANS * abs(score) if one.leans else 0.0) for score, one in zip(scores, pool, strict=True)]
    best = max(valued, default=0.0)
    open_ = [(score, one) for score, one in zip(valued, pool, strict=True) if best <= 0 or score >= _NEAR_BEST * best]
    chosen: list[Quotation] = []
    while open_ and len(chosen) < count:
        ranked = [
            (_marginal(score / best if best > 0 else 1.0, one, chosen), at) for at, (score, one) in enumerate(open_)
        ]
        at = max(ranked, key=lambda pair: (pair[0], -pair[1]))[1]
        chosen.append(open_.pop(at)[1])
        open_ = [pair for pair in open_ if alike(pair[1].citation.quote, chosen[-1].citation.quote) <= _DISTINCT]
    return sorted(chosen, key=lambda one: (one.rank, one.citation.start))


def _marginal(relevance: float, one: Quotation, chosen: Sequence[Quotation]) -> float:
    told = max((alike(one.citation.quote, other.citation.quote) for other in chosen), default=0.0)
    return _RELEVANCE * relevance - (1 - _RELEVANCE) * told


def distinct(pool: Sequence[Quotation], count: int) -> list[Quotation]:
    """The first sentences that do not repeat each other, in order; those that lean on another come after all others."""
    chosen: list[Quotation] = []
    for one in sorted(pool, key=lambda one: one.leans):
        if len(chosen) == count:
            break
        if all(alike(one.citation.quote, other.citation.quote) <= _DISTINCT for other in chosen):
            chosen.append(one)
    return [one for one in pool if one in chosen]


def alike(one: str, other: str) -> float:
    """How many pairs of letters two texts share, from 0 to 1 (Dice); 1 where both open with the same label."""
    texts = [undecorated(one), undecorated(other)]
    labels = [text.partition(":")[0] if ":" in text[:_LABEL] else "" for text in texts]
    if labels[0] and labels[0] == labels[1]:
        return 1.0
    pairs = [{words[at : at + 2] for at in range(len(words) - 1)} for words in texts]
    total = len(pairs[0]) + len(pairs[1])
    return 2 * len(pairs[0] & pairs[1]) / total if total else 0.0
