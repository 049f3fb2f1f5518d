"""Mention candidates of a question, as written."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun.index.linking.mentions import candidate_rows, joined_candidates, mention_candidates


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("어댑트클립에서는 왜 빠른가", ["어댑트클립"]),
        ("월드PM의 성능", ["월드PM", "성능"]),
        ("GPT-4.1에서만", ["GPT-4.1"]),
        ("오픈씽크이미지는 무엇인가", ["오픈씽크이미지", "오픈씽크이미지는"]),
        ("딥시크를 사용한 연구", ["딥시크", "사용", "연구"]),
        ("그것은 많은 것을 보여 준다", []),
        ("Which models beat LLaMA-3?", ["Which", "models", "beat", "LLaMA-3"]),
        ("", []),
    ],
)
def test_drops_particles_and_verbs(text: str, names: list[str]) -> None:
    assert mention_candidates(text) == names


def test_lists_a_particle_that_may_belong_to_the_name() -> None:
    assert mention_candidates("메타유에이에스가 뭐야")[:2] == ["메타유에이에스", "메타유에이에스가"]


@pytest.mark.parametrize(
    ("text", "joined"),
    [
        ("어댑트 클립", {"어댑트클립"}),
        ("어댑트는 클립", set()),
        ("어댑트, 클립", set()),
        ("어댑트 GPT 클립", set()),
        ("오픈 씽크 이미지", {"오픈씽크", "씽크이미지", "오픈씽크이미지"}),
    ],
)
def test_joins_adjacent_hangul_words(text: str, joined: set[str]) -> None:
    assert set(joined_candidates(candidate_rows(text))) == joined


@given(st.text(alphabet="가나클립은는이 AB4.-\n\ud800", max_size=20))
def test_every_candidate_occurs_in_the_text(text: str) -> None:
    normalized = unicodedata.normalize("NFKC", text)
    assert all(name in normalized for name in mention_candidates(text))
