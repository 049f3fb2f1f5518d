"""The sections of a summary: all variants of headings, and no text lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun.index.domain.papers import Entry
from nonmun.ingest.formats.markdown import parse_digest
from nonmun.ingest.formats.sections import parse_sections, section_name

SEVEN = ["motivation", "contributions", "architecture", "experiments", "results", "limitations", "future_work"]
LINES = [
    "# 제목: 빠른 모델 요약",
    "## 1. 핵심 동기와 문제 정의",
    "### 실험 설정",
    "#### 아무 말",
    "**5. 정량적 결과:**",
    "**한계점**",
    "**굵은 말**: 뜻",
    "7. 후속 연구 아이디어 또는 확장 방향",
    "  - **데이터셋**: MS MARCO",
    "```markdown",
    "```",
    "```python",
    "  ```",
    "````",
    "본문입니다.",
    "## ",
    "##",
    "## **",
    "\t",
    "",
    "x = 1\r",
]
BODIES = st.one_of(st.lists(st.sampled_from(LINES), max_size=25).map("\n".join), st.text())


def sections_of(body: str) -> list[tuple[str, str, str]]:
    return [(part.name, part.heading, body[part.start : part.end]) for part in parse_sections(body)[1]]


def names(body: str) -> list[str]:
    return [part.name for part in parse_sections(body)[1]]


def entries(samples: Path, name: str) -> dict[str, Entry]:
    return {
        entry.paper_id: entry for entry in parse_digest((samples / "digests" / name).read_text("utf-8"), name).entries
    }


@given(BODIES)
def test_sections_headings_and_fences_cover_the_body(body: str) -> None:
    title, sections = parse_sections(body)
    headings = {section.heading for section in sections if section.heading}
    last = 0
    edges = [(section.start, section.end) for section in sections]
    for start, end in [*edges, (len(body), len(body))]:
        for line in filter(str.strip, body[last:start].split("\n")):
            bare = line.strip()
            assert bare.startswith(("#", "```")) or any(heading in bare.replace("**", "") for heading in headings), bare
        last = end
    assert not title or title in body.replace("**", "")


@given(BODIES)
def test_sections_are_in_order(body: str) -> None:
    edges = [edge for part in parse_sections(body)[1] for edge in (part.start, part.end)]
    assert edges == sorted(edges)
    assert all(0 <= edge <= len(body) for edge in edges)


@pytest.mark.parametrize(
    "heading",
    [
        "## 실험 설정",
        "## 4. 실험 설정",
        "### 4) 실험 설정 ##",
        "## **4. 실험 설정**",
        "**실험 설정**",
        "**실험 설정:**",
        "**실험 설정**:",
        "**4. 실험 설정**",
        "4. **실험 설정**",
        "4. **실험 설정**:",
        "4. 실험 설정",
        "4) 실험 설정:",
        "## IV. 실험 설정",
        "  ## 실험 설정  ",
        "## 실험 설정：",
    ],
)
def test_recognizes_variants_of_headings(heading: str) -> None:
    assert sections_of(f"앞말\n{heading}\n\n- 본문\n") == [
        ("other", "", "앞말"),
        ("experiments", "실험 설정", "- 본문"),
    ]


@pytest.mark.parametrize(
    "line", ["**굵은 말**", "**실험**은 크다.", "- **실험 설정**: 크다", "3. 그 밖의 말", "실험 설정"]
)
def test_other_lines_are_text(line: str) -> None:
    assert sections_of(f"앞\n{line}\n뒤") == [("other", "", f"앞\n{line}\n뒤")]


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("실험 결과", "results"),
        ("실험 설정", "experiments"),
        ("Limitations and Future Work", "limitations"),
        ("Related Work", "other"),
        ("Next steps", "future_work"),
        ("Introduction", "motivation"),
        ("결과 " * 40, "other"),
    ],
)
def test_names_sections_by_their_headings(heading: str, name: str) -> None:
    assert section_name(heading) == name


def test_removes_a_fence_around_the_summary() -> None:
    body = "```markdown\n## 동기\n하나\n\n## 결과\n둘\n```"
    assert sections_of(body) == [("motivation", "동기", "하나"), ("results", "결과", "둘")]


def test_text_around_the_fence_is_a_section() -> None:
    body = "앞말입니다.\n\n```\n## 결과\n둘\n```\n\n뒷말입니다."
    assert sections_of(body) == [("other", "", "앞말입니다."), ("results", "결과", "둘"), ("other", "", "뒷말입니다.")]


def test_code_inside_the_fence_is_text() -> None:
    body = "```markdown\n## 방법\n```python\n## 결과\n```\n끝\n```\n뒤"
    assert sections_of(body) == [("architecture", "방법", "```python\n## 결과\n```\n끝"), ("other", "", "뒤")]


def test_a_fence_with_a_language_does_not_end_code() -> None:
    body = "앞\n```python\n```text\n## 결과\n```\n## 한계\n뒤"
    assert sections_of(body) == [
        ("other", "", "앞\n```python\n```text\n## 결과\n```"),
        ("limitations", "한계", "뒤"),
    ]


def test_keeps_an_empty_section() -> None:
    assert sections_of("## 동기\n## 결과\n둘") == [("motivation", "동기", ""), ("results", "결과", "둘")]


@pytest.mark.parametrize(
    ("body", "title"),
    [
        ("# 빠른 모델\n본문", "빠른 모델"),
        ("# 논문 요약: **빠른 모델**\n본문", "빠른 모델"),
        ('# "빠른 모델" 논문 요약\n본문', "빠른 모델"),
        ("# Paper Summary: Fast Models #\n", "Fast Models"),
        ('이 논문 "Fast Models for All"은 빠르다.', "Fast Models for All"),
        ("## 동기\n본문", ""),
        ("# 첫째\n# 둘째", "첫째"),
    ],
)
def test_finds_titles(body: str, title: str) -> None:
    assert parse_sections(body)[0] == title


@pytest.mark.parametrize(
    ("name", "paper_id"),
    [("2025-03-03.md", "1706.03762"), ("2025-03-03.md", "1810.04805"), ("2025-03-06.md", "2004.04906")],
)
def test_seven_sections_of_the_samples(samples: Path, name: str, paper_id: str) -> None:
    entry = entries(samples, name)[paper_id]
    assert [part.name for part in entry.sections if part.name != "other"] == SEVEN


def test_every_sample_but_the_unstructured_has_seven(samples: Path) -> None:
    names_found: dict[str, list[str]] = {}
    for path in sorted((samples / "digests").glob("*.md")):
        for paper_id, entry in entries(samples, path.name).items():
            names_found[f"{path.stem} {paper_id}"] = [part.name for part in entry.sections if part.name != "other"]
    fewer = {key: len(value) for key, value in names_found.items() if value != SEVEN}
    assert fewer == {"2025-03-04 2003.08934": 0, "2025-03-04 2302.13971": 0, "2025-03-05 2312.00752": 6}


def test_refusal_is_one_section(samples: Path) -> None:
    refusal = entries(samples, "2025-03-04.md")["2302.13971"]
    assert [(part.name, part.heading) for part in refusal.sections] == [("other", "")]
    assert refusal.text(refusal.sections[0]) == refusal.body


def test_apology_and_warning_stand_around_the_guesses(samples: Path) -> None:
    guessed = entries(samples, "2025-03-05.md")["2312.00752"]
    first, *_, last = guessed.sections
    assert guessed.text(first).startswith("죄송합니다.")
    assert (first.name, last.name, last.heading) == ("other", "other", "")
    assert "```" not in "".join(guessed.text(part) for part in guessed.sections)
    assert guessed.title == "Mamba: Linear-Time Sequence Modeling with Selective State Spaces"
