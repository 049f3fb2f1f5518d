"""The bundled glossary: parsing, merging into a lexicon, and the shipped file."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

import nonmun
from nonmun.index.analysis.analyzer import terms
from nonmun.index.analysis.language import has_hangul
from nonmun.index.lexicon.alignment import MIN_PAIRS, ParallelText, learn_lexicon
from nonmun.index.lexicon.glossary import (
    GlossaryEntry,
    add_glossary,
    as_parallel_texts,
    bundled_glossary,
    parse_glossary,
)
from nonmun.index.lexicon.lexicon import Lexicon, Translation

LINES = [
    "# 학습",
    "강화 학습\treinforcement learning, RL",
    "불균형\timbalance",
    "",
    "균형\tbalance, equilibrium",
    "대형 언어 모델\tlarge language model",
    "그리고",
    "그리고\tand",
]


EMPTY = Lexicon(0, {}, {})


def information_of(**information: float) -> Callable[[str], float]:
    return lambda term: information.get(term, 0.0)


def weights(lexicon: Lexicon, term: str) -> dict[str, float]:
    return {translation.term: translation.weight for translation in lexicon.to_english[term]}


def test_skips_comments_and_entries_without_a_term() -> None:
    """Skipped are comments, lines without a tab, terms of three words, and words without an index term."""
    assert list(parse_glossary(LINES)) == [
        ("강화 학습", (("reinforc", "learn"), ("rl",))),
        ("불균형", (("imbal",),)),
        ("균형", (("balanc",), ("equilibrium",))),
    ]


def test_skips_entries_that_lose_a_word() -> None:
    """Where the analyzer drops a word, or a part is not Korean, the rest would stand for the whole entry."""
    lost = ["볼록 최적화\tconvex optimization", "자기 개선\tself-improvement", "3차원\tthree-dimensional"]
    assert not list(parse_glossary(lost))
    kept = [
        ("최적화", "optimization", "최적"),
        ("딥 러닝", "deep learning", "딥러닝"),
        ("사고의 연쇄", "cot", "사고 연쇄"),
    ]
    assert [entry[0] for entry in parse_glossary(f"{korean}\t{english}" for korean, english, _ in kept)] == [
        term for _, _, term in kept
    ]
    # Translations without a term are dropped.
    assert list(parse_glossary(["무엇\twhat, thing"])) == list(parse_glossary(["무엇\tthing"]))


def test_translations_share_the_weight_by_information() -> None:
    """Translations have equal weights; within one, the rarer term has more of it."""
    information = information_of(reinforc=3.0, learn=1.0, rl=2.0, balanc=1.0, imbal=2.0)  # no equilibrium
    lexicon = add_glossary(EMPTY, parse_glossary(LINES), information)
    assert lexicon.to_english["강화 학습"] == (
        Translation("rl", 0.5, 0, 0.0, True),
        Translation("reinforc", 0.375, 0, 0.0, True),
        Translation("learn", 0.125, 0, 0.0, True),
    )
    assert lexicon.to_english["균형"] == (Translation("balanc", 1.0, 0, 0.0, True),)
    assert {term: [found.term for found in translations] for term, translations in lexicon.to_korean.items()} == {
        "rl": ["강화학습"],
        "balanc": ["균형"],
        "imbal": ["불균형"],
    }
    assert lexicon.trust(lexicon.to_english["균형"]) == 1.0
    assert not add_glossary(EMPTY, parse_glossary(LINES), information_of())


def test_learned_translations_keep_two_fifths_of_the_weight() -> None:
    learned = Lexicon(60, {"균형": (Translation("trade", 0.8, 7, 9.0), Translation("balanc", 0.2, 4, 6.5))}, {})
    lexicon = add_glossary(learned, parse_glossary(["균형\tbalance", "없다\tvoid"]), information_of(balanc=1.0))
    assert lexicon.to_english == {
        "균형": (Translation("balanc", 0.68, 4, 6.5, True), Translation("trade", 0.32, 7, 9.0, False))
    }
    assert sum(translation.weight for translation in lexicon.to_english["균형"]) == pytest.approx(1)
    assert lexicon.pairs == 60


def test_entries_of_one_korean_term_add_up() -> None:
    entries = parse_glossary(["추론\treasoning", "추론을\tinference"])
    lexicon = add_glossary(EMPTY, entries, information_of(reason=1.0, infer=1.0))
    assert weights(lexicon, "추론") == {"infer": 0.5, "reason": 0.5}
    assert [translation.term for translation in lexicon.to_english["추론"]] == ["infer", "reason"]


def test_the_glossary_explains_its_terms_away() -> None:
    """If the glossary translates one of two terms that always occur together, the other gets the remaining English."""
    papers = [ParallelText(frozenset({"강화", "학습"}), frozenset({"reinforc", "learn"})) for _ in range(12)]
    papers += [ParallelText(frozenset({f"말{at}"}), frozenset({f"word{at}"})) for at in range(12)]
    assert len(papers) > MIN_PAIRS
    known = as_parallel_texts([GlossaryEntry("강화", (("reinforc",),)), GlossaryEntry("없다", (("void",),))])
    without, informed = learn_lexicon(papers), learn_lexicon(papers, (), known)
    assert weights(without, "학습")["learn"] == pytest.approx(weights(without, "학습")["reinforc"])
    assert "없다" not in learn_lexicon(papers, (), known * 3).to_english  # no paper contains it
    assert weights(informed, "학습")["learn"] > 1.1 * weights(informed, "학습")["reinforc"]


def test_entries_as_parallel_texts() -> None:
    assert as_parallel_texts([GlossaryEntry("강화 학습", (("reinforc", "learn"), ("rl",)))]) == [
        ParallelText(frozenset({"강화 학습", "강화", "학습"}), frozenset({"reinforc", "learn", "rl"}))
    ]


def test_every_line_of_the_shipped_file_is_an_entry() -> None:
    """Korean, a tab, one to six English translations; no Korean term twice."""
    file = Path(nonmun.__file__).parent / "index" / "lexicon" / "glossary.tsv"
    lines = [line for line in file.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    assert len(lines) > 5_000
    assert [korean for korean, count in Counter(line.split("\t")[0] for line in lines).items() if count > 1] == []
    for line in lines:
        korean, english = line.split("\t")
        assert has_hangul(korean), line
        assert korean == korean.strip(), line
        assert english.isascii(), line
        assert all(phrase and phrase == phrase.strip() for phrase in english.split(", ")), line
        assert len(english.split(", ")) <= 6, line
    assert len(bundled_glossary()) == len(lines)
    assert [entry.korean for entry in bundled_glossary() if not entry.translations] == []
    # The analyzer drops the beginning of a few (자연어): the rest must not be the term of another entry.
    first_terms = {line: terms(line)[0] for line in lines}
    shortened = {line for line, term in first_terms.items() if term[0] != line[0] and not term.endswith("다")}
    others = {korean for korean, _ in parse_glossary(line for line in lines if line not in shortened)}
    assert [line for line in shortened for korean, _ in parse_glossary([line]) if korean in others] == []


@pytest.mark.parametrize(
    ("korean", "english"),
    [
        ("강화 학습", "reinforc"),
        ("불균형", "imbal"),
        ("정규화", "normal"),
        ("고르다", "select"),
        ("지식 증류", "distil"),
    ],
)
def test_shipped_translations(korean: str, english: str) -> None:
    translations = dict(bundled_glossary())[korean]
    assert english in {term for translation in translations for term in translation}
    assert all(terms(part) for part in korean.split())
