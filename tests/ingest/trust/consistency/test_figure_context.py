"""Figures that are clearly about different things are unrelated."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun.index.facts.agreement import Sentence
from nonmun.ingest.trust.consistency.figure_context import FigureMention, are_unrelated, misreading_score


def mentions(*texts: str) -> list[FigureMention]:
    parsed = [Sentence.parse(text, 0, len(text)) for text in texts]
    return [FigureMention(figure, sentence) for sentence in parsed for figure in sentence.figures]


def unrelated(claim: str, stated: str, *other_claims: str) -> bool:
    return are_unrelated(mentions(claim)[0], mentions(stated)[0], mentions(*other_claims))


@pytest.mark.parametrize(
    ("claim", "stated", "other_claims"),
    [
        ("HarborBench에서 61.5%를 얻는다.", "It reaches 48.2% on QuayEval.", ()),  # different names
        ("파라미터 35만 개만 학습한다.", "The model has 90 billion parameters.", ()),  # different magnitude
        ("정확도가 6.4% 높다.", "Accuracy is 71.9%.", ()),  # a difference and a level
        (
            "18개 과제 가운데 7개를 푼다.",
            "We look at more than 25 tasks.",
            ("25개가 넘는 과제를 본다.",),
        ),  # quoted elsewhere
    ],
)
def test_unrelated_figures(claim: str, stated: str, other_claims: tuple[str, ...]) -> None:
    assert unrelated(claim, stated, *other_claims)


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
def test_related_figures(claim: str, stated: str) -> None:
    assert not unrelated(claim, stated)


@given(st.text(max_size=80), st.text(max_size=80))
def test_any_text(claim: str, stated: str) -> None:
    for claimed in mentions(claim, "12개의 과제를 푼다."):
        for mention in mentions(stated, "It has 30 tasks."):
            assert are_unrelated(claimed, mention, []) in {True, False}
            assert misreading_score(claimed.figure, mention.figure) in {0.0, 0.5, 1.0, 1.5}
