"""Text to terms: particles fall off, identifiers stay whole, and the same words give the same terms."""

from __future__ import annotations

import sqlite3
import unicodedata
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun.index.analysis.analyzer import terms
from nonmun.index.analysis.korean import is_common_noun
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
    assert sorted(set(terms(sentence)) - {"모델학습", "학습모델"}) == ["모델", "학습"]


LOAN_PARTICLES = ["", "는", "를", "의", "에서", "에서는", "로", "만", "도", "와"]


@pytest.mark.parametrize("particle", LOAN_PARTICLES)
@pytest.mark.parametrize("word", ["트랜스포머", "어텐션맵의 파라미터", "디코더", "옵티마이저", "클러스터"])
def test_loan_words_stay_whole(word: str, particle: str) -> None:
    assert word.split()[-1] in terms(f"{word}{particle} 새로 쓴다")


GLUED = [
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


@pytest.mark.parametrize(("text", "name"), GLUED)
def test_glued_particles_block_no_match(text: str, name: str) -> None:
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
def test_compounds_meet_whether_parted_or_not(apart: str, together: str) -> None:
    assert sorted(terms(apart)) == sorted(terms(together))
    assert apart.split()[0] + apart.split()[1] in terms(apart)


@pytest.mark.parametrize(
    ("apart", "together"),
    [("멀티 모달", "멀티모달"), ("파인 튜닝", "파인튜닝"), ("오픈 소스", "오픈소스"), ("딥 러닝", "딥러닝")],
)
def test_loan_words_of_two_words_are_one_term(apart: str, together: str) -> None:
    assert terms(apart) == terms(together) == [together]
    assert terms(f"대형 {apart} 모델") == terms(f"대형 {together} 모델")


def test_compounds_come_after_the_morphemes_and_only_of_neighbours() -> None:
    assert terms("이상 탐지의 한계") == ["이상", "탐지", "한계", "이상탐지"]
    assert "탐지한계" not in terms("탐지, 한계")


@pytest.mark.parametrize(("word", "common"), [("정보", True), ("이상탐지", True), ("라마", False), ("딥시크", False)])
def test_common_nouns_are_no_names(word: str, common: bool) -> None:
    assert is_common_noun(word) is common


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
            assert connection.execute(sql, (f'"{term}"',)).fetchone() == (1,), term


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
