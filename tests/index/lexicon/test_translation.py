"""Translation of a question's terms: groups, weights and trust."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from nonmun.index.analysis.weighted_terms import WeightedTerms
from nonmun.index.lexicon.lexicon import Lexicon, Translation
from nonmun.index.lexicon.translation import translate_terms
from nonmun.index.query.question import Question


def translations(**weights: float) -> tuple[Translation, ...]:
    return tuple(Translation(term, weight, 5, 10.0) for term, weight in weights.items())


LEXICON = Lexicon(
    60,  # half trusted
    {
        "이상": translations(anomali=0.7, outlier=0.3),
        "탐지": translations(detect=1.0),
        "이상 탐지": translations(anomali=0.6, detect=0.4),
        "번역": translations(translat=1.0),
        "시계열": (Translation("time", 0.5, 5, 10.0), Translation("seri", 0.5, 5, 10.0)),
    },
    {
        "anomali": (Translation("이상", 0.8, 5, 10.0), Translation("비정상", 0.2, 5, 10.0)),
        "detect": (Translation("탐지", 1.0, 5, 10.0),),
        "translat": (Translation("번역", 1.0, 5, 10.0),),
    },
)


def korean(*terms: str) -> Question:
    return Question(" ".join(terms), "ko", terms, ())


def english(*terms: str) -> Question:
    return Question(" ".join(terms), "en", terms, ())


def translated(lexicon: Lexicon, question: Question, phonetic_matches: Any = None) -> list[WeightedTerms]:
    return translate_terms(lexicon, question.terms, question.lang, phonetic_matches)


# --- what is asked for


def test_groups_of_a_korean_question() -> None:
    """A group a term, with all its translations; two words in a row count less, since they are there already."""
    assert translated(LEXICON, korean("이상", "탐지", "없다")) == [
        WeightedTerms("이상", {"anomali": 0.7, "outlier": 0.3}, 1.0, 0.5),
        WeightedTerms("탐지", {"detect": 1.0}, 1.0, 0.5),
        WeightedTerms("이상 탐지", {"anomali": 0.6, "detect": 0.4}, 0.15, 0.5),
    ]


def test_groups_of_an_english_question() -> None:
    assert translated(LEXICON, english("anomali", "unknown", "translat", "bert")) == [
        WeightedTerms("anomali", {"이상": 0.8, "비정상": 0.2}, 1.0, 0.5),
        WeightedTerms("translat", {"번역": 1.0}, 1.0, 0.5),
    ]


def test_two_words_that_stand_apart_are_none_in_a_row() -> None:
    assert [one.name for one in translated(LEXICON, korean("이상", "번역", "탐지"))] == ["이상", "번역", "탐지"]
    assert [one.name for one in translated(LEXICON, korean("탐지", "이상"))] == ["탐지", "이상"]


def test_latin_names_stand_for_themselves_beside_a_translation() -> None:
    """bert is bert in an English abstract too; alone, it is what the lexical channel asks for already."""
    assert translated(LEXICON, korean("bert", "번역")) == [
        WeightedTerms("번역", {"translat": 1.0}, 1.0, 0.5),
        WeightedTerms("bert", {"bert": 1.0}, 1.0, 1.0),
    ]
    assert translated(LEXICON, korean("bert", "없다")) == translated(LEXICON, korean("bert")) == []


def test_what_the_glossary_has_is_trusted_whatever_was_learned() -> None:
    given = (Translation("anomali", 0.6, 0, 0.0, True), Translation("outlier", 0.4, 5, 10.0))
    lexicon = Lexicon(
        0, {"이상": given, "탐지": translations(detect=1.0)}, {"anomali": (replace(given[0], term="이상"),)}
    )
    assert [one.trust for one in translated(lexicon, korean("이상", "탐지"))] == [1.0, 0.0]
    assert [one.trust for one in translated(lexicon, english("anomali"))] == [1.0]


def test_words_that_the_lexicon_does_not_know_are_heard() -> None:
    """언러닝 is unlearning; words that it knows, and two in a row, are not asked for."""
    asked: list[str] = []

    def heard(word: str) -> dict[str, float]:
        asked.append(word)
        return {"unlearn": 1.0} if word == "언러닝" else {}

    found = translated(LEXICON, korean("이상", "언러닝", "없다"), heard)
    assert [(one.name, one.trust) for one in found] == [("이상", 0.5), ("언러닝", 1.0)]
    assert found[1].terms == {"unlearn": 1.0}
    assert asked == ["언러닝", "없다"]
    assert translated(LEXICON, english("unlearn"), heard) == []


def test_two_words_that_are_known_together_alone_count_whole() -> None:
    lexicon = Lexicon(60, {"이상 탐지": translations(anomali=1.0), "이상": translations(strang=1.0)}, {})
    assert [one.weight for one in translated(lexicon, korean("이상", "탐지"))] == [1.0, 1.0]


@pytest.mark.parametrize("question", [korean(), english(), korean("없다"), english("unknown"), english("이상", "번역")])
def test_no_groups_without_a_translation(question: Question) -> None:
    assert translated(LEXICON, question) == []
