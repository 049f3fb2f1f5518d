"""Conversion between Latin keys and Hangul, in both directions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun.index.query.spelling.hangul_keyboard import (
    compose_jamo,
    has_common_syllables_only,
    has_stray_jamo,
    to_hangul,
    to_latin,
)

SYLLABLES = st.text(st.characters(min_codepoint=ord("가"), max_codepoint=ord("힣")), max_size=12)


@pytest.mark.parametrize(
    ("keys", "hangul"),
    [
        ("dltkd", "이상"),
        ("xkawl", "탐지"),
        ("Rkcl", "까치"),
        ("Ekf", "딸"),
        ("QkffO", "빨럐"),
        ("Tksek", "싼다"),
        ("WkwkdP", "짜자예"),
        ("dhkdwk", "왕자"),
        ("anjrk", "뭐가"),
        ("dmltk", "의사"),
        ("ekfrdmf", "닭을"),
        ("ekfrl", "달기"),
        ("dksgdk", "않아"),
        ("djqtdj", "없어"),
        ("Dltkd", "이상"),
        ("rk나", "가나"),
    ],
)
def test_keys_to_hangul(keys: str, hangul: str) -> None:
    assert to_hangul(keys) == hangul


@given(SYLLABLES)
def test_hangul_round_trip(hangul: str) -> None:
    assert to_hangul(to_latin(hangul)) == hangul


@given(st.text("qwertyuiopasdfghjklzxcvbnmQWERTOP", max_size=20))
def test_keys_round_trip(keys: str) -> None:
    assert to_latin(to_hangul(keys)) == keys


@given(st.text(max_size=30))
def test_any_text_is_accepted(text: str) -> None:
    to_latin(to_hangul(text))
    has_stray_jamo(text)
    compose_jamo(text)


@pytest.mark.parametrize(
    ("word", "expected"), [("모델", True), ("모ㄷ", False), ("앻", False), ("m", False), ("", True)]
)
def test_words_of_common_syllables(word: str, expected: bool) -> None:
    assert has_common_syllables_only(word) is expected


@pytest.mark.parametrize(
    ("word", "expected"),
    [("모델", False), ("ㅋㅋㅋ", False), ("ㅅㄱ문래귿ㄱ", True), ("ㅇㅁㅅㅁ", True), ("앗ㅋ", True)],
)
def test_words_with_stray_jamo(word: str, expected: bool) -> None:
    assert has_stray_jamo(word) is expected
