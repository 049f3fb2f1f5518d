"""Claim checking: misquoted figures are found, unrelated ones are not compared."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun.index.domain.papers import Entry
from nonmun.index.facts.agreement import Sentence
from nonmun.index.facts.quantities import find_quantities
from nonmun.ingest.formats.sections import parse_sections
from nonmun.ingest.trust.consistency.claims import check_figures
from nonmun.ingest.trust.consistency.extraction import extract_facts
from nonmun.ingest.trust.consistency.figure_context import FigureMention, misreading_score
from nonmun.ingest.trust.consistency.misquote_model import add_similarity, misquote_candidates


def sentence(text: str) -> Sentence:
    return Sentence.parse(text, 0, len(text))


def mentions(*texts: str) -> list[FigureMention]:
    return [FigureMention(figure, parsed) for parsed in map(sentence, texts) for figure in parsed.figures]


def score(claim: str, stated: str, *other_claims: str, cosine: float = 0.4) -> float:
    claims = mentions(claim, *other_claims)
    candidates = misquote_candidates(claims[0], claims[1:], mentions(stated))
    return max((add_similarity(value, cosine, cosine) for _, value in candidates), default=-9.0)


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
def test_misquoted_figures(claim: str, stated: str) -> None:
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
def test_unrelated_figures(claim: str, stated: str) -> None:
    assert score(claim, stated) < 0


def test_sentence_that_also_quotes_the_figure_correctly() -> None:
    assert score("12%에서 20%로 오른다.", "It rises to 20%.") < 0


def test_summary_that_contradicts_itself() -> None:
    claim, stated, restated = "속도는 35 FPS로 빠르다.", "It runs at 25 FPS.", "**요약**: 속도는 25 FPS로 빠르다."
    assert score(claim, stated, restated, cosine=0.0) > score(claim, stated, cosine=0.0) + 1


@pytest.mark.parametrize(
    ("claim", "stated", "expected"),
    [
        ("1.6억 개", "1.6 billion", 1.5),
        ("54%", "45%", 1),
        ("5.4%", "54%", 1),
        ("8%", "9%", 0),
        ("95%", "90%", 0.5),
        ("101개", "99", 0.5),
    ],
)
def test_misreading_score(claim: str, stated: str, expected: float) -> None:
    (claimed_figure,), (stated_figure,) = find_quantities(f"값 {claim}"), find_quantities(f"a {stated} b")
    assert misreading_score(claimed_figure, stated_figure) == expected


def entry(body: str) -> Entry:
    return Entry("2025-03-03", "2503.00001", None, "", "", body, parse_sections(body)[1], 1)


def test_outcomes_with_spans() -> None:
    body = "## 결과\n\n- HarborBench에서 72.5%의 정확도를 얻는다.\n- 학습에는 7시간이 걸린다.\n- 과제 15개를 푼다."
    abstract = "On HarborBench it reaches 72.5% accuracy. It solves 51 tasks."
    facts = extract_facts(entry(body), "", abstract)
    vectors = {text: np.array([1.0, 0.0], np.float32) for text in facts.texts()}
    outcomes = {body[claim.start : claim.end]: claim.outcome for claim in check_figures(facts, vectors) if claim.end}
    assert outcomes == {"72.5%": "supported", "15개": "contradicted"}
    assert facts.uncheckable == 1


@given(st.text(max_size=200), st.text(max_size=200))
def test_compares_any_texts(body: str, abstract: str) -> None:
    facts = extract_facts(entry(body), "", abstract)
    vectors = {text: np.array([1.0, 0.0], np.float32) for text in facts.texts()}
    for claim in check_figures(facts, vectors):
        assert 0 <= claim.start <= claim.end <= len(body)
