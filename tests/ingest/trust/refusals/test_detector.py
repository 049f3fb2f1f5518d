"""Refusals and made-up summaries in our own words: what is found, where it stands, and what is left alone."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nonmun.ingest.trust.refusals.detector as trust  # the function's own name would be taken for a test
from nonmun.index.domain.papers import Entry
from nonmun.ingest.formats.sections import parse_sections

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


def own_words() -> list[tuple[str, str, str]]:
    """Label, name and body of every summary of the four sets."""
    found: list[tuple[str, str, str]] = []
    for path in sorted(FOLDER.glob("*.txt")):
        for block in re.split(r"^=== ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
            head, _, body = block.partition("\n")
            label, name = head.split()
            found.append((label, name, body.strip()))
    return found


def found(body: str) -> str:
    given_ = trust.testimony(summary(body))
    return given_[0] if given_ else "honest"


def test_own_words_are_told_apart() -> None:
    read = own_words()
    assert sum(label != "honest" for label, _, _ in read) >= 100
    assert sum(label == "honest" for label, _, _ in read) >= 80
    wrong = {name: (label, found(body)) for label, name, body in read if found(body) != label}
    assert not {name: pair for name, pair in wrong.items() if pair[0] == "honest"}, "an honest summary is accused"
    assert len(wrong) <= 4, wrong  # too short to be told from a terse summary: a token limit, "(empty)", a decline


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
def test_the_reason_points_at_the_sentence(body: str, label: str, span: str) -> None:
    given_ = trust.testimony(summary(body))
    assert given_ is not None
    assert given_[0] == label
    assert body[given_[1][0].start : given_[1][0].end] == span
    assert given_[1][0].message.isascii()


@pytest.mark.parametrize("body", ["", "\n", "```markdown\n```", "## 1. 결과\n\n## 2. 한계점", "- 정보 없음\n- N/A"])
def test_a_body_without_content_is_refused(body: str) -> None:
    given_ = trust.testimony(summary(body))
    assert given_ is not None
    assert given_[0] == "refused"
    assert [reason.code for reason in given_[1]] == ["no_content"]


def test_what_others_say_is_not_held_against_the_writer() -> None:
    quoted = '모델은 "죄송합니다. 논문을 읽을 수 없습니다."라고 답했고, 보상 학습이 이 거절을 3분의 1로 줄였습니다.'
    assert trust.testimony(summary(quoted)) is None
    assert trust.testimony(summary(quoted.replace('"', ""))) is not None


@given(st.lists(st.one_of(st.sampled_from(PARTS), st.text(max_size=30))).map("".join))
def test_spans_lie_in_the_body_and_white_space_at_the_end_means_nothing(body: str) -> None:
    entry = Entry("2025-01-01", "2501.00001", None, "", "", body, (), 1)
    given_ = trust.testimony(entry)
    later = trust.testimony(Entry("2025-01-01", "2501.00001", None, "", "", body + " \n\t\n", (), 1))
    assert given_ == later
    if given_:
        assert 1 <= len(given_[1]) <= 5
        for reason in given_[1]:
            assert 0 <= reason.start <= reason.end <= len(body)
            assert reason.code == "no_content" or reason.start < reason.end


@pytest.mark.parametrize(
    "unit", ["구체적인", "제목 기반 ", "본문 제공제공", "I cannot ", "'", "논문은 ", ". ", "정보 "]
)
def test_time_grows_with_the_length_only(unit: str) -> None:
    def seconds(size: int) -> float:
        entry = Entry("2025-01-01", "2501.00001", None, "", "", unit * (size // len(unit)), (), 1)
        start = time.process_time()
        trust.testimony(entry)
        return time.process_time() - start

    short = max(seconds(30_000), 0.02)
    assert seconds(120_000) < 12 * short
