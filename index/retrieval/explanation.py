"""Why a paper stands where it stands: what each channel says of it, and by which words."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from ..analysis.weighted_terms import WeightedTerms
from .fusion import SECOND, Ranked, Scored, SearchConfig


@dataclass(frozen=True, slots=True)
class Words:
    """A question's words: the information that each carries, the terms that it may stand for, and its translations."""

    weights: Mapping[str, float]
    meant: Sequence[WeightedTerms]
    groups: Sequence[WeightedTerms]


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one channel adds to a paper's score.

    Attributes:
        channel: "dense", "lexical" or "lexicon".
        rank: the paper's place among the candidates by this channel alone, from 1; None where it is not among them.
        value: what the channel says, before its weight.
        share: what it adds to the paper's score; of the two channels that read words, the one that says less adds only
            `ranking.SECOND` of what it says.
        chunk_id: the chunk that it says so of; None where the channel says nothing of the paper.
    """

    channel: str
    rank: int | None
    value: float
    share: float
    chunk_id: str | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a paper stands where it stands.

    Attributes:
        rank: its place among all candidates of the question, from 1; None where no channel named it.
        score: the sum of the channels' shares.
        channels: what each of them says.
        matched: the question's terms that its chunks hold, each with its share of the question's information.
        translated: the question's terms that they hold a translation of, with the translations found.
        missed: the question's terms that they hold neither of.
    """

    paper_id: str
    rank: int | None
    score: float
    channels: tuple[Contribution, ...]
    matched: dict[str, float]
    translated: dict[str, tuple[str, ...]]
    missed: tuple[str, ...]


def explained(
    paper: Ranked, held: Collection[str], order: Sequence[Ranked], channels: Words, ranking: SearchConfig
) -> Explanation:
    """Explain a paper.

    Args:
        paper: the paper with its chunks.
        held: the index terms of its chunks.
        order: all candidates of the question, best first.
        channels: what the question's words are worth, and what they translate to.
        ranking: how they were ranked.
    """
    places = {one.paper_id: place for place, one in enumerate(order, start=1)}
    scale = sum(channels.weights.values()) or 1.0
    weights = {term: round(weight / scale, 4) for term, weight in channels.weights.items()}
    crossed = {
        group.name: tuple(term for term in group.terms if term in held) for group in channels.groups if paper.lexicon
    }
    said = {group.name for group in channels.meant if any(term in held for term in group.terms)}
    matched = {term: weight for term, weight in weights.items() if term in said}
    translated = {name: found for name, found in crossed.items() if found and name not in matched}
    known = {word for name in translated for word in name.split()}  # two words in a row are translated as one
    by_words = ranking.lexical_weight * paper.lexical >= ranking.lexicon_weight * paper.lexicon
    first, second = (1.0, SECOND) if by_words else (SECOND, 1.0)
    return Explanation(
        paper.paper_id,
        places.get(paper.paper_id),
        round(paper.score, 6),
        (
            _contribution("dense", paper, order, lambda item: item.near, 1.0),
            _contribution("lexical", paper, order, lambda item: item.lexical, first * ranking.lexical_weight),
            _contribution("lexicon", paper, order, lambda item: item.lexicon, second * ranking.lexicon_weight),
        ),
        matched,
        translated,
        tuple(term for term in weights if term not in matched and term not in known),
    )


def _contribution(
    channel: str, paper: Ranked, order: Sequence[Ranked], value: Callable[[Scored], float], weight: float
) -> Contribution:
    best = max(paper.chunks, key=value)
    said = value(best)
    tops = {one.paper_id: max(value(item) for item in one.chunks) for one in order}
    place = 1 + sum(other > said for other in tops.values()) if paper.paper_id in tops and said else None
    return Contribution(channel, place, round(said, 6), round(weight * said, 6), best.spot.chunk_id if said else None)
