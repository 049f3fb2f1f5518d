"""Spelling correction: distances against their recursive definition; the first letter and digits must agree."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun.index.linking.edit_distance import EditDistanceIndex

WORDS = st.text(alphabet="abc", min_size=1, max_size=9)


def _recursive_distance(left: str, right: str) -> int:
    """Return the distance of optimal string alignment."""

    @cache
    def cost(i: int, j: int) -> int:
        if not i or not j:
            return i + j
        same = left[i - 1] == right[j - 1]
        distance = min(cost(i - 1, j) + 1, cost(i, j - 1) + 1, cost(i - 1, j - 1) + (not same))
        if i > 1 < j and left[i - 1] == right[j - 2] and left[i - 2] == right[j - 1]:
            distance = min(distance, cost(i - 2, j - 2) + 1)
        return distance

    return cost(len(left), len(right))


@given(WORDS, st.lists(WORDS, min_size=1, max_size=6))
def test_distances_equal_those_of_the_recursive_definition(word: str, others: list[str]) -> None:
    word, terms = "x" * 8 + word, ["x" * 8 + other for other in dict.fromkeys(others)]
    distances = {term: _recursive_distance(word, term) for term in terms}
    nearest = min((distance for distance in distances.values() if distance), default=0)
    expected = {term: nearest for term in terms if 0 < distances[term] == nearest <= 2}
    assert EditDistanceIndex(terms).nearest(word) == expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("qwem", {"qwen": 1}),
        ("adpatclip", {"adaptclip": 1}),
        ("deepseak", {"deepseek": 1}),
        ("trnasfomer", {"transformer": 2}),
        ("qwne", {"qwen": 1}),
        ("wqen", {}),
        ("gpt5", {}),
        ("qewn2.5", {"qwen2.5": 1}),
        ("qwen3.5", {}),
        ("cot", {}),
        ("qwen", {}),
        ("큐웬", {}),
        ("x" * 60, {}),
    ],
)
def test_finds_the_nearest_terms(word: str, expected: dict[str, int]) -> None:
    terms = ["qwen", "adaptclip", "deepseek", "transformer", "gpt4", "qwen2.5", "cat", "y" * 60]
    assert EditDistanceIndex(terms).nearest(word) == expected


def test_finds_nothing_without_terms() -> None:
    assert EditDistanceIndex([]).nearest("transformer") == {}
