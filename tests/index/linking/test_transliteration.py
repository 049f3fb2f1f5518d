"""Readings of a Hangul word as a Latin name: by sound, letter by letter, without an ending."""

from __future__ import annotations

import pytest

from nonmun.index.linking.transliteration import looks_foreign, transliterations


@pytest.mark.parametrize(
    ("word", "letters"),
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
def test_letter_names_are_spelled_out(word: str, letters: str) -> None:
    assert {reading.letters for reading in transliterations(word)} - {""} == ({letters} if letters else set())


def test_the_rest_of_a_word_after_letters_is_read_by_sound() -> None:
    (reading,) = [reading for reading in transliterations("엑스엘넷") if reading.letters]
    assert reading.letters_first
    assert reading.phonemes == "neD"


@pytest.mark.parametrize(
    ("word", "term", "accepted"),
    [("트랜스포머", "transform", True), ("디퓨전", "diffus", True), ("스프링", "spr", False)],
)
def test_an_ending_must_be_one_that_the_stemmer_removes(word: str, term: str, accepted: bool) -> None:
    assert any(reading.endings and reading.accepts(term) for reading in transliterations(word)) is accepted


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
def test_loan_words_look_foreign(word: str, foreign: bool) -> None:
    assert looks_foreign(word) is foreign
