"""Ways to read a Hangul word: by sound, letter by letter, without an ending."""

from __future__ import annotations

import pytest

from nonmun.index.linking.transliteration import looks_foreign, transliterations


@pytest.mark.parametrize(
    ("word", "literal"),
    [
        ("지피티", "gpt"),
        ("메타유에이에스", "uas"),
        ("월드pm", "pm"),
        ("월드피엠", "pm"),
        ("엑스엘넷", "xl"),
        ("엘엘엠", "llm"),
        ("시티", ""),
        ("비디오", "bdo"),
        ("클립", ""),
    ],
)
def test_names_of_letters_are_letters(word: str, literal: str) -> None:
    assert {one.letters for one in transliterations(word)} - {""} == ({literal} if literal else set())


def test_letters_first_leave_the_rest_to_sound() -> None:
    (found,) = [one for one in transliterations("엑스엘넷") if one.letters]
    assert found.letters_first
    assert found.phonemes == "neD"


@pytest.mark.parametrize(
    ("word", "term", "explained"),
    [("트랜스포머", "transform", True), ("디퓨전", "diffus", True), ("스프링", "spr", False)],
)
def test_an_ending_must_be_one_that_the_stemmer_takes(word: str, term: str, explained: bool) -> None:
    assert any(one.endings and one.accepts(term) for one in transliterations(word)) is explained


@pytest.mark.parametrize(
    ("word", "foreign"),
    [
        ("클립", True),
        ("라마", True),
        ("소라", True),
        ("월드pm", True),
        ("학습", False),
        ("정보", False),
        ("바탕", False),
    ],
)
def test_borrowed_words_look_borrowed(word: str, foreign: bool) -> None:
    assert looks_foreign(word) is foreign
