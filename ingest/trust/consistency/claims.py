"""What a summary claims, claim by claim: figures, names and meaning, each held against the abstract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ....index.embeddings.base import Matrix
from ....index.facts.entities import find_entities, is_misspelling, word_keys
from .extraction import Draft
from .figure_context import Place
from .misquote_model import slip_of, with_nearness
from .similarity import NEAR, best_matches

Outcome = Literal["supported", "contradicted", "not_checkable"]

_QUOTE = 200  # characters of an abstract's sentence


@dataclass(frozen=True, slots=True)
class Claim:
    """One thing that a summary says, held against the abstract.

    Attributes:
        outcome: supported, contradicted, or not checkable: the abstract does not speak of it.
        code: "number", "unit", "name" or "meaning".
        start, end: its span in the entry's body.
        against: the abstract's words.
        message: one line for a reader.
    """

    outcome: Outcome
    code: str
    start: int
    end: int
    against: str = ""
    message: str = ""


def figure_claims(read: Draft, vectors: Mapping[str, Matrix]) -> Iterator[Claim]:
    """Every figure of a summary: repeated from the abstract, misstated, or not in it."""
    for claim, stated in read.agreed:
        message = f"the abstract has it, too: {claim.words} = {stated.words}"
        yield Claim("supported", "number", *_span(claim), stated.words, message)
    for claim, found in read.open:
        wrong = _misstated(claim, found, read, vectors)
        if wrong is None:
            yield Claim("not_checkable", "number", *_span(claim))
            continue
        code = "unit" if slip_of(claim, wrong) else "number"
        message = f"the summary says {claim.words}, the abstract {wrong.words}"
        yield Claim("contradicted", code, *_span(claim), _around(wrong), message)
    yield from (Claim("not_checkable", "number", 0, 0) for _ in range(read.unknown))


def _misstated(
    claim: Place, found: Sequence[tuple[Place, float]], read: Draft, vectors: Mapping[str, Matrix]
) -> Place | None:
    """The figure of the abstract that a claim misstates, if it does."""
    mine = vectors[claim.sentence.text]
    cosines = {sentence.text: float(mine @ vectors[sentence.text]) for sentence in read.abstract}
    best = max(cosines.values())
    scored = [(with_nearness(score, cosines[place.sentence.text], best), place) for place, score in found]
    score, place = max(scored, key=lambda pair: pair[0])
    return place if score > 0 else None


def meaning_claims(read: Draft, vectors: Mapping[str, Matrix]) -> Iterator[Claim]:
    """The summary's main sentences: near a sentence of the abstract, or not. Nearness cannot tell a contradiction."""
    if not read.core or not read.abstract:
        return
    summary, abstract = (np.stack([vectors[sentence.text] for sentence in part]) for part in (read.core, read.abstract))
    for sentence, at, cosine in zip(read.core, *best_matches(summary, abstract), strict=True):
        if cosine < NEAR:
            yield Claim("not_checkable", "meaning", sentence.start, sentence.end)
        else:
            message = "the abstract says the like"
            yield Claim("supported", "meaning", sentence.start, sentence.end, read.abstract[at].text[:_QUOTE], message)


def _span(claim: Place) -> tuple[int, int]:
    start = claim.sentence.start
    return start + claim.figure.start, start + claim.figure.end


def _around(place: Place) -> str:
    """The abstract's words around a figure: its sentence, or as much of it as a line holds."""
    text, middle = place.sentence.text, place.figure.start
    start = max(0, min(middle - _QUOTE // 2, len(text) - _QUOTE))
    return text[start : start + _QUOTE]


def name_claims(text: str, title: str, abstract: str) -> Iterator[Claim]:
    """Every name in a summary's text, once: in the title or abstract, the paper's own misspelled, or neither."""
    known = word_keys(f"{title}\n{abstract}")
    found = {name.key: name for name in reversed(find_entities(text))}
    coined = [name for name in find_entities(title) if name.key not in found]
    for name in sorted(found.values(), key=lambda name: name.start):
        if name.key in known:
            message = f"the abstract names {text[name.start : name.end]}, too"
            yield Claim("supported", "name", name.start, name.end, text[name.start : name.end], message)
        elif right := next((own for own in coined if is_misspelling(name, own)), None):
            own = title[right.start : right.end]
            message = f"the summary says {text[name.start : name.end]}, the paper {own}"
            yield Claim("contradicted", "name", name.start, name.end, own, message)
        else:
            yield Claim("not_checkable", "name", name.start, name.end)
