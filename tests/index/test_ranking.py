"""How what is said of chunks becomes an order of papers: by hand, and what cannot be configured."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from nonmun.index.papers import Chunk
from nonmun.index.ranking import Ranked, Ranking, Scored, by_paper, rank


def scored(paper_id: str, near: float, lexical: float = 0.0, ordinal: int = 0, weight: float = 0.2) -> Scored:
    chunk_id = f"{paper_id}:abstract:abstract:{ordinal}"
    chunk = Chunk(chunk_id, paper_id, "abstract", None, "abstract", ordinal, "en", "text", "")
    return Scored(chunk, near, lexical, near + weight * lexical)


def test_best_of_each_channel_counts() -> None:
    """Near in one chunk, words in another."""
    [paper] = by_paper([scored("a", 0.5, 0.1), scored("a", 0.1, 0.9, 1), scored("a", 0.2, 0.0, 2)], Ranking())
    assert (paper.near, paper.lexical, paper.score) == (0.5, 0.9, 0.5 + 0.2 * 0.9)
    assert [one.chunk.ordinal for one in paper.chunks] == [0, 1, 2]
    assert paper.chunks[0].score == pytest.approx(0.52)


def test_the_weight_of_words_decides() -> None:
    found = [scored("near", 0.5, 0.1), scored("words", 0.1, 0.9)]
    assert [one.paper_id for one in rank(found, Ranking())] == ["near", "words"]
    assert [one.paper_id for one in rank(found, Ranking(lexical_weight=2))] == ["words", "near"]


def test_equal_scores_are_ordered_by_id() -> None:
    found = [scored(paper_id, 0.5) for paper_id in ("c", "a", "b")]
    assert [one.paper_id for one in rank(found, Ranking())] == ["a", "b", "c"]
    twice = by_paper([scored("a", 0.5, ordinal=2), scored("a", 0.5, ordinal=1)], Ranking())
    assert [one.chunk.ordinal for one in twice[0].chunks] == [1, 2]


def test_named_papers_come_first_in_their_order() -> None:
    found = [scored("a", 0.9), scored("b", 0.8), scored("c", 0.1), scored("d", 0.2)]
    assert [one.paper_id for one in rank(found, Ranking(), ["c", "x", "d"])] == ["c", "d", "a", "b"]
    assert rank([], Ranking(), ["c"]) == []


@pytest.mark.parametrize(
    ("near", "lexical", "answers"),
    [(0.38, 0.0, True), (0.379, 0.0, False), (0.15, 0.67, True), (0.15, 0.65, False), (0.149, 9.0, False)],
)  # fmt: skip
def test_close_enough_to_answer(near: float, lexical: float, answers: bool) -> None:
    assert Ranked("a", (), near, lexical, near).is_relevant == answers


@given(
    st.lists(st.tuples(st.sampled_from("abcdef"), st.floats(-1, 1), st.floats(0, 2)), max_size=20),
    st.lists(st.sampled_from("abcxyz"), unique=True),
)
def test_every_paper_once_best_first(drawn: list[tuple[str, float, float]], named: list[str]) -> None:
    papers = rank([scored(*one, ordinal=at) for at, one in enumerate(drawn)], Ranking(), named)
    assert sorted(one.paper_id for one in papers) == sorted({one[0] for one in drawn})
    first = [one.paper_id for one in papers if one.paper_id in named]
    assert [one.paper_id for one in papers[: len(first)]] == first == [one for one in named if one in first]
    scores = [one.score for one in papers[len(first) :]]
    assert scores == sorted(scores, reverse=True)
    for paper in papers:
        assert paper.score >= paper.chunks[0].score - 1e-12
        assert [one.score for one in paper.chunks] == sorted((one.score for one in paper.chunks), reverse=True)


@pytest.mark.parametrize(
    "values",
    [{"lexical_weight": -0.1}, {"lexical_weight": 101}, {"lexical_weight": float("nan")}, {"candidates": 0},
     {"candidates": 5001}, {"candidates": 1.5}, {"dense": "maybe"}, {"colour": "red"}],
)  # fmt: skip
def test_what_cannot_be_configured(values: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Ranking.model_validate(values)


def test_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Ranking().dense = False
