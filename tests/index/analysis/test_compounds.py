"""Noun bigrams and compounds."""

from __future__ import annotations

import pytest

from nonmun.index.analysis.analyzer import terms
from nonmun.index.analysis.compounds import is_compound, with_bigrams


def test_bigrams_come_after_the_terms() -> None:
    assert with_bigrams(["이상", "탐지", "모델"]) == ["이상", "탐지", "모델", "이상 탐지", "탐지 모델"]
    assert (with_bigrams(["하나"]), with_bigrams([])) == (["하나"], [])


def test_bigrams_replace_trailing_compounds() -> None:
    assert with_bigrams(terms("이상 탐지의 한계")) == ["이상", "탐지", "한계", "이상 탐지", "탐지 한계"]


@pytest.mark.parametrize(("term", "expected"), [("이상탐지", True), ("이상", False), ("탐지모델", False), ("", False)])
def test_a_compound_is_the_concatenation_of_two_terms(term: str, expected: bool) -> None:
    assert is_compound(term, {"이상", "탐지"}) is expected
