"""Candidates: the chunks that the channels propose for a query, with the score of every channel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..domain.chunks import ChunkInfo
from ..util.timing import Stopwatch
from .channels import Channel, ChannelScores
from .snapshot import IndexSnapshot
from .understanding import Query


@dataclass(frozen=True, slots=True)
class Candidates:
    """Chunks with their scores.

    Attributes:
        chunks: the chunks, by row.
        scores: float32 (channels, n).
    """

    chunks: Sequence[ChunkInfo]
    scores: NDArray[np.float32]


class ScoredChannels:
    """The channels' scores for one query over one snapshot."""

    def __init__(
        self, query: Query, snapshot: IndexSnapshot, channels: Sequence[Channel], scores: Sequence[ChannelScores]
    ) -> None:
        self.query, self.snapshot, self.channels = query, snapshot, tuple(channels)
        self._scores = tuple(scores)

    def candidates(self) -> Candidates:
        """Return the best chunks of each channel, and every chunk of the papers that the question names."""
        query = self.query
        limit = query.config.candidates + len(query.exclude)  # an excluded chunk takes no other chunk's place
        rows = {row for scores in self._scores for row in scores.best(limit)}
        rows.update(chunk.row for chunk in self.snapshot.chunks_of(query.question.paper_ids))
        return self._of(self.snapshot.chunks(rows))

    def of_papers(self, paper_ids: Sequence[str]) -> Candidates:
        """Return every chunk of some papers."""
        return self._of(self.snapshot.chunks_of(paper_ids))

    def _of(self, chunks: Sequence[ChunkInfo]) -> Candidates:
        """Score chunks, without those that the query excludes or its metadata filter does not admit."""
        query = self.query
        if query.exclude:
            chunks = [chunk for chunk in chunks if chunk.chunk_id not in query.exclude]
        if query.where:
            rows: Any = np.array([chunk.row for chunk in chunks], np.int64)
            admitted = set(self.snapshot.engine.filter(rows, query.where).tolist())
            chunks = [chunk for chunk in chunks if chunk.row in admitted]
        scores = [channel.scores(chunks) for channel in self._scores]
        return Candidates(chunks, np.stack(scores) if scores else np.zeros((0, len(chunks)), np.float32))


def score_channels(
    query: Query, snapshot: IndexSnapshot, channels: Sequence[Channel], watch: Stopwatch
) -> ScoredChannels:
    """Match a query in every channel; `watch` records a stage for each."""
    scores: list[ChannelScores] = []
    for channel in channels:
        scores.append(channel.score(query, snapshot.engine))
        watch.lap(channel.name)
    return ScoredChannels(query, snapshot, channels, scores)
