"""Fusion: one score and one ranking of papers from the scores of the channels."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..domain.chunks import ChunkInfo
from .candidates import Candidates
from .channels import Channel, EvidenceKind
from .config import SearchConfig

ANSWER_WORDS = 0.4
"""Weight of words where relevance is measured: whether a paper answers, and which of its sentences do, is a question
within one language, where words count in full."""
RELEVANCE_WEIGHTS: dict[EvidenceKind, float] = {"vectors": 1.0, "words": ANSWER_WORDS}
"""Weight of each kind of evidence in relevance; kinds of further channels have 1."""
SECTION_BONUS = 0.1
"""What a chunk gains in the section that the question asks about: about the lead of a paper's best chunk over its
third."""
SECONDARY_WEIGHT = 0.4
"""Weight of all but the best of the channels with the same kind of evidence: their sum would rank every paper with
text in both languages before those with text in one, but two channels that agree are stronger evidence than one."""


@dataclass(frozen=True, slots=True)
class ScoredChunk:
    """A chunk with its scores.

    Attributes:
        chunk: the chunk.
        scores: one for each channel, in their order.
        relevance: how well it answers; words of either language count alike.
        section_bonus: `SECTION_BONUS` in the section that the question asks about, otherwise 0.
    """

    chunk: ChunkInfo
    scores: tuple[float, ...]
    relevance: float
    section_bonus: float = 0.0

    @property
    def score(self) -> float:
        """The score that orders the chunks of a paper."""
        return self.relevance + self.section_bonus


@dataclass(frozen=True, slots=True)
class RankedPaper:
    """A paper with its chunks, best first.

    Attributes:
        paper_id: the paper.
        chunks: its candidates.
        scores: for each channel, the best score of any chunk: a paper may be near in one chunk and share words in
            another.
        score: the fused score.
        relevance: how well the paper answers, on a scale that is the same for every question of an index.
    """

    paper_id: str
    chunks: tuple[ScoredChunk, ...]
    scores: tuple[float, ...]
    score: float
    relevance: float


def fuse(scores: Any, channels: Sequence[Channel], config: SearchConfig) -> Any:
    """Return the fused scores: weighted channels add, those with the same kind of evidence by `SECONDARY_WEIGHT`.

    Args:
        scores: float (channels, n).
        channels: the channels, in the order of `scores`.
        config: holds their weights.

    Returns:
        float (n,), of the dtype of `scores`.
    """
    total: Any = np.zeros(scores.shape[1:], scores.dtype)
    for rows in _by_evidence(channels).values():
        weighted = np.sort(np.stack([channels[at].weight(config) * scores[at] for at in rows]), axis=0)
        total = total + weighted[-1]
        for secondary in weighted[-2::-1]:
            total = total + SECONDARY_WEIGHT * secondary
    return total


def relevance(scores: Any, channels: Sequence[Channel]) -> Any:
    """Return how well chunks or papers answer: the sum of the best scores of each kind of evidence, weighted.

    Args:
        scores: float (channels, n), unweighted.
        channels: the channels, in the order of `scores`.

    Returns:
        float (n,), of the dtype of `scores`.
    """
    total: Any = np.zeros(scores.shape[1:], scores.dtype)
    for kind, rows in _by_evidence(channels).items():
        total = total + RELEVANCE_WEIGHTS.get(kind, 1.0) * np.max(scores[rows], axis=0)
    return total


def _by_evidence(channels: Sequence[Channel]) -> dict[EvidenceKind, list[int]]:
    rows: defaultdict[EvidenceKind, list[int]] = defaultdict(list)
    for at, channel in enumerate(channels):
        rows[channel.evidence].append(at)
    return rows


def rank(
    candidates: Candidates,
    channels: Sequence[Channel],
    config: SearchConfig,
    *,
    named: Sequence[str] = (),
    section: str | None = None,
    limit: int | None = None,
) -> list[RankedPaper]:
    """Rank papers by fused score, those that a question names before all others, in its order.

    Args:
        candidates: chunks with their scores.
        channels: the channels, in the order of the scores.
        config: holds their weights.
        named: papers that the question names.
        section: the section that the question asks about.
        limit: number of papers that must be right from the top; others may be left out. None keeps all.
    """
    chunks = candidates.chunks
    if not len(chunks):
        return []
    scores = candidates.scores.astype(np.float64)
    numbers: dict[str, int] = {}
    paper_of = np.array([numbers.setdefault(chunk.paper_id, len(numbers)) for chunk in chunks], np.int64)
    best = np.full((len(scores), len(numbers)), -np.inf)
    for reached, values in zip(best, scores, strict=True):
        np.maximum.at(reached, paper_of, values)
    fused, answers = fuse(best, channels, config), relevance(best, channels)
    wanted = np.ones(len(numbers), np.bool_)
    if limit is not None and limit < len(numbers):
        wanted = fused >= np.partition(fused, -limit)[-limit]
        wanted[[numbers[paper_id] for paper_id in named if paper_id in numbers]] = True
    members: defaultdict[int, list[ScoredChunk]] = defaultdict(list)
    places = np.flatnonzero(wanted[paper_of])
    chunk_relevance = relevance(scores[:, places], channels).tolist()
    for at, answer, values in zip(places.tolist(), chunk_relevance, scores[:, places].T.tolist(), strict=True):
        bonus = SECTION_BONUS if section and chunks[at].section == section else 0.0
        members[int(paper_of[at])].append(ScoredChunk(chunks[at], tuple(values), answer, bonus))
    papers = [
        RankedPaper(
            paper_id,
            tuple(sorted(members[number], key=lambda item: (-item.score, item.chunk.chunk_id))),
            tuple(best[:, number].tolist()),
            float(fused[number]),
            float(answers[number]),
        )
        for paper_id, number in numbers.items()
        if wanted[number]
    ]
    place = {paper_id: at for at, paper_id in reversed(list(enumerate(named)))}
    return sorted(papers, key=lambda paper: (place.get(paper.paper_id, len(named)), -paper.score, paper.paper_id))
