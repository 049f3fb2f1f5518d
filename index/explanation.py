"""Why a paper stands where it stands: what each channel says of it, and by which words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from .lexical import Lexical
from .ranking import Ranked, Ranking, Scored


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one channel adds to a paper's score.

    Attributes:
        channel: "dense" or "lexical".
        rank: the paper's place among the candidates by this channel alone, from 1; None where it is not among them.
        value: what the channel says, before its weight.
        share: what it adds to the paper's score.
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
        missed: the question's terms that they do not hold.
    """

    paper_id: str
    rank: int | None
    score: float
    channels: tuple[Contribution, ...]
    matched: dict[str, float]
    missed: tuple[str, ...]


def explained(paper: Ranked, order: Sequence[Ranked], lexical: Lexical, ranking: Ranking) -> Explanation:
    """Explain a paper.

    Args:
        paper: the paper with its chunks.
        order: all candidates of the question, best first.
        lexical: the question's lexical channel.
        ranking: how they were ranked.
    """
    places = {one.paper_id: place for place, one in enumerate(order, start=1)}
    found = lexical.matched([item.chunk.chunk_id for item in paper.chunks])
    scale = sum(lexical.weights.values()) or 1.0
    weights = {term: round(weight / scale, 4) for term, weight in lexical.weights.items()}
    return Explanation(
        paper.paper_id,
        places.get(paper.paper_id),
        round(paper.score, 6),
        (
            _contribution("dense", paper, order, lambda item: item.near, 1.0),
            _contribution("lexical", paper, order, lambda item: item.lexical, ranking.lexical_weight),
        ),
        {term: weight for term, weight in weights.items() if term in found},
        tuple(term for term in weights if term not in found),
    )


def _contribution(
    channel: str, paper: Ranked, order: Sequence[Ranked], value: Callable[[Scored], float], weight: float
) -> Contribution:
    best = max(paper.chunks, key=value)
    said = value(best)
    tops = {one.paper_id: max(value(item) for item in one.chunks) for one in order}
    place = 1 + sum(other > said for other in tops.values()) if paper.paper_id in tops and said else None
    return Contribution(channel, place, round(said, 6), round(weight * said, 6), best.chunk.chunk_id if said else None)
