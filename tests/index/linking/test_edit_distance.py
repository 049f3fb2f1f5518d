"""Slips of the keyboard: counted as one by one, and never in the first letter or in a digit."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun.index.linking.edit_distance import EditDistanceIndex

WORDS = st.text(alphabet="abc", min_size=1, max_size=9)


def _recursive_distance(one: str, other: str) -> int:
    @cache
    def cost(i: int, j: int) -> int:
        if not i or not j:
            return i + j
        same = one[i - 1] == other[j - 1]
        found = min(cost(i - 1, j) + 1, cost(i, j - 1) + 1, cost(i - 1, j - 1) + (not same))
        if i > 1 < j and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
            found = min(found, cost(i - 2, j - 2) + 1)
        return found

    return cost(len(one), len(other))


@given(WORDS, st.lists(WORDS, min_size=1, max_size=6))
def test_distances_equal_those_of_the_recursive_definition(word: str, others: list[str]) -> None:
    word, terms = "x" * 8 + word, ["x" * 8 + other for other in dict.fromkeys(others)]
    distances = {term: _recursive_distance(word, term) for term in terms}
    nearest = min((distance for distance in distances.values() if distance), default=0)
    expected = {term: nearest for term in terms if 0 < distances[term] == nearest <= 2}
    assert EditDistanceIndex(terms).nearest(word) == expected


@pytest.mark.parametrize(
    ("word", "found"),
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
def test_only_slips_of_the_hand(word: str, found: dict[str, int]) -> None:
    terms = ["qwen", "adaptclip", "deepseek", "transformer", "gpt4", "qwen2.5", "cat", "y" * 60]
    assert EditDistanceIndex(terms).nearest(word) == found


def test_without_terms_nothing_is_near() -> None:
    assert EditDistanceIndex([]).nearest("transformer") == {}
