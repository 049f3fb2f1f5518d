"""Phonemes of Hangul and Latin spellings, and the distances between them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun.index.linking.phonetics import (
    alternative_phonemes,
    consonant_skeletons,
    hangul_phonemes,
    latin_phonemes,
    phonetic_distances,
    skeleton_neighbors,
)

LATIN = st.text(alphabet="abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=14)
HANGUL = st.text(alphabet=[chr(code) for code in range(0xAC00, 0xD7A4, 7)], max_size=8)


@pytest.mark.parametrize(
    ("word", "phonemes"),
    [
        ("클립", "kLiP"),
        ("딥시크", "diPsik"),
        ("라마", "lama"),
        ("알라", "aLa"),
        ("맘마", "mama"),
        ("에이아이", "21"),
        ("GPT", ""),
    ],
)
def test_hangul_phonemes(word: str, phonemes: str) -> None:
    assert hangul_phonemes(word) == phonemes


@pytest.mark.parametrize(
    ("hangul", "latin"),
    [("클립", "clip"), ("딥시크", "deepseek"), ("큐", "q"), ("비전", "vision"), ("위스퍼", "whisper")],
)
def test_spellings_of_one_sound_are_near(hangul: str, latin: str) -> None:
    assert phonetic_distances(hangul_phonemes(hangul), latin_phonemes([latin]))[0] <= 0.25


@pytest.mark.parametrize(
    ("hangul", "nearer", "farther"),
    [
        ("클립", "clip", "clap"),
        ("로라", "lora", "lara"),
        ("버트", "bert", "bart"),
        ("바트", "bart", "bert"),
        ("맘바", "mamba", "samba"),
    ],
)
def test_the_right_spelling_is_nearest(hangul: str, nearer: str, farther: str) -> None:
    near, far = phonetic_distances(hangul_phonemes(hangul), latin_phonemes([nearer, farther]))
    assert near + 0.08 < far


@given(st.lists(LATIN, max_size=8))
def test_words_are_rewritten_independently(words: list[str]) -> None:
    assert latin_phonemes(words) == [latin_phonemes([word])[0] for word in words]
    assert consonant_skeletons(latin_phonemes(words)) == [
        consonant_skeletons(latin_phonemes([word]))[0] for word in words
    ]


@given(HANGUL, st.lists(LATIN, min_size=1, max_size=6))
def test_distances_are_independent_of_the_other_spellings(hangul: str, words: list[str]) -> None:
    phonemes, spellings = hangul_phonemes(hangul), latin_phonemes(words)
    together = phonetic_distances(phonemes, spellings)
    assert together.shape == (len(words),)
    assert together.tolist() == pytest.approx(
        [phonetic_distances(phonemes, [spelling])[0] for spelling in spellings], abs=1e-5
    )
    assert (together >= 0).all()


@given(st.text(alphabet="KTPSMNL", max_size=6), st.data())
def test_neighbors_differ_in_one_consonant(skeleton: str, data: st.DataObject) -> None:
    neighbor = data.draw(st.sampled_from(sorted(skeleton_neighbors(skeleton))))
    assert skeleton in skeleton_neighbors(neighbor)
    assert abs(len(neighbor) - len(skeleton)) <= 1


def test_ambiguous_consonants_have_a_rarer_reading() -> None:
    assert consonant_skeletons(latin_phonemes(["chroma"])) == ["SLM"]
    assert consonant_skeletons(alternative_phonemes(latin_phonemes(["chroma"]))) == ["KLM"]


def test_accepts_empty_lists() -> None:
    assert latin_phonemes([]) == consonant_skeletons([]) == alternative_phonemes([]) == []
    assert phonetic_distances("kliP", []).shape == (0,)
