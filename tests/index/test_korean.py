"""Text to terms: particles fall off, identifiers stay whole, and the same words give the same terms."""

from __future__ import annotations

import sqlite3
import unicodedata
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun.index.korean import language, terms
from nonmun.index.lexical import expression

MIXED = st.lists(
    st.sampled_from(
        ["모델", "은 ", "을", " GPT-4o", "C++", " 2505.09264", "에서", "한다. ", "’s", "R&D", "\n", '"', "😀", "_", "/"]
    ),
    max_size=15,
).map("".join)
TEXTS = st.one_of(st.text(max_size=80), MIXED)


@pytest.mark.parametrize("particle", ["", "은", "을", "이", "의", "에서", "에", "로", "과", "만", "도", "에서는"])
@pytest.mark.parametrize("noun", ["모델", "어텐션", "성능"])
def test_particles_fall_off(noun: str, particle: str) -> None:
    assert terms(f"{noun}{particle} 좋다")[0] == noun


@pytest.mark.parametrize(
    ("one", "other"),
    [("데이터셋의", "데이터셋을 사용했습니다"), ("파인튜닝", "파인튜닝을")],
)
def test_loan_words_are_divided_alike(one: str, other: str) -> None:
    assert terms(one)[0] == terms(other)[0]


@pytest.mark.parametrize("sentence", ["모델을 학습한다", "모델이 학습했다", "모델은 학습하며", "학습하는 모델에서"])
def test_endings_fall_off(sentence: str) -> None:
    assert sorted(terms(sentence)) == ["모델", "학습"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("AdaptCLIP", ["adaptclip", "adapt", "clip"]),
        ("GPT-4o", ["gpt-4o", "gpt", "4"]),
        ("2505.09264", ["2505.09264"]),
        ("BERT-base/large", ["bert-base-large", "bert", "base", "larg"]),
        ("C++ and C#", ["c++", "c#"]),
        ("running models", ["run", "model"]),
        ("the of and", []),
    ],
)
def test_identifiers_whole_and_in_parts(text: str, expected: list[str]) -> None:
    assert terms(text) == expected


def test_particles_after_latin_names() -> None:
    assert set(terms("AdaptCLIP은 GPT-4o를")) >= {"adaptclip", "clip", "gpt-4o"}


@given(TEXTS)
def test_composed_and_decomposed_are_the_same(text: str) -> None:
    assert terms(unicodedata.normalize("NFD", text)) == terms(unicodedata.normalize("NFC", text))


def test_full_width_is_the_same() -> None:
    assert terms("ＧＰＴ－４ 모델") == terms("GPT-4 모델")


@given(TEXTS)
def test_every_term_finds_its_own_text(text: str) -> None:
    found = terms(text)
    assert all(term and '"' not in term and not any(letter.isspace() for letter in term) for term in found)
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("""CREATE VIRTUAL TABLE lexical USING fts5 (terms, tokenize = "ascii tokenchars '-._+#'")""")
        connection.execute("INSERT INTO lexical VALUES (?)", (" ".join(found),))
        sql = "SELECT count(*) FROM lexical WHERE lexical MATCH ?"
        for term in set(found):
            assert connection.execute(sql, (expression([term]),)).fetchone() == (1,), term


@pytest.mark.parametrize(
    "text", ["", " ", "\0", "\ud800", "\0논문\0", "가\udfff나", "\u1100" * 40, "ㅋㅋㅋ", "\u0301", "😀"]
)
def test_odd_characters_are_read(text: str) -> None:
    assert isinstance(terms(text), list)
    assert language(text) in {"ko", "en"}


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("The model is fast", "en"),
        ("모델은 빠르다", "ko"),
        ("Transformer는 attention만 쓴다", "ko"),
        ("Hyunwoo Kim (김현우) wrote the paper about language models", "en"),
        ("123 !?", "en"),
        (unicodedata.normalize("NFD", "모델은 빠르다"), "ko"),
    ],
)
def test_language(text: str, lang: str) -> None:
    assert language(text) == lang


def test_expression_asks_for_each_term_once() -> None:
    assert expression(["모델", "c++", "모델", ""]) == '"모델" OR "c++"'
    assert expression([]) == ""
