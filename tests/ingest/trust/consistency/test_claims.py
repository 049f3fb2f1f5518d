from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun.index.domain.papers import Entry
from nonmun.index.facts.agreement import Sentence
from nonmun.index.facts.quantities import find_quantities
from nonmun.ingest.formats.sections import parse_sections
from nonmun.ingest.trust.consistency.claims import figure_claims
from nonmun.ingest.trust.consistency.extraction import draft
from nonmun.ingest.trust.consistency.figure_context import Place, closeness
from nonmun.ingest.trust.consistency.misquote_model import candidates, with_nearness


def sentence(text: str) -> Sentence:
    return Sentence.parse(text, 0, len(text))


def places(*texts: str) -> list[Place]:
    return [Place(figure, read) for read in map(sentence, texts) for figure in read.figures]


def score(claim: str, stated: str, *elsewhere: str, cosine: float = 0.4) -> float:
    mine = places(claim, *elsewhere)
    found = candidates(mine[0], mine[1:], places(stated))
    return max((with_nearness(value, cosine, cosine) for _, value in found), default=-9.0)


@pytest.mark.parametrize(
    ("claim", "stated"),
    [
        ("부두 로봇은 41개의 과제를 푼다.", "The harbour robot solves 14 tasks."),
        ("속도가 최대 30배 빨라진다.", "It is up to 3x faster."),
        ("2.4억 개의 파라미터를 가진다.", "It has 2.4 billion parameters."),
        ("HarborBench에서 정확도가 83.2%이다.", "On HarborBench, accuracy is 82.3%."),
        ("정확도가 6.5%p 높아진다.", "Accuracy improves by 6.5%."),
    ],
)
def test_misstated_figures(claim: str, stated: str) -> None:
    assert score(claim, stated) > 0


@pytest.mark.parametrize(
    ("claim", "stated"),
    [
        ("41개의 과제를 푼다.", "It reads 14 languages."),
        ("4비트로 줄인다.", "It is 4x faster."),
        ("정확도가 83.2%이다.", "It takes 12 hours."),
        ("9개의 그래프를 쓴다.", "Nothing is counted here."),
    ],
)
def test_figures_of_other_things(claim: str, stated: str) -> None:
    assert score(claim, stated) < 0


def test_a_figure_that_the_same_sentence_gives_rightly_is_another() -> None:
    assert score("12%에서 20%로 오른다.", "It rises to 20%.") < 0


def test_a_summary_that_contradicts_itself() -> None:
    claim, stated, twin = "속도는 35 FPS로 빠르다.", "It runs at 25 FPS.", "**요약**: 속도는 25 FPS로 빠르다."
    assert score(claim, stated, twin, cosine=0.0) > score(claim, stated, cosine=0.0) + 1


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("1.6억 개", "1.6 billion", 1.5),
        ("54%", "45%", 1),
        ("5.4%", "54%", 1),
        ("8%", "9%", 0),
        ("95%", "90%", 0.5),
        ("101개", "99", 0.5),
    ],
)
def test_closeness(one: str, other: str, expected: float) -> None:
    (mine,), (theirs,) = find_quantities(f"값 {one}"), find_quantities(f"a {other} b")
    assert closeness(mine, theirs) == expected


def entry(body: str) -> Entry:
    return Entry("2025-03-03", "2503.00001", None, "", "", body, parse_sections(body)[1], 1)


def test_outcomes_with_spans() -> None:
    body = "## 결과\n\n- HarborBench에서 72.5%의 정확도를 얻는다.\n- 학습에는 7시간이 걸린다.\n- 과제 15개를 푼다."
    abstract = "On HarborBench it reaches 72.5% accuracy. It solves 51 tasks."
    read = draft(entry(body), "", abstract)
    vectors = {text: np.array([1.0, 0.0], np.float32) for text in read.texts()}
    found = {body[claim.start : claim.end]: claim.outcome for claim in figure_claims(read, vectors) if claim.end}
    assert found == {"72.5%": "supported", "15개": "contradicted"}
    assert read.unknown == 1


@given(st.text(max_size=200), st.text(max_size=200))
def test_any_texts_can_be_held_against_each_other(body: str, abstract: str) -> None:
    read = draft(entry(body), "", abstract)
    vectors = {text: np.array([1.0, 0.0], np.float32) for text in read.texts()}
    for claim in figure_claims(read, vectors):
        assert 0 <= claim.start <= claim.end <= len(body)
