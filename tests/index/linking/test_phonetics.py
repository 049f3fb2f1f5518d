"""Sounds of words: what Hangul says, what a spelling may stand for, and how far apart they are."""

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
    ("word", "sounds"),
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
def test_hangul_says_how_it_sounds(word: str, sounds: str) -> None:
    assert hangul_phonemes(word) == sounds


@pytest.mark.parametrize(
    ("hangul", "latin"),
    [("클립", "clip"), ("딥시크", "deepseek"), ("큐", "q"), ("비전", "vision"), ("위스퍼", "whisper")],
)
def test_same_sound_costs_little(hangul: str, latin: str) -> None:
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
def test_the_right_spelling_is_nearer(hangul: str, nearer: str, farther: str) -> None:
    one, other = phonetic_distances(hangul_phonemes(hangul), latin_phonemes([nearer, farther]))
    assert one + 0.08 < other


@given(st.lists(LATIN, max_size=8))
def test_many_words_sound_as_each_alone(words: list[str]) -> None:
    assert latin_phonemes(words) == [latin_phonemes([word])[0] for word in words]
    assert consonant_skeletons(latin_phonemes(words)) == [
        consonant_skeletons(latin_phonemes([word]))[0] for word in words
    ]


@given(HANGUL, st.lists(LATIN, min_size=1, max_size=6))
def test_a_distance_depends_on_its_own_pair_only(hangul: str, words: list[str]) -> None:
    sounds, spelled = hangul_phonemes(hangul), latin_phonemes(words)
    together = phonetic_distances(sounds, spelled)
    assert together.shape == (len(words),)
    assert together.tolist() == pytest.approx([phonetic_distances(sounds, [one])[0] for one in spelled], abs=1e-5)
    assert (together >= 0).all()


@given(st.text(alphabet="KTPSMNL", max_size=6), st.data())
def test_neighbours_are_one_consonant_away(skeleton: str, data: st.DataObject) -> None:
    other = data.draw(st.sampled_from(sorted(skeleton_neighbors(skeleton))))
    assert skeleton in skeleton_neighbors(other)
    assert abs(len(other) - len(skeleton)) <= 1


def test_open_consonants_have_another_reading() -> None:
    assert consonant_skeletons(latin_phonemes(["chroma"])) == ["SLM"]
    assert consonant_skeletons(alternative_phonemes(latin_phonemes(["chroma"]))) == ["KLM"]


def test_of_nothing_comes_nothing() -> None:
    assert latin_phonemes([]) == consonant_skeletons([]) == alternative_phonemes([]) == []
    assert phonetic_distances("kliP", []).shape == (0,)
