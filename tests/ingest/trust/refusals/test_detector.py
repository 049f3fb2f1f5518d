"""Detection of refusals and invented summaries in texts written for the tests: labels, spans, false alarms."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun.index.domain.papers import Entry
from nonmun.ingest.formats.sections import parse_sections
from nonmun.ingest.trust.refusals.detector import detect_refusal, says_nothing

FOLDER = Path(__file__).parents[1] / "bodies"
PARTS = [
    "죄송합니다. ",
    "논문을 열 수 없습니다.\n",
    "제목을 바탕으로 요약했습니다. ",
    "## 1. 핵심 동기와 문제 정의\n",
    "구체적인 정보는 제공되지 않았습니다.\n",
    "그래프 신경망의 과평활화를 줄이는 정규화 층을 제안합니다. ",
    "I cannot open the paper. ",
    "```\n",
    "**결과**: ",
    "- [여기에 작성]\n",
    "“",
    '"',
]


def summary(body: str) -> Entry:
    title, sections = parse_sections(body)
    return Entry("2025-01-01", "2501.00001", None, "", title, body, sections, 1)


def labelled_bodies() -> list[tuple[str, str, str]]:
    """Return label, name and body of every summary in the four files."""
    labelled: list[tuple[str, str, str]] = []
    for path in sorted(FOLDER.glob("*.txt")):
        for block in re.split(r"^=== ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            head, _, body = block.partition("\n")
            label, name = head.split()
            labelled.append((label, name, body.strip()))
    return labelled


def detected_label(body: str) -> str:
    refusal = detect_refusal(summary(body))
    return refusal[0] if refusal else "honest"


def test_labels_of_written_texts() -> None:
    labelled = labelled_bodies()
    assert sum(label != "honest" for label, _, _ in labelled) >= 100
    assert sum(label == "honest" for label, _, _ in labelled) >= 80
    detected = {name: (label, detected_label(body)) for label, name, body in labelled}
    wrong = {name: pair for name, pair in detected.items() if pair[0] != pair[1]}
    assert not {name: pair for name, pair in wrong.items() if pair[0] == "honest"}, "false alarms"
    assert len(wrong) <= 4, wrong  # as short as a terse summary: a token limit, "(empty)", a decline


@pytest.mark.parametrize(
    ("body", "label", "span"),
    [
        ("죄송합니다. 파일이 안 열려요.", "refused", "죄송합니다."),
        (
            "유리컵을 잡는 로봇의 촉각 정책입니다.\n이 글은 제목만 보고 썼습니다.",
            "invented",
            "이 글은 제목만 보고 썼습니다.",
        ),
        ("I cannot access the PDF. Please paste the text.", "refused", "I cannot access the PDF."),
    ],
)
def test_reason_has_the_span_of_the_sentence(body: str, label: str, span: str) -> None:
    refusal = detect_refusal(summary(body))
    assert refusal is not None
    assert refusal[0] == label
    assert body[refusal[1][0].start : refusal[1][0].end] == span
    assert refusal[1][0].message.isascii()


@pytest.mark.parametrize("body", ["", "\n", "```markdown\n```", "## 1. 결과\n\n## 2. 한계점", "- 정보 없음\n- N/A"])
def test_body_without_content_is_refused(body: str) -> None:
    refusal = detect_refusal(summary(body))
    assert refusal is not None
    assert refusal[0] == "refused"
    assert [reason.code for reason in refusal[1]] == ["no_content"]


def test_quotations_are_not_admissions() -> None:
    quoted = '모델은 "죄송합니다. 논문을 읽을 수 없습니다."라고 답했고, 보상 학습이 이 거절을 3분의 1로 줄였습니다.'
    assert detect_refusal(summary(quoted)) is None
    assert detect_refusal(summary(quoted.replace('"', ""))) is not None


@given(st.lists(st.one_of(st.sampled_from(PARTS), st.text(max_size=30))).map("".join))
def test_spans_are_in_the_body_and_trailing_white_space_is_ignored(body: str) -> None:
    entry = Entry("2025-01-01", "2501.00001", None, "", "", body, (), 1)
    refusal = detect_refusal(entry)
    with_space = detect_refusal(Entry("2025-01-01", "2501.00001", None, "", "", body + " \n\t\n", (), 1))
    assert refusal == with_space
    if refusal:
        assert 1 <= len(refusal[1]) <= 5
        for reason in refusal[1]:
            assert 0 <= reason.start <= reason.end <= len(body)
            assert reason.code == "no_content" or reason.start < reason.end


@pytest.mark.parametrize(
    "unit", ["구체적인", "제목 기반 ", "본문 제공제공", "I cannot ", "'", "논문은 ", ". ", "정보 "]
)
def test_time_is_linear(unit: str) -> None:
    def seconds(size: int) -> float:
        entry = Entry("2025-01-01", "2501.00001", None, "", "", unit * (size // len(unit)), (), 1)
        start = time.process_time()
        detect_refusal(entry)
        return time.process_time() - start

    short = max(seconds(30_000), 0.02)
    assert seconds(120_000) < 12 * short


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("논문에서는 한계점에 대한 구체적인 언급이 없습니다.", True),
        ("- **한계점**: 구체적인 한계점에 대한 정보는 제공되지 않음.\n- **실패 요인**: 정보 없음", True),
        ("No limitations are mentioned in the paper.", True),
        ("- **한계점**:\n- 구체적인 정보는 제공되지 않았습니다.", True),
        ("구체적인 수치는 제공되지 않았습니다. 그래프 신경망의 과평활화를 줄이는 층을 제안합니다.", False),
        ("긴 문맥에서 성능이 떨어집니다.", False),
        ("죄송합니다. 논문을 열 수 없습니다.", False),  # the reader has to see that
        ("**데이터셋:**", False),
        ("", False),
        (" \n\n", False),
    ],
)
def test_sections_that_say_nothing(text: str, expected: bool) -> None:
    assert says_nothing(text) is expected


@given(st.lists(st.sampled_from(PARTS), max_size=8).map("".join))
def test_whether_a_section_says_nothing_is_always_told(text: str) -> None:
    assert says_nothing(text) in {True, False}
