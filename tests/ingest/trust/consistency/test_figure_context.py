"""Figures that plainly speak of different things are not held against each other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun.index.facts.agreement import Sentence
from nonmun.ingest.trust.consistency.figure_context import Place, closeness, of_other_things


def places(*texts: str) -> list[Place]:
    read = [Sentence.parse(text, 0, len(text)) for text in texts]
    return [Place(figure, sentence) for sentence in read for figure in sentence.figures]


def other(claim: str, stated: str, *elsewhere: str) -> bool:
    return of_other_things(places(claim)[0], places(stated)[0], places(*elsewhere))


@pytest.mark.parametrize(
    ("claim", "stated", "elsewhere"),
    [
        ("HarborBench에서 61.5%를 얻는다.", "It reaches 48.2% on QuayEval.", ()),  # named otherwise
        ("파라미터 35만 개만 학습한다.", "The model has 90 billion parameters.", ()),  # too far apart
        ("정확도가 6.4% 높다.", "Accuracy is 71.9%.", ()),  # a difference against a level
        (
            "18개 과제 가운데 7개를 푼다.",
            "We look at more than 25 tasks.",
            ("25개가 넘는 과제를 본다.",),
        ),  # given elsewhere
    ],
)
def test_other_things(claim: str, stated: str, elsewhere: tuple[str, ...]) -> None:
    assert other(claim, stated, *elsewhere)


@pytest.mark.parametrize(
    ("claim", "stated"),
    [
        ("HarborBench에서 61.5%를 얻는다.", "It reaches 65.1% on HarborBench."),
        ("HarborBench에서 61.5%를 얻는다.", "It reaches 65.1% on QuayEval."),  # looks like one number misread
        ("파라미터 3,500만 개를 학습한다.", "The model has 90 million parameters."),
        ("파라미터 9억 개를 학습한다.", "The model has 9 billion parameters."),  # the same digits
        ("정확도가 6.4% 높다.", "Accuracy improves by 9.9%."),
        ("18개 과제를 푼다.", "We look at 25 tasks."),
    ],
)
def test_the_same_thing(claim: str, stated: str) -> None:
    assert not other(claim, stated)


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_text(claim: str, stated: str) -> None:
    for mine in places(claim, "12개의 과제를 푼다."):
        for theirs in places(stated, "It has 30 tasks."):
            assert of_other_things(mine, theirs, []) in {True, False}
            assert closeness(mine.figure, theirs.figure) in {0.0, 0.5, 1.0, 1.5}
