"""Claim checking: the figures, names and key sentences of a summary, each compared with the abstract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ....index.domain.vectors import Matrix
from ....index.facts.entities import find_entities, is_misspelling, word_keys
from .extraction import ExtractedFacts
from .figure_context import FigureMention
from .misquote_model import add_similarity, is_unit_misquote
from .similarity import MIN_SIMILARITY, best_matches

Outcome = Literal["supported", "contradicted", "not_checkable"]

_MAX_QUOTE = 200  # characters of a sentence of the abstract


@dataclass(frozen=True, slots=True)
class CheckedClaim:
    """A claim of a summary, compared with the abstract.

    Attributes:
        outcome: supported, contradicted, or not checkable because the abstract does not cover it.
        code: "number", "unit", "name" or "meaning".
        start, end: its span in the entry's body.
        against: the text of the abstract.
        message: the outcome on one line.
    """

    outcome: Outcome
    code: str
    start: int
    end: int
    against: str = ""
    message: str = ""


def check_figures(facts: ExtractedFacts, vectors: Mapping[str, Matrix]) -> Iterator[CheckedClaim]:
    """Yield a claim for each figure of a summary: quoted from the abstract, misquoted, or not in it.

    Args:
        facts: the facts of the summary and its abstract.
        vectors: the centered vector (d,) of each of their sentences.
    """
    for claim, stated in facts.supported:
        message = f"the abstract has it too: {claim.text} = {stated.text}"
        yield CheckedClaim("supported", "number", *_span(claim), stated.text, message)
    for claim, candidates in facts.unsupported:
        misquoted = _misquoted_figure(claim, candidates, facts, vectors)
        if misquoted is None:
            yield CheckedClaim("not_checkable", "number", *_span(claim))
            continue
        code = "unit" if is_unit_misquote(claim, misquoted) else "number"
        message = f"the summary has {claim.text}, the abstract {misquoted.text}"
        yield CheckedClaim("contradicted", code, *_span(claim), _excerpt(misquoted), message)
    yield from (CheckedClaim("not_checkable", "number", 0, 0) for _ in range(facts.uncheckable))


def _misquoted_figure(
    claim: FigureMention,
    candidates: Sequence[tuple[FigureMention, float]],
    facts: ExtractedFacts,
    vectors: Mapping[str, Matrix],
) -> FigureMention | None:
    """Return the figure of the abstract that a claim misquotes; None if there is none."""
    vector = vectors[claim.sentence.text]
    cosines = {sentence.text: float(vector @ vectors[sentence.text]) for sentence in facts.abstract}
    max_cosine = max(cosines.values())
    scored = [
        (add_similarity(score, cosines[figure.sentence.text], max_cosine), figure) for figure, score in candidates
    ]
    score, figure = max(scored, key=lambda pair: pair[0])
    return figure if score > 0 else None


def check_sentences(facts: ExtractedFacts, vectors: Mapping[str, Matrix]) -> Iterator[CheckedClaim]:
    """Yield a claim for each key sentence of a summary: similar to a sentence of the abstract, or not checkable.

    Similarity cannot detect contradictions.

    Args:
        facts: the facts of the summary and its abstract.
        vectors: the centered vector (d,) of each of their sentences.
    """
    if not facts.key_sentences or not facts.abstract:
        return
    summary = np.stack([vectors[sentence.text] for sentence in facts.key_sentences])
    abstract = np.stack([vectors[sentence.text] for sentence in facts.abstract])
    for sentence, match, cosine in zip(facts.key_sentences, *best_matches(summary, abstract), strict=True):
        if cosine < MIN_SIMILARITY:
            yield CheckedClaim("not_checkable", "meaning", sentence.start, sentence.end)
        else:
            against, message = facts.abstract[match].text[:_MAX_QUOTE], "the abstract has a similar sentence"
            yield CheckedClaim("supported", "meaning", sentence.start, sentence.end, against, message)


def _span(claim: FigureMention) -> tuple[int, int]:
    start = claim.sentence.start
    return start + claim.figure.start, start + claim.figure.end


def _excerpt(mention: FigureMention) -> str:
    """Return the sentence of a figure, cut around the figure if it is long."""
    text, middle = mention.sentence.text, mention.figure.start
    start = max(0, min(middle - _MAX_QUOTE // 2, len(text) - _MAX_QUOTE))
    return text[start : start + _MAX_QUOTE]


def check_names(text: str, title: str, abstract: str) -> Iterator[CheckedClaim]:
    """Yield a claim for each name in a summary, once: in the title or abstract, a misspelling of one there, or neither.

    Only names in the title that the summary lacks are considered misspelled.
    """
    source_keys = word_keys(f"{title}\n{abstract}")
    names = {name.key: name for name in reversed(find_entities(text))}
    missing_names = [name for name in find_entities(title) if name.key not in names]
    for name in sorted(names.values(), key=lambda name: name.start):
        written = text[name.start : name.end]
        if name.key in source_keys:
            message = f"the abstract has the name {written} too"
            yield CheckedClaim("supported", "name", name.start, name.end, written, message)
        elif original := next((candidate for candidate in missing_names if is_misspelling(name, candidate)), None):
            correct = title[original.start : original.end]
            message = f"the summary has {written}, the paper {correct}"
            yield CheckedClaim("contradicted", "name", name.start, name.end, correct, message)
        else:
            yield CheckedClaim("not_checkable", "name", name.start, name.end)
