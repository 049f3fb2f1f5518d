"""Sentence selection: shortlist candidates cheaply, then keep relevant sentences that do not repeat each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ..markdown import strip_markdown
from ..quotations import Quotation

SentenceScorer = Callable[[Sequence[str]], list[float]]
"""Scores sentences as answers to the question, higher is better."""

_RELATIVE_SCORE = 0.75  # a further sentence needs at least this share of the best score
_MMR_LAMBDA = 0.7
_DUPLICATE = 0.7  # bigram similarity above which two sentences say the same
_TERM_WEIGHT = 0.5  # of the question's terms in a sentence, relative to the score of its chunk
_LABEL_CHARACTERS = 30  # of a bullet's label: "데이터의 한계: ..."
_ANAPHORA_PENALTY = 0.15


def shortlist(quotations: Sequence[Quotation], weights: Mapping[str, float], count: int) -> list[Quotation]:
    """Return the sentences most likely to answer, by question terms and chunk scores, in reading order.

    Embedding a sentence takes milliseconds; this takes none.

    Args:
        quotations: candidate sentences.
        weights: information content of each question term.
        count: maximum number of sentences.
    """
    total = sum(weights.values()) or 1.0

    def prior(quotation: Quotation) -> float:
        text = quotation.citation.quote.lower()
        unspaced = text.replace(" ", "")
        matched = sum(
            weight for term, weight in weights.items() if _stem(term) in (text if term.isascii() else unspaced)
        )
        penalty = _ANAPHORA_PENALTY if quotation.is_anaphoric else 0.0
        return quotation.score + _TERM_WEIGHT * matched / total - penalty

    best = sorted(quotations, key=prior, reverse=True)[:count]
    return [quotation for quotation in quotations if quotation in best]


def _stem(term: str) -> str:
    """Drop the ending 다 of a verb's dictionary form, which inflected forms lack."""
    return term[:-1] if len(term) > 1 and term.endswith("다") else term


def select_by_mmr(quotations: Sequence[Quotation], scores: Sequence[float], count: int) -> list[Quotation]:
    """Return the best sentences that do not repeat each other, in reading order.

    Maximal marginal relevance (Carbonell & Goldstein 1998) over scores relative to the best one, with the Dice
    coefficient of character bigrams as the similarity of two sentences.

    Args:
        quotations: candidate sentences.
        scores: score of each sentence as an answer.
        count: maximum number of sentences.
    """
    penalized = [
        score - (_ANAPHORA_PENALTY * abs(score) if quotation.is_anaphoric else 0.0)
        for score, quotation in zip(scores, quotations, strict=True)
    ]
    best = max(penalized, default=0.0)
    candidates = [
        (score / best if best > 0 else 1.0, quotation)
        for score, quotation in zip(penalized, quotations, strict=True)
        if best <= 0 or score >= _RELATIVE_SCORE * best
    ]
    selected: list[Quotation] = []
    while candidates and len(selected) < count:
        # max() takes the first of equals.
        index = max(range(len(candidates)), key=lambda at: _marginal_relevance(*candidates[at], selected))
        _, chosen = candidates.pop(index)
        selected.append(chosen)
        candidates = [
            (relevance, quotation)
            for relevance, quotation in candidates
            if bigram_similarity(quotation.citation.quote, chosen.citation.quote) <= _DUPLICATE
        ]
    return sorted(selected, key=lambda quotation: (quotation.rank, quotation.citation.start))


def _marginal_relevance(relevance: float, quotation: Quotation, selected: Sequence[Quotation]) -> float:
    redundancy = max(
        (bigram_similarity(quotation.citation.quote, other.citation.quote) for other in selected), default=0.0
    )
    return _MMR_LAMBDA * relevance - (1 - _MMR_LAMBDA) * redundancy


def select_distinct(quotations: Sequence[Quotation], count: int) -> list[Quotation]:
    """Return the first sentences that do not repeat each other, in order; anaphoric ones only if others are lacking."""
    selected: list[Quotation] = []
    for quotation in sorted(quotations, key=lambda quotation: quotation.is_anaphoric):
        if len(selected) == count:
            break
        if all(bigram_similarity(quotation.citation.quote, other.citation.quote) <= _DUPLICATE for other in selected):
            selected.append(quotation)
    return [quotation for quotation in quotations if quotation in selected]


def bigram_similarity(first: str, second: str) -> float:
    """Return the Dice coefficient of two texts' character bigrams, from 0 to 1; 1 if both begin with the same label."""
    texts = [strip_markdown(first), strip_markdown(second)]
    labels = [text.partition(":")[0] if ":" in text[:_LABEL_CHARACTERS] else "" for text in texts]
    if labels[0] and labels[0] == labels[1]:
        return 1.0
    bigrams = [{text[at : at + 2] for at in range(len(text) - 1)} for text in texts]
    total = len(bigrams[0]) + len(bigrams[1])
    return 2 * len(bigrams[0] & bigrams[1]) / total if total else 0.0
