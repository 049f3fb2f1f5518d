"""The sections of a summary: offsets into its raw body, without headings and code fences around the whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ...index.domain.papers import Section, SectionName

# The first row with a word of the heading decides: "실험 결과" is a section of results, "실험 설정" of experiments.
_HEADING_WORDS: tuple[tuple[SectionName, str], ...] = (
    ("limitations", r"한계|실패\s*요인|제한\s*사항|limitation|weakness|failure"),
    ("future_work", r"후속\s*연구|향후|확장\s*방향|future|next steps"),
    ("results", r"결과|성능|results?\b|performance"),
    ("experiments", r"실험|데이터\s*셋|데이터\s*세트|평가|experiment|datasets?\b|evaluation|setup"),
    ("architecture", r"아키텍처|구조|학습\s*설정|방법|method|architecture|training|approach"),
    ("contributions", r"기여|참신성|contribution|novelty"),
    ("motivation", r"동기|문제\s*정의|배경|서론|motivation|problem|introduction|background"),
)
_NAMES: tuple[tuple[SectionName, re.Pattern[str]], ...] = tuple(
    (name, re.compile(pattern, re.IGNORECASE)) for name, pattern in _HEADING_WORDS
)
_MAX_HEADING = 60

# Matched against lines without trailing white space, in linear time: no two open-ended parts are adjacent.
_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(\S.*)")
_NUMBER = re.compile(r"^(?:\d{1,2}[.)]|[IVX]{1,4}\.)\s*")
_BOLD = re.compile(r" {0,3}(?:\d{1,2}[.)][ \t]*)?\*\*([^*]+)\*\*[ \t]*:?")
_PLAIN = re.compile(r" {0,3}\d{1,2}[.)][ \t]*([^*\s][^*]*)")
_FENCE = re.compile(r" {0,3}```+[ \t]*([\w+-]*)")
_PLAIN_HEADINGS = frozenset(
    {
        "핵심 동기와 문제 정의",
        "주요 기여 및 참신성",
        "모델 아키텍처 및 학습 설정",
        "실험 설정",
        "정량적 결과",
        "한계점 및 잠재적 실패 요인",
        "후속 연구 아이디어 또는 확장 방향",
    }
)
_TITLE_PREFIX = re.compile(r"^(?:논문 ?(?:제목|요약)|paper summary|title) ?[:：]", re.IGNORECASE)
_TITLE_SUFFIX = re.compile(r" ?:? ?(?:논문 ?)?요약$")
_QUOTED_TITLE = re.compile(
    r"(?:논문|링크|제목)[^\"'“‘\n]{0,40}(?:\"([^\"\n]{8,200})\"|“([^”\n]{8,200})”|'([^'\n]{8,200})')"
)
_QUOTES = "\"'“”‘’「」『』"


def section_name(heading: str) -> SectionName:
    """Return the canonical name of a heading; "other" if it has none."""
    if len(heading) <= _MAX_HEADING:
        for name, pattern in _NAMES:
            if pattern.search(heading):
                return name
    return "other"


@dataclass(frozen=True, slots=True)
class _Boundary:
    """A line between two sections: a heading, or a code fence around the whole summary."""

    start: int
    end: int
    name: SectionName
    heading: str


def _lines(body: str) -> Iterator[tuple[int, int, str]]:
    """Yield the start, the end and the text of each line."""
    start = 0
    while start < len(body):
        newline = body.find("\n", start)
        end = len(body) if newline < 0 else newline + 1
        yield start, end, body[start:end].rstrip()
        start = end


def _clean(heading: str) -> str:
    bare = heading.replace("**", "").rstrip(" \t#").rstrip(":：").strip()
    return _NUMBER.sub("", bare).strip()


def _heading(line: str) -> tuple[SectionName, str] | None:
    """Return the name and heading of the section that a line starts, if it does."""
    if match := _HEADING.match(line):
        heading = _clean(match[2])
        name = section_name(heading)
        is_section = len(match[1]) == 2 or (name != "other" and len(match[1]) > 1)
        return (name, heading) if is_section else None
    if match := _BOLD.fullmatch(line):
        heading = _clean(match[1])
        name = section_name(heading)
        return (name, heading) if name != "other" else None
    if (match := _PLAIN.fullmatch(line)) and (heading := _clean(match[1])) in _PLAIN_HEADINGS:
        return section_name(heading), heading
    return None


def _title(line: str) -> str:
    match = _HEADING.match(line)
    if not match or len(match[1]) != 1:
        return ""
    title = match[2].replace("**", "").rstrip(" \t#")
    return _TITLE_SUFFIX.sub("", _TITLE_PREFIX.sub("", title)).strip().strip(_QUOTES).strip()


def _boundaries(body: str) -> Iterator[_Boundary | str]:
    """Yield the boundaries of sections, and the titles between them, in order."""
    in_wrapper = in_code = has_section = False
    for start, end, line in _lines(body):
        if fence := _FENCE.fullmatch(line):
            language = fence[1].lower()
            if in_code:
                in_code = bool(language)  # ```lang inside code is text; a bare fence closes it
            elif in_wrapper and not language:
                in_wrapper = False
                yield _Boundary(start, end, "other", "")
            elif language in {"markdown", "md"} or (not language and not has_section):
                in_wrapper = has_section = True
                yield _Boundary(start, end, "other", "")
            else:
                in_code = True
            continue
        if in_code:
            continue
        if title := _title(line):
            yield _Boundary(start, end, "other", "")
            yield title
        elif section := _heading(line):
            has_section = True
            yield _Boundary(start, end, *section)


def _trim(body: str, start: int, end: int) -> tuple[int, int]:
    """Return a span without the white space at its ends."""
    text = body[start:end]
    left = len(text) - len(text.lstrip())
    return start + left, max(start + left, start + len(text.rstrip()))


def parse_sections(body: str) -> tuple[str, tuple[Section, ...]]:
    """Parse the title and the sections of a summary, in one pass.

    Returns:
        The first title in the body (a level-one heading, else a quoted title in its first lines, else empty), and its
        sections in order. Sections do not overlap, and cover the body except headings, fences and white space. Text
        before the first heading and after a closing fence is "other".
    """
    title = ""
    sections: list[Section] = []
    current = _Boundary(0, 0, "other", "")
    for boundary in [*_boundaries(body), _Boundary(len(body), len(body), "other", "")]:
        if isinstance(boundary, str):
            title = title or boundary
            continue
        start, end = _trim(body, current.end, boundary.start)
        if start < end or current.heading:
            sections.append(Section(current.name, current.heading, start, max(start, end)))
        current = boundary
    if not title and (match := _QUOTED_TITLE.search(body[:600])):
        title = next(group for group in match.groups() if group)
    return title, tuple(sections)
