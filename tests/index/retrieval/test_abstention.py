"""Assessment: which of the ranked papers answer, and how surely, against what unrelated questions reach."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest

from nonmun.index.engine.artifacts import Calibration, Reached
from nonmun.index.query.question import Question, parse_question
from nonmun.index.retrieval.abstention import Assessment, assess

# Unrelated questions reach nothing: a score is half the relevance plus the support.
CALIBRATION = Calibration(dict.fromkeys(("ko", "en"), Reached((0.0, 1.0), (0.0, 1.0), 1.0)))
TOPIC = parse_question("diffusion models for speech")
TODAY = date(2025, 5, 21)
A, B, C = (f"2505.0000{number}" for number in range(3))


def assessed(
    scores: Mapping[str, float], question: Question = TOPIC, *, is_filtered: bool = False, without: tuple[str, ...] = ()
) -> Assessment:
    support = {paper: score for paper, score in scores.items() if paper not in without}
    return assess(question, dict.fromkeys(scores, 0.0), support, CALIBRATION, is_filtered=is_filtered)


@pytest.mark.parametrize(("best", "confidence"), [(9.0, "high"), (2.5, "low"), (0.5, "none"), (-3.0, "none")])
def test_the_first_paper_decides_the_confidence(best: float, confidence: str) -> None:
    assert assessed({A: best, B: best - 1}).confidence == confidence


def test_scores_combine_relevance_and_support() -> None:
    found = assess(TOPIC, {A: 2.0, B: 0.0}, {A: 1.0, B: 3.0}, CALIBRATION, is_filtered=False)
    assert found.scores == pytest.approx({A: 2.0, B: 3.0})


def test_papers_that_come_near_are_relevant() -> None:
    found = assessed({A: 9.0, B: 2.5, C: 0.1})
    assert found.relevant == {A, B}


def test_a_later_paper_does_not_answer_if_the_first_does_not() -> None:
    found = assessed({A: 0.5, B: 9.0})
    assert (found.confidence, found.relevant) == ("none", frozenset())
    assert found.scores == {A: 0.5, B: 9.0}


def test_papers_without_sentences_are_not_assessed() -> None:
    found = assessed({A: 9.0, B: 9.0, C: 9.0}, without=(A, B))
    assert (found.scores.keys(), found.relevant) == ({C}, {C})


def test_without_papers_nothing_answers() -> None:
    for found in (assessed({}), assessed({A: 9.0}, without=(A,))):
        assert found == Assessment("none", {}, frozenset())


def test_a_question_for_days_alone_is_answered_by_whatever_lies_within() -> None:
    question = parse_question("지난주 다이제스트 보여줘", TODAY)
    assert question.intent == "digest"
    assert assessed({A: -9.0, B: -9.0}, question, is_filtered=True) == Assessment("high", {}, frozenset({A, B}))
    assert assessed({}, question, is_filtered=True) == Assessment("none", {}, frozenset())


def test_a_filter_answers_a_question_without_words() -> None:
    question = parse_question("논문은?")
    assert question.terms == ()
    assert assessed({A: -9.0}, question, is_filtered=True).relevant == {A}
    assert assessed({A: -9.0}, question).relevant == frozenset()
    assert assessed({A: -9.0}, is_filtered=True).relevant == frozenset()


def test_who_names_the_days_of_a_digest_asks_about_its_papers() -> None:
    question = parse_question("지난주에 나온 확산 모델 논문", TODAY)
    assert question.window
    assert question.intent != "digest"
    near = assessed({A: 0.5, B: 0.25}, question, is_filtered=True)
    assert (near.confidence, near.relevant) == ("low", {A})
    assert assessed({A: -0.5}, question, is_filtered=True).confidence == "none"
    assert assessed({A: 9.0}, question, is_filtered=True).confidence == "high"
    assert assessed({A: 0.5}).confidence == "none"


def test_each_language_has_its_own_calibration() -> None:
    strict = Calibration({"ko": Reached((0.0, 1.0), (0.0, 1.0), 1.0), "en": Reached((0.0, 1.0), (8.0, 1.0), 1.0)})
    question = parse_question("음성을 만드는 확산 모델")
    assert assess(question, {A: 0.0}, {A: 9.0}, strict, is_filtered=False).confidence == "high"
    assert assess(TOPIC, {A: 0.0}, {A: 9.0}, strict, is_filtered=False).confidence == "none"
