"""Fusion of channel scores into a ranking of papers, and validation of its configuration."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from nonmun.index.domain.chunks import ChunkInfo
from nonmun.index.retrieval.candidates import Candidates
from nonmun.index.retrieval.channels import DEFAULT_CHANNELS, DenseChannel
from nonmun.index.retrieval.config import SearchConfig
from nonmun.index.retrieval.fusion import SECONDARY_WEIGHT, RankedPaper
from nonmun.index.retrieval.fusion import fuse as fuse_channels
from nonmun.index.retrieval.fusion import rank as rank_candidates
from nonmun.index.retrieval.fusion import relevance as relevance_of

Scored = tuple[ChunkInfo, tuple[float, float, float]]


def scored(paper_id: str, near: float, lexical: float = 0.0, ordinal: int = 0, lexicon: float = 0.0) -> Scored:
    chunk_id = f"{paper_id}:abstract:abstract:{ordinal}"
    return ChunkInfo(ordinal, chunk_id, paper_id, "abstract", "en"), (near, lexical, lexicon)


def rank(found: list[Scored], config: SearchConfig, named: list[str] | None = None) -> list[RankedPaper]:
    scores = np.array([values for _, values in found], np.float64).reshape(-1, 3).T
    candidates = Candidates([chunk for chunk, _ in found], scores)
    return rank_candidates(candidates, DEFAULT_CHANNELS, config, named=named or [])


by_paper = rank


def fuse(config: SearchConfig, *values: float) -> float:
    return float(fuse_channels(np.array(values, np.float64)[:, None], DEFAULT_CHANNELS, config)[0])


def relevance(*values: float) -> float:
    return float(relevance_of(np.array(values, np.float64)[:, None], DEFAULT_CHANNELS)[0])


def test_takes_the_best_chunk_of_each_channel() -> None:
    """The best dense and the best lexical score may be those of different chunks."""
    [paper] = by_paper([scored("a", 0.5, 0.1), scored("a", 0.1, 0.9, 1), scored("a", 0.2, 0.0, 2)], SearchConfig())
    assert (*paper.scores[:2], paper.score) == (0.5, 0.9, pytest.approx(0.5 + 0.6 * 0.9))
    assert [chunk.chunk.row for chunk in paper.chunks] == [0, 1, 2]
    assert paper.chunks[0].score == pytest.approx(0.5 + 0.4 * 0.1)


def test_the_weaker_of_the_two_word_channels_counts_in_part() -> None:
    """A paper that matches by words and by translations, in chunks of either language, is not counted twice."""
    korean, english = scored("a", 0.4, 0.9), scored("a", 0.3, 0.0, 1, lexicon=0.5)
    [paper] = by_paper([korean, english], SearchConfig())
    assert paper.scores == (0.4, 0.9, 0.5)
    assert paper.score == pytest.approx(0.4 + 1.2 * 0.5 + SECONDARY_WEIGHT * 0.6 * 0.9)
    [paper] = by_paper([korean, english], SearchConfig(lexicon_weight=0.3))
    assert paper.score == pytest.approx(0.4 + 0.6 * 0.9 + SECONDARY_WEIGHT * 0.3 * 0.5)
    assert rank([korean, english, scored("b", 0.4, 0.0, lexicon=0.7)], SearchConfig())[0].paper_id == "b"


@given(st.floats(-1, 1), st.floats(0, 2), st.floats(0, 2), st.floats(0, 5), st.floats(0, 5))
def test_fuse(near: float, lexical: float, lexicon: float, words: float, translated: float) -> None:
    ranking = SearchConfig(lexical_weight=words, lexicon_weight=translated)
    fused = fuse(ranking, near, lexical, lexicon)
    assert fused <= near + words * lexical + translated * lexicon + 1e-9
    assert fused == near + max(words * lexical, translated * lexicon) + SECONDARY_WEIGHT * min(
        words * lexical, translated * lexicon
    )
    assert fused >= near
    assert fused >= near + words * lexical
    assert fused >= near + translated * lexicon
    assert fuse(ranking, near, lexical, lexicon + 0.5) >= fused
    assert fuse(ranking, near, lexical + 0.5, lexicon) >= fused


def test_weights_change_the_ranking() -> None:
    found = [scored("near", 0.6, 0.1), scored("words", 0.1, 0.9)]
    assert [paper.paper_id for paper in rank(found, SearchConfig())] == ["near", "words"]
    assert [paper.paper_id for paper in rank(found, SearchConfig(lexical_weight=2))] == ["words", "near"]
    found = [scored("near", 0.5, lexicon=0.1), scored("translated", 0.1, lexicon=0.3)]
    assert [paper.paper_id for paper in rank(found, SearchConfig())] == ["near", "translated"]
    assert [paper.paper_id for paper in rank(found, SearchConfig(lexicon_weight=3))] == ["translated", "near"]


def test_orders_the_chunks_of_a_paper_across_languages() -> None:
    """With equal scores of words and translations, the chunk with the higher dense score comes first."""
    [paper] = by_paper([scored("a", 0.2, lexicon=0.5), scored("a", 0.3, 0.5, 1)], SearchConfig())
    assert [chunk.chunk.row for chunk in paper.chunks] == [1, 0]


def test_english_words_have_half_the_weight() -> None:
    assert SearchConfig().for_language("ko") == SearchConfig()
    english = SearchConfig(candidates=7).for_language("en")
    assert english == SearchConfig(candidates=7, lexical_weight=0.3)


@given(st.lists(st.tuples(*[st.floats(-1, 2, width=32)] * 3), min_size=1, max_size=5))
def test_fuse_takes_arrays(rows: list[tuple[float, float, float]]) -> None:
    fused = fuse_channels(np.array(rows, np.float32).T, DEFAULT_CHANNELS, SearchConfig())
    assert fused.dtype == np.float32
    assert fused == pytest.approx([fuse(SearchConfig(), *row) for row in rows], abs=1e-5)


def test_equal_scores_are_ordered_by_id() -> None:
    found = [scored(paper_id, 0.5) for paper_id in ("c", "a", "b")]
    assert [paper.paper_id for paper in rank(found, SearchConfig())] == ["a", "b", "c"]
    twice = by_paper([scored("a", 0.5, ordinal=2), scored("a", 0.5, ordinal=1)], SearchConfig())
    assert [item.chunk.row for item in twice[0].chunks] == [1, 2]


def test_named_papers_come_first_in_their_order() -> None:
    found = [scored("a", 0.9), scored("b", 0.8), scored("c", 0.1), scored("d", 0.2)]
    assert [paper.paper_id for paper in rank(found, SearchConfig(), ["c", "x", "d"])] == ["c", "d", "a", "b"]
    assert rank([], SearchConfig(), ["c"]) == []


class LinkChannel(DenseChannel):
    """A channel with a kind of evidence of its own."""

    name, evidence = "links", "links"


def test_a_further_kind_of_evidence_adds_up_with_the_others() -> None:
    channels = [*DEFAULT_CHANNELS, LinkChannel()]
    values = np.array([[0.3], [0.5], [0.0], [0.2]])
    config = SearchConfig(lexical_weight=1)
    assert relevance_of(values, channels) == pytest.approx([0.3 + 0.4 * 0.5 + 0.2])
    assert fuse_channels(values, channels, config) == pytest.approx([0.3 + 0.5 + 0.2])


def test_relevance_is_comparable_across_languages() -> None:
    """Words and translations have the same weight, and both together add nothing."""
    assert relevance(0.3, 0.5, 0.0) == pytest.approx(0.3 + 0.4 * 0.5)
    assert relevance(0.3, 0.0, 0.5) == pytest.approx(0.3 + 0.4 * 0.5)
    assert relevance(0.3, 0.5, 0.5) == pytest.approx(0.3 + 0.4 * 0.5)
    several = np.array([[0.1, 0.2], [0.5, 0.0], [0.0, 0.0]])
    assert relevance_of(several, DEFAULT_CHANNELS) == pytest.approx([0.3, 0.2])


@given(
    st.lists(st.tuples(st.sampled_from("abcdef"), st.floats(-1, 1), st.floats(0, 2), st.floats(0, 1)), max_size=20),
    st.lists(st.sampled_from("abcxyz"), unique=True),
)
def test_ranks_every_paper_once_best_first(drawn: list[tuple[str, float, float, float]], named: list[str]) -> None:
    chunks = [scored(paper_id, near, words, at, found) for at, (paper_id, near, words, found) in enumerate(drawn)]
    papers = rank(chunks, SearchConfig(), named)
    assert sorted(paper.paper_id for paper in papers) == sorted({paper_id for paper_id, *_ in drawn})
    first = [paper.paper_id for paper in papers if paper.paper_id in named]
    assert [paper.paper_id for paper in papers[: len(first)]] == first == [name for name in named if name in first]
    scores = [paper.score for paper in papers[len(first) :]]
    assert scores == sorted(scores, reverse=True)
    for paper in papers:
        assert paper.score >= paper.chunks[0].score - 1e-12
        assert [chunk.score for chunk in paper.chunks] == sorted((chunk.score for chunk in paper.chunks), reverse=True)


@pytest.mark.parametrize(
    "values",
    [{"lexical_weight": -0.1}, {"lexical_weight": 101}, {"lexical_weight": float("nan")}, {"candidates": 0},
     {"candidates": 5001}, {"candidates": 1.5}, {"dense": "maybe"}, {"colour": "red"}, {"lexicon": "maybe"},
     {"lexicon_weight": -0.1}, {"lexicon_weight": 101}, {"lexicon_weight": float("nan")}],
)  # fmt: skip
def test_rejects_invalid_values(values: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SearchConfig.model_validate(values)


def test_the_configuration_is_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        SearchConfig().dense = False
