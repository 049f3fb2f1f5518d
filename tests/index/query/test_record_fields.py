"""Fields of a paper's record that questions ask for, and questions in which the same words ask for something else."""

from __future__ import annotations

import pytest

from nonmun.index.linking.paper_names import PaperNames
from nonmun.index.linking.resolution import resolve_papers
from nonmun.index.query.question import Question, parse_question

PAPER = "2505.09264"
NAMES = PaperNames({PAPER: "AdaptCLIP: Adapting CLIP for Universal Visual Anomaly Detection"})


def resolve(text: str, context: tuple[str, ...] = ()) -> Question:
    question = parse_question(text)
    return resolve_papers(question, NAMES.find_mentions(question.effective_text), context)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("AdaptCLIP 저자가 누구야?", "authors"),
        (f"{PAPER}의 저자 이름을 알려줘", "authors"),
        ("AdaptCLIP의 저자들은 누구인가요?", "authors"),
        ("Who wrote AdaptCLIP?", "authors"),
        (f"who are the authors of {PAPER}?", "authors"),
        (f"list the authors of {PAPER}", "authors"),
        (f"{PAPER} DOI", "doi"),
        ("AdaptCLIP은 어느 학회에 실렸어?", "journal_ref"),
        ("AdaptCLIP 발표일은?", "published"),
        (f"When was {PAPER} published?", "published"),
        (f"{PAPER}는 어느 분야야?", "categories"),
    ],
)
def test_question_for_a_field(text: str, field: str) -> None:
    question = resolve(text)
    assert question.intent == "record"
    assert field in question.fields
    assert question.paper_ids == (PAPER,)


@pytest.mark.parametrize("text", ["저자가 누구야?", "who are the authors?", "그 논문의 저자는?"])
def test_question_for_a_field_of_the_paper_spoken_of(text: str) -> None:
    question = resolve(text, (PAPER,))
    assert (question.intent, question.fields, question.paper_ids) == ("record", ("authors",), (PAPER,))


@pytest.mark.parametrize(
    "text",
    [
        "AdaptCLIP 저자들이 말한 한계점 알려줘",
        "AdaptCLIP 저자 소속은?",
        "what do the authors of AdaptCLIP claim about anomalies?",
        f"{PAPER}의 이름은?",
        f"{PAPER}를 요약해줘",
        "AdaptCLIP가 뭐야?",
    ],
)
def test_question_for_something_else(text: str) -> None:
    question = resolve(text)
    assert question.fields == ()
    assert question.intent != "record"


@pytest.mark.parametrize(
    "text", ["저자가 많은 논문", "who wrote papers on anomaly detection?", "저자 식별 모델을 다룬 연구"]
)
def test_question_about_no_paper_asks_for_no_field(text: str) -> None:
    assert resolve(text).intent != "record"
