"""Tokenizer: terms without particles and endings, whole identifiers, one form for spelling variants."""

from __future__ import annotations

import sqlite3
import unicodedata
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun.index.analysis.analyzer import terms
from nonmun.index.analysis.language import language

MIXED = st.lists(
    st.sampled_from(
        ["모델", "은 ", "을", " GPT-4o", "C++", " 2505.09264", "에서", "한다. ", "’s", "R&D", "\n", '"', "😀", "_", "/"]
    ),
    max_size=15,
).map("".join)
TEXTS = st.one_of(st.text(max_size=80), MIXED)


@pytest.mark.parametrize("particle", ["", "은", "을", "이", "의", "에서", "에", "로", "과", "만", "도", "에서는"])
@pytest.mark.parametrize("noun", ["모델", "어텐션", "성능"])
def test_removes_particles(noun: str, particle: str) -> None:
    assert terms(f"{noun}{particle} 좋다")[0] == noun


@pytest.mark.parametrize(
    ("text", "other"),
    [("데이터셋의", "데이터셋을 사용했습니다"), ("파인튜닝", "파인튜닝을")],
)
def test_segments_loan_words_consistently(text: str, other: str) -> None:
    assert terms(text)[0] == terms(other)[0]


@pytest.mark.parametrize("sentence", ["모델을 학습한다", "모델이 학습했다", "모델은 학습하며", "학습하는 모델에서"])
def test_removes_endings(sentence: str) -> None:
    assert sorted(set(terms(sentence)) - {"모델학습", "학습모델"}) == ["모델", "학습"]


LOAN_PARTICLES = ["", "는", "를", "의", "에서", "에서는", "로", "만", "도", "와"]


@pytest.mark.parametrize("particle", LOAN_PARTICLES)
@pytest.mark.parametrize("word", ["트랜스포머", "어텐션맵의 파라미터", "디코더", "옵티마이저", "클러스터"])
def test_keeps_loan_words_whole(word: str, particle: str) -> None:
    assert word.split()[-1] in terms(f"{word}{particle} 새로 쓴다")


ATTACHED_PARTICLES = [
    ("GPT-4.1에서만 나타나는 오류", "GPT-4.1"),
    ("트랜스포머에서는 무엇이 다른가", "트랜스포머"),
    ("LLaMA-3.1-8B보다 빠른", "LLaMA-3.1-8B"),
    ("Qwen2.5-VL과의 비교", "Qwen2.5-VL"),
    ("어댑트클립에서만 쓰는 방법", "어댑트클립"),
    ("미스트랄의 크기", "미스트랄"),
    ("강화학습으로만 가르친", "강화학습"),
    ("CoT에게까지 영향을 주는", "CoT"),
    ("이상탐지라는 문제", "이상 탐지"),
    ("오케스트레이션으로부터 얻은", "오케스트레이션"),
]


@pytest.mark.parametrize(("text", "name"), ATTACHED_PARTICLES)
def test_names_match_despite_attached_particles(text: str, name: str) -> None:
    assert set(terms(name)) <= set(terms(text))


@pytest.mark.parametrize(
    ("apart", "together"),
    [
        ("이상 탐지", "이상탐지"),
        ("객체 탐지 모델", "객체탐지모델"),
        ("지식 증류", "지식증류"),
        ("강화 학습", "강화학습"),
    ],
)
def test_compounds_match_with_and_without_a_space(apart: str, together: str) -> None:
    assert sorted(terms(apart)) == sorted(terms(together))
    assert apart.split()[0] + apart.split()[1] in terms(apart)


@pytest.mark.parametrize(
    ("apart", "together"),
    [("멀티 모달", "멀티모달"), ("파인 튜닝", "파인튜닝"), ("오픈 소스", "오픈소스"), ("딥 러닝", "딥러닝")],
)
def test_loan_words_of_two_parts_are_one_term(apart: str, together: str) -> None:
    assert terms(apart) == terms(together) == [together]
    assert terms(f"대형 {apart} 모델") == terms(f"대형 {together} 모델")


def test_compounds_come_last_and_join_adjacent_nouns_only() -> None:
    assert terms("이상 탐지의 한계") == ["이상", "탐지", "한계", "이상탐지"]
    assert "탐지한계" not in terms("탐지, 한계")


@given(TEXTS)
def test_composed_and_decomposed_text_have_the_same_terms(text: str) -> None:
    assert terms(unicodedata.normalize("NFD", text)) == terms(unicodedata.normalize("NFC", text))


def test_full_width_text_has_the_same_terms() -> None:
    assert terms("ＧＰＴ－４ 모델") == terms("GPT-4 모델")


@given(TEXTS)
def test_every_term_is_a_token_of_full_text_search(text: str) -> None:
    found = terms(text)
    assert all(term and '"' not in term and not any(letter.isspace() for letter in term) for term in found)
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("""CREATE VIRTUAL TABLE lexical USING fts5 (terms, tokenize = "ascii tokenchars '-._+#'")""")
        connection.execute("INSERT INTO lexical VALUES (?)", (" ".join(found),))
        sql = "SELECT count(*) FROM lexical WHERE lexical MATCH ?"
        for term in set(found):
            assert connection.execute(sql, (f'"{term}"',)).fetchone() == (1,), term


@pytest.mark.parametrize(
    "text", ["", " ", "\0", "\ud800", "\0논문\0", "가\udfff나", "\u1100" * 40, "ㅋㅋㅋ", "\u0301", "😀"]
)
def test_accepts_any_characters(text: str) -> None:
    assert isinstance(terms(text), list)
    assert language(text) in {"ko", "en"}
