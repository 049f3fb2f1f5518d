"""The glossary that comes along: how it is read, what it becomes in an index, and that what is shipped can be used."""

from __future__ import annotations

from collections import Counter
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


def said(**information: float):
    return lambda term: information.get(term, 0.0)


def test_entries() -> None:
    """Comments, lines without a tab, terms of three words and what is no word at all are left out."""
    assert list(parse_glossary(LINES)) == [
        ("강화 학습", (("reinforc", "learn"), ("rl",))),
        ("불균형", (("imbal",),)),
        ("균형", (("balanc",), ("equilibrium",))),
    ]


def test_what_is_left_of_an_entry_is_another_word() -> None:
    """Where the analyser drops a word, or part of it is no Korean, the rest would be taken for the whole."""
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
    assert list(parse_glossary(["무엇\twhat, thing"])) == list(
        parse_glossary(["무엇\tthing"])
    )  # what is no term translates nothing


def test_what_it_becomes() -> None:
    lexicon = add_glossary(
        Lexicon(0, {}, {}), parse_glossary(LINES), said(reinforc=3.0, learn=1.0, rl=2.0, balanc=1.0, imbal=2.0)
    )
    # Each translation counts alike; of its words the rarer one says more.
    assert lexicon.to_english["강화 학습"] == (
        Translation("rl", 0.5, 0, 0.0, True),
        Translation("reinforc", 0.375, 0, 0.0, True),
        Translation("learn", 0.125, 0, 0.0, True),
    )
    assert lexicon.to_english["균형"] == (Translation("balanc", 1.0, 0, 0.0, True),)  # no equilibrium in this index
    assert {term: [one.term for one in found] for term, found in lexicon.to_korean.items()} == {
        "rl": ["강화학습"],
        "balanc": ["균형"],
        "imbal": ["불균형"],
    }
    assert lexicon.trust(lexicon.to_english["균형"]) == 1.0
    assert not add_glossary(Lexicon(0, {}, {}), parse_glossary(LINES), said())


def test_what_was_learned_stays_beside_it() -> None:
    learned = Lexicon(60, {"균형": (Translation("trade", 0.8, 7, 9.0), Translation("balanc", 0.2, 4, 6.5))}, {})
    lexicon = add_glossary(learned, parse_glossary(["균형\tbalance", "없다\tvoid"]), said(balanc=1.0))
    assert lexicon.to_english == {
        "균형": (Translation("balanc", 0.68, 4, 6.5, True), Translation("trade", 0.32, 7, 9.0, False))
    }
    assert sum(one.weight for one in lexicon.to_english["균형"]) == pytest.approx(1)
    assert lexicon.pairs == 60


def test_lines_of_the_same_words_add_up() -> None:
    lexicon = add_glossary(
        Lexicon(0, {}, {}), parse_glossary(["추론\treasoning", "추론을\tinference"]), said(reason=1.0, infer=1.0)
    )
    assert [(one.term, one.weight) for one in lexicon.to_english["추론"]] == [("infer", 0.5), ("reason", 0.5)]


def test_what_it_knows_explains_no_other_word() -> None:
    """Two words that always stand in the same papers: the glossary knows one, so the other one's English is left."""
    pairs = [ParallelText(frozenset({"강화", "학습"}), frozenset({"reinforc", "learn"})) for _ in range(12)]
    pairs += [ParallelText(frozenset({f"말{at}"}), frozenset({f"word{at}"})) for at in range(12)]
    assert len(pairs) > MIN_PAIRS
    blind = {one.term: one.weight for one in learn_lexicon(pairs).to_english["학습"]}
    known = as_parallel_texts([GlossaryEntry("강화", (("reinforc",),)), GlossaryEntry("없다", (("void",),))])
    told = {one.term: one.weight for one in learn_lexicon(pairs, (), known).to_english["학습"]}
    assert blind["learn"] == pytest.approx(blind["reinforc"])
    assert "없다" not in learn_lexicon(pairs, (), known * 3).to_english  # that no paper holds
    assert told["learn"] > 1.1 * told["reinforc"]


def test_taught() -> None:
    assert as_parallel_texts([GlossaryEntry("강화 학습", (("reinforc", "learn"), ("rl",)))]) == [
        ParallelText(frozenset({"강화 학습", "강화", "학습"}), frozenset({"reinforc", "learn", "rl"}))
    ]


def test_what_is_shipped() -> None:
    """Every line is one: Korean, a tab, one to six English translations; no Korean term stands there twice."""
    file = Path(nonmun.__file__).parent / "index" / "lexicon" / "glossary.tsv"
    lines = [line for line in file.read_text("utf-8").splitlines() if line and not line.startswith("#")]
    assert len(lines) > 5_000
    assert [korean for korean, count in Counter(line.split("\t")[0] for line in lines).items() if count > 1] == []
    for line in lines:
        korean, english = line.split("\t")
        assert has_hangul(korean), line
        assert korean == korean.strip(), line
        assert english.isascii(), line
        assert all(one and one == one.strip() for one in english.split(", ")), line
        assert len(english.split(", ")) <= 6, line
    assert len(bundled_glossary()) == len(lines)
    assert [korean for korean, meant in bundled_glossary() if not meant] == []
    # Of a few the analyser takes the beginning off (자연어): what is left must be no other entry's word.
    begins = {line: terms(line)[0] for line in lines}
    lost = {line for line, term in begins.items() if term[0] != line[0] and not term.endswith("다")}
    whole = {korean for korean, _ in parse_glossary(line for line in lines if line not in lost)}
    assert [line for line in lost for korean, _ in parse_glossary([line]) if korean in whole] == []


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
def test_shipped_words(korean: str, english: str) -> None:
    known = {term: {word for words in meant for word in words} for term, meant in bundled_glossary()}
    assert english in known[korean]
    assert all(terms(part) for part in korean.split())
