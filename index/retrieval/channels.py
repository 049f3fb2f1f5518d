"""Retrieval channels: each scores chunks by one kind of evidence.

To add a channel, write a class with the members of `Channel` and pass it to `Library.open(channels=...)` after
`DEFAULT_CHANNELS`. Candidates, fusion, explanation and calibration iterate over the channels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from ..domain.chunks import ChunkInfo
from ..domain.papers import Language
from ..domain.trust import Label
from ..domain.vectors import Rows, Scores
from ..engine.base import EngineSnapshot, Matches
from ..lexicon.translation import untranslated_information
from .config import SearchConfig
from .understanding import Query

EvidenceKind = str
"""A kind of evidence. The default channels have "vectors" and "words"; other channels may have a kind of their own."""

# Subtracted from the cosine of a summary by its trust label: enough to rank the paper's abstract, or another day's
# summary, first if both state the same; an invented summary has to be much nearer.
TRUST_PENALTY: dict[Label, float] = {"refused": 1.0, "invented": 0.15, "contradicted": 0.05}


class ChannelScores(Protocol):
    """What one channel found for one query."""

    def best(self, limit: int) -> list[int]:
        """Return rows that include the channel's `limit` best chunks."""
        ...

    def raw(self, rows: Rows) -> Scores:
        """Return scores by content alone, float32 (n,)."""
        ...

    def scores(self, chunks: Sequence[ChunkInfo]) -> Scores:
        """Return scores that also consider what is known of the chunks, float32 (n,)."""
        ...


class Channel(Protocol):
    """One kind of evidence for the relevance of chunks.

    Attributes:
        name: in explanations and timings.
        evidence: the kind of its evidence. Channels of one kind do not add up: the best one counts in full, others by
            `fusion.SECONDARY_WEIGHT`. In relevance, a kind has its weight in `fusion.RELEVANCE_WEIGHTS`.
    """

    name: str
    evidence: EvidenceKind

    def weight(self, config: SearchConfig) -> float:
        """Return the channel's weight in the fused score."""
        ...

    def score(self, query: Query, snapshot: EngineSnapshot) -> ChannelScores:
        """Match a query against the chunks of a snapshot."""
        ...


class DenseChannel:
    """Cosine of chunk and question vectors, less a penalty for summaries that are not to be trusted."""

    name: str = "dense"
    evidence: EvidenceKind = "vectors"

    def weight(self, config: SearchConfig) -> float:
        """Return 1: the other weights are relative to vectors."""
        del config
        return 1.0

    def score(self, query: Query, snapshot: EngineSnapshot) -> ChannelScores:
        """Match the question's vector."""
        matches = snapshot.nearest(query.vector, query.question.lang, query.where) if query.config.dense else None
        return _DenseScores(matches, query.config.dense_lang)


class _DenseScores:
    def __init__(self, matches: Matches | None, lang: str) -> None:
        self._matches, self._lang = matches, lang

    def best(self, limit: int) -> list[int]:
        return self._matches.best(limit) if self._matches else []

    def raw(self, rows: Rows) -> Scores:
        return self._matches.scores(rows) if self._matches else np.zeros(len(rows), np.float32)

    def scores(self, chunks: Sequence[ChunkInfo]) -> Scores:
        scores = self.raw(_rows(chunks))
        if self._lang:
            scores[np.array([chunk.lang != self._lang for chunk in chunks], np.bool_)] = 0
        return scores - np.array([TRUST_PENALTY.get(chunk.trust or "supported", 0.0) for chunk in chunks], np.float32)


class LexicalChannel:
    """BM25 of the question's own words, as a share of their information."""

    name: str = "lexical"
    evidence: EvidenceKind = "words"

    def weight(self, config: SearchConfig) -> float:
        """Return the configured weight."""
        return config.lexical_weight

    def score(self, query: Query, snapshot: EngineSnapshot) -> ChannelScores:
        """Match the question's words."""
        return _MatchScores(snapshot.matching(query.terms, query.where) if query.config.lexical else None)


class LexiconChannel:
    """BM25 of the words' translations, in chunks of the other language.

    A paper with Korean text only has no text that a translation could match: the words of a Korean question count as
    their own translations for it, so that it is not ranked below papers with an abstract.
    """

    name: str = "lexicon"
    evidence: EvidenceKind = "words"

    def weight(self, config: SearchConfig) -> float:
        """Return the configured weight."""
        return config.lexicon_weight

    def score(self, query: Query, snapshot: EngineSnapshot) -> ChannelScores:
        """Match the translations of the question's words."""
        is_korean = query.question.lang == "ko"
        translated = None
        if query.translations:
            unmatched = untranslated_information(query.translations, query.question.terms, query.information)
            target: Language = "en" if is_korean else "ko"
            translated = snapshot.matching(query.translations, query.where, lang=target, unmatched=unmatched)
        if not (query.config.lexicon and is_korean and query.where.admits_abstracts):
            return _MatchScores(translated)
        return _LexiconScores(_MatchScores(translated), snapshot.matching(query.terms, query.where), query.korean_only)


class _MatchScores:
    """Scores that depend on the content of chunks alone."""

    def __init__(self, matches: Matches | None) -> None:
        self._matches = matches

    def best(self, limit: int) -> list[int]:
        return self._matches.best(limit) if self._matches else []

    def raw(self, rows: Rows) -> Scores:
        return self._matches.scores(rows) if self._matches else np.zeros(len(rows), np.float32)

    def scores(self, chunks: Sequence[ChunkInfo]) -> Scores:
        return self.raw(_rows(chunks))


class _LexiconScores:
    """Translations, and a question's own words for papers without English text.

    Args:
        translated: matches of translations.
        own: matches of the question's words.
        korean_only: papers that are known in Korean alone once the excluded chunks are left out.
    """

    def __init__(self, translated: _MatchScores, own: Matches, korean_only: frozenset[str]) -> None:
        self._translated, self._own, self._korean_only = translated, own, korean_only

    def best(self, limit: int) -> list[int]:
        return [*self._own.best(limit), *self._translated.best(limit)]

    def raw(self, rows: Rows) -> Scores:
        return self._translated.raw(rows)

    def scores(self, chunks: Sequence[ChunkInfo]) -> Scores:
        rows = _rows(chunks)
        scores = self._translated.raw(rows)
        korean_only = np.array([chunk.korean_only or chunk.paper_id in self._korean_only for chunk in chunks], np.bool_)
        scores[korean_only] = self._own.scores(rows[korean_only])
        return scores


def _rows(chunks: Sequence[ChunkInfo]) -> Rows:
    return np.array([chunk.row for chunk in chunks], np.int64)


DEFAULT_CHANNELS: tuple[Channel, ...] = (DenseChannel(), LexicalChannel(), LexiconChannel())
"""Vectors, words, and translated words."""
