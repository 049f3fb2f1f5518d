"""Language identification."""

from __future__ import annotations

import unicodedata

import pytest

from nonmun.index.analysis.language import has_hangul, language


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
def test_detects_the_language(text: str, lang: str) -> None:
    assert language(text) == lang


@pytest.mark.parametrize(
    ("text", "expected"), [("a가", True), ("ㅋ", True), ("abc 123", False), ("漢字", False), ("", False)]
)
def test_has_hangul(text: str, expected: bool) -> None:
    assert has_hangul(text) is expected
