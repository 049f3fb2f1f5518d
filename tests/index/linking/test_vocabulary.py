"""The vocabulary of an index: expansion of question words, prepared only when needed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nonmun.index.analysis.analyzer import terms
from nonmun.index.analysis.weighted_terms import WeightedTerms
from nonmun.index.linking.vocabulary import Vocabulary


class Statistics:
    """Term statistics in a dictionary, which counts how often all terms were listed."""

    def __init__(self, frequencies: dict[str, int]) -> None:
        self.frequencies, self.listed = frequencies, 0

    def document_frequency(self, term: str) -> int:
        return self.frequencies.get(term, 0)

    @property
    def chunk_count(self) -> int:
        return 4

    def items(self) -> Iterator[tuple[str, int]]:
        self.listed += 1
        yield from self.frequencies.items()


@pytest.fixture
def statistics() -> Statistics:
    return Statistics({"adaptclip": 3, "unlearn": 2, "렌더링": 1, "이상": 4, "탐지": 4, "gone": 0})


def test_contains_terms_of_at_least_one_chunk(statistics: Statistics) -> None:
    vocabulary = Vocabulary(statistics)
    assert [vocabulary.contains(term) for term in ("adaptclip", "gone", "unknown")] == [True, False, False]


def test_known_words_stand_for_themselves_and_need_no_tables(statistics: Statistics) -> None:
    text = "이상 탐지"
    expanded = Vocabulary(statistics).expand(terms(text), text)
    assert expanded == [WeightedTerms(term, {term: 1.0}) for term in ("이상", "탐지", "이상탐지")]
    assert statistics.listed == 0


@pytest.mark.parametrize(("text", "word"), [("어댑트클립의 이상", "어댑트클립"), ("AdpatCLIP 이상", "AdpatCLIP")])
def test_unknown_names_stand_for_terms_of_the_index(statistics: Statistics, text: str, word: str) -> None:
    expanded = {group.name: group.terms for group in Vocabulary(statistics).expand(terms(text), text)}
    assert expanded[word] == {"adaptclip": 1.0}
    assert expanded["이상"] == {"이상": 1.0}
    literal = {group.name for group in Vocabulary(statistics).expand(terms(text), text, fuzzy=False)}
    assert literal == set(terms(text))


def test_loan_words_match_latin_terms_by_sound(statistics: Statistics) -> None:
    vocabulary = Vocabulary(statistics)
    assert vocabulary.phonetic_matches("unlearn") == vocabulary.phonetic_matches("학습") == {}
    assert statistics.listed == 0
    assert vocabulary.phonetic_matches("언러닝") == {"unlearn": 1.0}
    assert vocabulary.phonetic_matches("어댑트클립") == {"adaptclip": 1.0}
    assert statistics.listed == 1
