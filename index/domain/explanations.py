"""Explanations of ranks: what each channel contributes to a paper's score, and which words matched."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one channel contributes to a paper's score.

    Attributes:
        channel: name of the channel.
        rank: the paper's rank among the candidates by this channel alone, from 1; None where it is not a candidate or
            the channel scores it 0.
        value: the channel's score before its weight.
        share: what it adds to the fused score: of channels with the same kind of evidence, all but the best are
            weighted by `SECONDARY_WEIGHT` of `index.retrieval.fusion`.
        chunk_id: the chunk with that score; None where the score is 0.
    """

    channel: str
    rank: int | None
    value: float
    share: float
    chunk_id: str | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a paper has its rank.

    Attributes:
        paper_id: the paper.
        rank: its rank among all candidates of the question, from 1; None where no channel proposed it.
        score: the sum of the channels' shares.
        channels: the contribution of each.
        matched: the question's terms that its chunks contain, each with its share of the question's information.
        translated: the question's terms of which they contain translations, with the translations that match.
        missed: the question's terms of which they contain neither.
    """

    paper_id: str
    rank: int | None
    score: float
    channels: tuple[Contribution, ...]
    matched: dict[str, float]
    translated: dict[str, tuple[str, ...]]
    missed: tuple[str, ...]
