"""The Markdown format: all variants of entries, problems with their lines, linear time on any text."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nonmun.index.domain.arxiv_ids import parse_arxiv_id
from nonmun.index.domain.errors import FileError
from nonmun.ingest.formats.base import Digest
from nonmun.ingest.formats.markdown import MAX_BYTES, parse_digest

NAME = "2025-03-03.md"
HEAD = "# Hugging Face Daily Papers – 2025-03-03\n\n"
PIECES = [
    "# Daily – 2025-03-03\n",
    "## 2505.09264\n",
    "## 2505.09264v2\r\n",
    "## math.GT/0309136\n",
    "## 1. 실험 설정\n",
    "##\t99.1\n",
    "🔗 https://huggingface.co/papers/2505.09264\n",
    "**Summary**:\n",
    "**Summary**: ",
    "```markdown\n",
    "```\n",
    "```python\n",
    "**한계점:**\n",
    "2. 정량적 결과\n",
    "---\n",
    " \n",
    "모델은 빠르다.\n",
    "#",
    "*",
    "`",
    "\ufeff",
    "\r",
    "\0",
    "\ud800",
    "２０２５-03-03",
]
TEXTS = st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=30).map("".join))


def entry(paper_id: str, body: str = "본문이다.", link: str | None = None) -> str:
    link = f"https://huggingface.co/papers/{paper_id}" if link is None else link
    return f"## {paper_id}\n🔗 {link}\n\n**Summary**:\n{body}\n\n---\n\n"


def problems(digest: Digest) -> list[tuple[int, str]]:
    return [(problem.line, problem.message) for problem in digest.problems]


@given(TEXTS)
@example("## 2505.09264\n**Summary**:\n")
@example("\x1c")
def test_parses_any_text_with_valid_offsets(text: str) -> None:
    digest = parse_digest(text, NAME)
    for entry in digest.entries:
        last = 0
        for section in entry.sections:
            assert last <= section.start <= section.end <= len(entry.body)
            last = section.end
            assert entry.text(section) == entry.text(section).strip()
    assert all(1 <= problem.line <= text.count("\n") + 1 for problem in digest.problems)


@given(TEXTS)
def test_entry_starts_only_at_an_id(text: str) -> None:
    matches = (re.fullmatch(r"##[ \t]+(\S+)[ \t]*\r?", line) for line in text.split("\n"))
    starts = [arxiv_id.paper_id for match in matches if match and (arxiv_id := parse_arxiv_id(match[1]))]
    digest = parse_digest(text, NAME)
    assert [entry.paper_id for entry in digest.entries] == (list(dict.fromkeys(starts)) if digest.date else [])
    lines = text.split("\n")
    assert all(lines[entry.line - 1].startswith("##") for entry in digest.entries)


@pytest.mark.parametrize(
    "line", ["# 2505.09264", "### 2505.09264", " ## 2505.09264", "##2505.09264", "## 2505.09264 Title", "> ## 2505.1"]
)
def test_other_lines_do_not_start_an_entry(line: str) -> None:
    digest = parse_digest(HEAD + entry("2505.00001", f"앞\n{line}\n뒤"), NAME)
    assert [entry.paper_id for entry in digest.entries] == ["2505.00001"]


def test_samples_have_no_problems(samples: Path) -> None:
    digests = [parse_digest(path.read_text("utf-8"), path.name) for path in sorted((samples / "digests").glob("*.md"))]
    assert [digest.date for digest in digests] == ["2025-03-03", "2025-03-04", "2025-03-05", "2025-03-06"]
    assert [len(digest.entries) for digest in digests] == [4, 5, 4, 6]
    assert [digest.problems for digest in digests] == [()] * 4


def test_reads_the_version_of_a_heading(samples: Path) -> None:
    digest = parse_digest((samples / "digests" / "2025-03-05.md").read_text("utf-8"), "2025-03-05.md")
    first = digest.entries[0]
    assert (first.paper_id, first.version, first.url) == (
        "2203.02155",
        1,
        "https://huggingface.co/papers/2203.02155",
    )
    assert first.title == "InstructGPT: 사람의 피드백으로 지시를 따르게 하기"
    assert digest.entries[1].version is None


@pytest.mark.data
def test_real_digests(shared_data: Path) -> None:
    digests = [parse_digest(path.read_text("utf-8"), path.name) for path in sorted(shared_data.glob("digests/*.md"))]
    counts = [len(digest.entries) for digest in digests]
    assert counts == [8, 8, 2, 2, 20, 20, 20, 9, 24, 1, 15, 27, 27, 2, 8, 16]
    assert sum(counts) == 209
    assert len({entry.paper_id for digest in digests for entry in digest.entries}) == 116
    assert [problem for digest in digests for problem in digest.problems] == []
    assert all(entry.body and entry.sections for digest in digests for entry in digest.entries)


def test_body_ends_before_one_separator() -> None:
    digest = parse_digest(HEAD + entry("2505.00001", "하나\n\n---\n\n둘"), NAME)
    assert digest.entries[0].body == "하나\n\n---\n\n둘"


def test_keeps_dashes_that_end_a_word() -> None:
    digest = parse_digest(HEAD + "## 2505.00001\nhttps://x.org\n**Summary**:\n본문---", NAME)
    assert digest.entries[0].body == "본문---"


def test_title_overrides_the_date_of_the_name() -> None:
    digest = parse_digest("\n\n" + HEAD + entry("2505.00001"), "2025-03-04.md")
    assert digest.date == "2025-03-03"
    assert problems(digest) == [(3, "the title has the date 2025-03-03, the file name 2025-03-04; the title is used")]


def test_reads_the_date_of_the_name() -> None:
    digest = parse_digest("# Papers\n\n" + entry("2505.00001"), NAME)
    assert (digest.date, digest.problems) == ("2025-03-03", ())


def test_digest_without_a_date_has_no_entries() -> None:
    digest = parse_digest(entry("2505.00001"), "papers.md")
    assert (digest.date, digest.entries) == ("", ())
    assert [line for line, message in problems(digest) if "no date" in message] == [1]


def test_reports_an_invalid_date() -> None:
    digest = parse_digest("# Papers 2025-02-30\n\n" + entry("2505.00001"), NAME)
    assert digest.date == "2025-03-03"
    assert problems(digest) == [(1, "2025-02-30 is not a valid date")]


def test_reports_a_duplicate_entry() -> None:
    digest = parse_digest(HEAD + entry("2505.00001", "처음") + entry("2505.00001v2", "다시"), NAME)
    assert [entry.body for entry in digest.entries] == ["처음"]
    assert problems(digest) == [(11, "2505.00001 is already at line 3; the first one is used")]


@pytest.mark.parametrize("almost", ["2505.123", "2513.00001", "250.12345", "arXiv:2505.123456", "1401.00001"])
def test_reports_an_almost_valid_id(almost: str) -> None:
    digest = parse_digest(HEAD + entry("2505.00001") + entry(almost), NAME)
    assert [entry.paper_id for entry in digest.entries] == ["2505.00001"]
    assert [(line, almost in message) for line, message in problems(digest)] == [(11, True)]


def test_reports_the_link_of_another_paper() -> None:
    digest = parse_digest(HEAD + entry("2505.00001", link="https://arxiv.org/abs/2505.00002"), NAME)
    assert digest.entries[0].paper_id == "2505.00001"
    assert problems(digest) == [(3, "the heading names 2505.00001, its link 2505.00002; the heading is used")]


def test_reports_a_missing_link() -> None:
    digest = parse_digest(HEAD + "## 2505.00001\n\n**Summary**:\n본문", NAME)
    assert (digest.entries[0].url, digest.entries[0].body) == ("", "본문")
    assert problems(digest) == [(3, "2505.00001 has no link")]


def test_reports_a_missing_summary() -> None:
    digest = parse_digest(HEAD + "## 2505.00001\n🔗 https://arxiv.org/abs/2505.00001\n\n본문", NAME)
    assert digest.entries[0].body == "본문"
    assert problems(digest) == [(3, "2505.00001 has no **Summary**: line; all its text is the body")]


def test_reports_text_before_the_summary() -> None:
    digest = parse_digest(HEAD + entry("2505.00001").replace("\n\n**S", "\n잃은 말\n**S"), NAME)
    assert [line for line, message in problems(digest) if "잃은 말" in message] == [3]


def test_reports_an_empty_summary() -> None:
    digest = parse_digest(HEAD + entry("2505.00001", ""), NAME)
    assert problems(digest) == [(3, "2505.00001 has an empty summary")]


def test_reports_text_before_the_first_entry() -> None:
    digest = parse_digest(HEAD + "안내 말씀\n\n" + entry("2505.00001"), NAME)
    assert [(line, "안내 말씀" in message) for line, message in problems(digest)] == [(3, True)]


@pytest.mark.parametrize("text", ["", "\n", "글만 있다."])
def test_reports_a_digest_without_entries(text: str) -> None:
    assert problems(parse_digest(text, NAME)) == [(1, "no entries: none of its lines is `## <arXiv id>`")]


def test_windows_line_ends_do_not_matter(samples: Path) -> None:
    path = samples / "digests" / "2025-03-05.md"
    text = path.read_text("utf-8")
    plain = parse_digest(text, path.name)
    windows = parse_digest(text.replace("\n", "\r\n"), path.name)
    assert (windows.date, windows.problems) == (plain.date, ())
    for crlf, lf in zip(windows.entries, plain.entries, strict=True):
        assert (crlf.paper_id, crlf.version, crlf.url, crlf.title, crlf.line) == (
            lf.paper_id,
            lf.version,
            lf.url,
            lf.title,
            lf.line,
        )
        assert [(part.name, part.heading) for part in crlf.sections] == [
            (part.name, part.heading) for part in lf.sections
        ]
        assert crlf.body.replace("\r\n", "\n") == lf.body


def test_rejects_more_than_a_megabyte() -> None:
    parse_digest("x" * MAX_BYTES, NAME)
    with pytest.raises(FileError, match=r"2025-03-03\.md: more than 1,000,000 bytes"):
        parse_digest("x" * (MAX_BYTES + 1), NAME)
    with pytest.raises(FileError):
        parse_digest("논" * (MAX_BYTES // 3 + 1), NAME)


def seconds(text: str) -> float:
    started = time.process_time()
    parse_digest(text, NAME)
    return time.process_time() - started


@pytest.mark.parametrize(
    "repeated",
    [
        "## 2505.00001\n",
        "## 1. 결과\n",
        "```\n",
        "```md\n",
        "**결과** ",
        "**결과**\n",
        "\n",
        "a-",
        "##\t",
        "# 2025-13-45 ",
        "**Summary** \n",
        "https://",
        '논문 "',
        "1.",
        "---\n",
        "1. " + " " * 6_000 + "*",
    ],
)
def test_time_is_linear(repeated: str) -> None:
    head = "## 2505.00001\n**Summary**:\n"
    small, large = (head + (repeated * size)[:size] for size in (20_000, 160_000))
    if len(repeated) > 1_000:  # one long line instead of many short ones
        small, large = (head + "1. " + " " * size + "*" for size in (2_000, 16_000))
    fast, slow = (min(seconds(text) for _ in range(3)) for text in (small, large))
    assert slow < 24 * fast + 0.1
