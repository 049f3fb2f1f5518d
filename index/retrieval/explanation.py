"""Explanation: what each channel contributes to a paper's rank, and which words matched."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ..analysis.weighted_terms import WeightedTerms
from ..domain.explanations import Contribution, Explanation
from .candidates import ScoredChannels
from .channels import Channel
from .config import SearchConfig
from .fusion import SECONDARY_WEIGHT, RankedPaper, rank


@dataclass(frozen=True, slots=True)
class QueryTerms:
    """The words of a query.

    Attributes:
        information: information of each word; empty where words do not rank.
        terms: the words with the index terms that they may match.
        translations: the words with their translations.
    """

    information: Mapping[str, float]
    terms: Sequence[WeightedTerms]
    translations: Sequence[WeightedTerms]


def explain(scored: ScoredChannels, paper_ids: Sequence[str]) -> list[Explanation]:
    """Explain papers in the given order; papers without a chunk are left out.

    Args:
        scored: the query and its scores.
        paper_ids: the papers.
    """
    query, channels = scored.query, scored.channels
    section, named = query.question.section, query.question.paper_ids
    ranking = rank(scored.candidates(), channels, query.config, named=named, section=section)
    others = rank(scored.of_papers(paper_ids), channels, query.config, section=section)
    papers = {paper.paper_id: paper for paper in [*others, *ranking]}
    words = QueryTerms(query.information if query.config.lexical else {}, query.terms, query.translations)
    view = scored.snapshot.view
    return [
        explain_paper(
            paper,
            view.terms.of_chunks(item.chunk.chunk_id for item in paper.chunks),
            ranking,
            words,
            channels,
            query.config,
        )
        for paper_id in paper_ids
        if (paper := papers.get(paper_id))
    ]


def explain_paper(
    paper: RankedPaper,
    chunk_terms: Collection[str],
    ranking: Sequence[RankedPaper],
    words: QueryTerms,
    channels: Sequence[Channel],
    config: SearchConfig,
) -> Explanation:
    """Explain one paper.

    Args:
        paper: the paper with its chunks.
        chunk_terms: the index terms of its chunks.
        ranking: all candidates of the question, best first.
        words: the question's words.
        channels: the channels, in the order of the scores.
        config: holds their weights.
    """
    ranks = {other.paper_id: place for place, other in enumerate(ranking, start=1)}
    scale = sum(words.information.values()) or 1.0
    shares = {name: round(value / scale, 4) for name, value in words.information.items()}
    in_chunks = {group.name for group in words.terms if any(term in chunk_terms for term in group.terms)}
    matched = {name: share for name, share in shares.items() if name in in_chunks}
    is_translated = any(
        score for channel, score in zip(channels, paper.scores, strict=True) if channel.name == "lexicon"
    )
    translations = {
        group.name: tuple(term for term in group.terms if term in chunk_terms)
        for group in words.translations
        if is_translated
    }
    translated = {name: terms for name, terms in translations.items() if terms and name not in matched}
    covered = {word for name in translated for word in name.split()}  # two adjacent words are translated as one
    factors = _factors(paper, channels, config)
    return Explanation(
        paper.paper_id,
        ranks.get(paper.paper_id),
        round(paper.score, 6),
        tuple(_contribution(at, channel.name, paper, ranking, factors[at]) for at, channel in enumerate(channels)),
        matched,
        translated,
        tuple(name for name in shares if name not in matched and name not in covered),
    )


def _factors(paper: RankedPaper, channels: Sequence[Channel], config: SearchConfig) -> list[float]:
    """Return the weight by which each channel's score enters the fused score of a paper."""
    factors = [channel.weight(config) for channel in channels]
    for kind in {channel.evidence for channel in channels}:
        places = [at for at, channel in enumerate(channels) if channel.evidence == kind]
        places.sort(key=lambda at: -factors[at] * paper.scores[at])
        for at in places[1:]:
            factors[at] *= SECONDARY_WEIGHT
    return factors


def _contribution(
    at: int, channel: str, paper: RankedPaper, ranking: Sequence[RankedPaper], factor: float
) -> Contribution:
    best = max(paper.chunks, key=lambda item: item.scores[at])
    value = best.scores[at]
    tops = {other.paper_id: other.scores[at] for other in ranking}
    place = 1 + sum(other > value for other in tops.values()) if paper.paper_id in tops and value else None
    return Contribution(
        channel, place, round(value, 6), round(factor * value, 6), best.chunk.chunk_id if value else None
    )
