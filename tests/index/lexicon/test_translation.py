"""Query translation: groups of translated terms, and the information of terms without a translation."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nonmun.index.analysis.weighted_terms import WeightedTerms
from nonmun.index.domain.papers import Language
from nonmun.index.lexicon.lexicon import Lexicon, Translation
from nonmun.index.lexicon.translation import translate_terms, untranslated_information


def translations(**weights: float) -> tuple[Translation, ...]:
    return tuple(Translation(term, weight, 5, 10.0) for term, weight in weights.items())


LEXICON = Lexicon(
    60,  # reliability .5
    {
        "이상": translations(anomali=0.7, outlier=0.3),
        "탐지": translations(detect=1.0),
        "이상 탐지": translations(anomali=0.6, detect=0.4),
        "번역": translations(translat=1.0),
    },
    {
        "anomali": (Translation("이상", 0.8, 5, 10.0), Translation("비정상", 0.2, 5, 10.0)),
        "translat": (Translation("번역", 1.0, 5, 10.0),),
    },
)


def test_a_korean_question_has_a_group_per_term_and_bigram() -> None:
    """The bigram weighs less: its words are translated already."""
    assert translate_terms(LEXICON, ["이상", "탐지", "없다"], "ko") == [
        WeightedTerms("이상", {"anomali": 0.7, "outlier": 0.3}, 1.0, 0.5),
        WeightedTerms("탐지", {"detect": 1.0}, 1.0, 0.5),
        WeightedTerms("이상 탐지", {"anomali": 0.6, "detect": 0.4}, 0.15, 0.5),
    ]


def test_an_english_question_has_a_group_per_translated_term() -> None:
    assert translate_terms(LEXICON, ["anomali", "unknown", "translat", "bert"], "en") == [
        WeightedTerms("anomali", {"이상": 0.8, "비정상": 0.2}, 1.0, 0.5),
        WeightedTerms("translat", {"번역": 1.0}, 1.0, 0.5),
    ]


def test_bigrams_need_adjacent_words_in_order() -> None:
    groups = translate_terms(LEXICON, ["이상", "번역", "탐지"], "ko")
    assert [group.name for group in groups] == ["이상", "번역", "탐지"]
    groups = translate_terms(LEXICON, ["탐지", "이상"], "ko")
    assert [group.name for group in groups] == ["탐지", "이상"]


def test_latin_terms_represent_themselves_beside_a_translation() -> None:
    """Names are the same in an English abstract; alone they are left to the lexical channel."""
    assert translate_terms(LEXICON, ["bert", "번역"], "ko") == [
        WeightedTerms("번역", {"translat": 1.0}, 1.0, 0.5),
        WeightedTerms("bert", {"bert": 1.0}, 1.0, 1.0),
    ]
    assert translate_terms(LEXICON, ["bert", "없다"], "ko") == translate_terms(LEXICON, ["bert"], "ko") == []


def test_glossary_translations_are_fully_trusted() -> None:
    listed = (Translation("anomali", 0.6, 0, 0.0, True), Translation("outlier", 0.4, 5, 10.0))
    lexicon = Lexicon(
        0, {"이상": listed, "탐지": translations(detect=1.0)}, {"anomali": (replace(listed[0], term="이상"),)}
    )
    assert [group.trust for group in translate_terms(lexicon, ["이상", "탐지"], "ko")] == [1.0, 0.0]
    assert [group.trust for group in translate_terms(lexicon, ["anomali"], "en")] == [1.0]


def test_unknown_korean_terms_are_matched_by_sound() -> None:
    """언러닝 is unlearning; known terms and bigrams are not looked up."""
    looked_up: list[str] = []

    def phonetic_matches(word: str) -> dict[str, float]:
        looked_up.append(word)
        return {"unlearn": 1.0} if word == "언러닝" else {}

    groups = translate_terms(LEXICON, ["이상", "언러닝", "없다"], "ko", phonetic_matches)
    assert [(group.name, group.trust) for group in groups] == [("이상", 0.5), ("언러닝", 1.0)]
    assert groups[1].terms == {"unlearn": 1.0}
    assert looked_up == ["언러닝", "없다"]
    assert translate_terms(LEXICON, ["unlearn"], "en", phonetic_matches) == []


def test_a_bigram_has_full_weight_unless_both_words_are_translated() -> None:
    lexicon = Lexicon(60, {"이상 탐지": translations(anomali=1.0), "이상": translations(strang=1.0)}, {})
    assert [group.weight for group in translate_terms(lexicon, ["이상", "탐지"], "ko")] == [1.0, 1.0]


@pytest.mark.parametrize(
    ("terms", "lang"), [([], "ko"), ([], "en"), (["없다"], "ko"), (["unknown"], "en"), (["이상", "번역"], "en")]
)
def test_questions_without_a_translation_have_no_groups(terms: list[str], lang: Language) -> None:
    assert translate_terms(LEXICON, terms, lang) == []


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        (["이상", "탐지"], 0.0),
        (["이상", "없다"], 2.0),
        (["번역", "품질", "번역품질"], 2.0 + 0.15 * 2.0),  # a compound counts little in addition to its nouns
        (["이상", "탐지", "이상탐지"], 0.0),
    ],
)
def test_untranslated_information(terms: list[str], expected: float) -> None:
    groups = translate_terms(LEXICON, terms, "ko")
    assert untranslated_information(groups, terms, dict.fromkeys(terms, 2.0)) == pytest.approx(expected)
