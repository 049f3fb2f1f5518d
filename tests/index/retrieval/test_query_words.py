"""The words of a question: what states them, how surely a text holds them, and the support that follows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun.index.analysis.weighted_terms import WeightedTerms
from nonmun.index.retrieval.query_words import QueryWords

TERMS = st.sampled_from(["이상", "탐지", "이상탐지", "이미지", "prompt", "anomali", "detect", "imag"])
WEIGHTED = st.builds(WeightedTerms, TERMS, st.dictionaries(TERMS, st.floats(0, 1), max_size=4))
PAIRS = st.tuples(TERMS, TERMS).map(" ".join)
TRANSLATIONS = st.builds(WeightedTerms, st.one_of(TERMS, PAIRS), st.dictionaries(TERMS, st.floats(0, 1.5), max_size=4))
INFORMATION = st.dictionaries(TERMS, st.floats(0, 20))
WORDS = st.builds(
    QueryWords.of,
    st.lists(WEIGHTED, max_size=5, unique_by=lambda group: group.name),
    st.lists(TRANSLATIONS, max_size=4),
    INFORMATION,
)
TEXTS = st.lists(st.lists(TERMS, max_size=6), max_size=4)


def words(
    own: Mapping[str, Mapping[str, float]],
    translations: Mapping[str, Mapping[str, float]] | None = None,
    information: Mapping[str, float] | None = None,
) -> QueryWords:
    return QueryWords.of(
        [WeightedTerms(name, terms) for name, terms in own.items()],
        [WeightedTerms(name, terms) for name, terms in (translations or {}).items()],
        information if information is not None else dict.fromkeys(own, 4.0),
    )


def held(query: QueryWords, *text: str) -> list[float]:
    return query.held([text])[0].tolist()


def plain(*names: str) -> dict[str, dict[str, float]]:
    return {name: {name: 1.0} for name in names}


def test_a_word_is_stated_by_itself_and_by_its_alternatives() -> None:
    query = words({"어댑트클립": {"어댑트클립": 1.0, "adaptclip": 0.75}, "한계": {"한계": 1.0}})
    assert held(query, "어댑트클립", "결과") == [1, 0]
    assert held(query, "adaptclip", "한계") == [0.75, 1]
    assert held(query, "결과") == held(query) == [0, 0]


def test_a_translation_states_its_word() -> None:
    query = words(plain("이상", "탐지"), {"이상": {"anomali": 0.5, "abnorm": 0.25}})
    assert held(query, "anomali") == [0.5, 0]
    assert held(query, "abnorm", "탐지") == [0.25, 1]


def test_the_translation_of_a_pair_states_both_words() -> None:
    query = words(plain("이상", "탐지", "방식"), {"이상 탐지": {"anomali": 0.5}})
    assert held(query, "anomali") == [0.5, 0.5, 0]


def test_translations_of_other_words_state_nothing() -> None:
    query = words(plain("이상"), {"구조": {"architectur": 1.0}, "모델 구조": {"architectur": 1.0}})
    assert held(query, "architectur") == [0]


def test_the_surest_statement_counts() -> None:
    query = words({"이상": {"이상": 1.0, "anomali": 0.25}}, {"이상": {"anomali": 0.75, "abnorm": 0.5}})
    assert held(query, "anomali", "abnorm") == [0.75]


def test_a_compound_of_the_other_words_counts_little() -> None:
    query = words(plain("이상", "탐지", "이상탐지"))
    first, second, compound = query.information.tolist()
    assert first == second == 4
    assert 0 < compound < 1
    assert words(plain("이상탐지")).information.tolist() == [4]


def test_words_without_information_count_nothing() -> None:
    query = words(plain("이상", "탐지"), information={"이상": 2.0})
    assert query.information.tolist() == [2, 0]


def test_content_leaves_out_verbs_everyday_words_and_compounds() -> None:
    query = words(plain("이상", "탐지", "찾다", "방법", "이상탐지", "cook", "prompt"))
    assert query.content({*query.names, "other"}) == [0, 1, 6]
    assert query.content({"탐지", "찾다"}) == [1]
    assert query.content(()) == []


def test_two_words_of_three_support_more_than_one_of_one() -> None:
    one, three = words(plain("이상")), words(plain("이상", "이미지", "prompt"))
    assert one.support(np.array([1.0], np.float32)) == pytest.approx(4 / math.sqrt(4))
    assert three.support(np.array([1.0, 1.0, 0.0], np.float32)) == pytest.approx(8 / math.sqrt(12))


def test_a_question_without_words_has_no_support() -> None:
    assert words({}).support(np.zeros(0, np.float32)) == 0
    assert words(plain("이상"), information={}).support(np.ones(1, np.float32)) == 0
    assert words({}).held([["이상"], []]).shape == (2, 0)


@given(WORDS, TEXTS)
def test_texts_hold_words_with_probabilities(query: QueryWords, texts: list[list[str]]) -> None:
    found = query.held(texts)
    assert found.shape == (len(texts), len(query.names))
    assert found.dtype == np.float32
    assert ((found >= 0) & (found <= 1)).all()


@given(WORDS, TEXTS, st.lists(TERMS, max_size=3))
def test_a_longer_text_holds_no_less(query: QueryWords, texts: list[list[str]], more: Sequence[str]) -> None:
    shorter, longer = query.held(texts), query.held([[*text, *more] for text in texts])
    assert (longer >= shorter).all()
    for before, after in zip(shorter, longer, strict=True):
        assert query.support(after) >= query.support(before) >= 0


@given(WORDS, st.lists(TERMS, max_size=6))
def test_order_and_repetition_do_not_matter(query: QueryWords, text: list[str]) -> None:
    assert np.array_equal(query.held([text]), query.held([[*reversed(text), *text]]))


@given(WORDS)
def test_support_is_highest_where_every_word_is_stated(query: QueryWords) -> None:
    highest = query.support(np.ones(len(query.names), np.float32))
    assert highest == pytest.approx(math.sqrt(float(query.information.sum())), rel=1e-5)
