"""The sections of one summary: headings in all their variants, fences taken off, offsets into the raw body."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ...index.domain.papers import Section, SectionName

# A word of the heading decides, in this order: "실험 결과" speaks of results, "실험 설정" of experiments.
_WORDS: tuple[tuple[SectionName, str], ...] = (
    ("limitations", r"한계|실패\s*요인|제한\s*사항|limitation|weakness|failure"),
    ("future_work", r"후속\s*연구|향후|확장\s*방향|future|next steps"),
    ("results", r"결과|성능|results?\b|performance"),
    ("experiments", r"실험|데이터\s*셋|데이터\s*세트|평가|experiment|datasets?\b|evaluation|setup"),
    ("architecture", r"아키텍처|구조|학습\s*설정|방법|method|architecture|training|approach"),
    ("contributions", r"기여|참신성|contribution|novelty"),
    ("motivation", r"동기|문제\s*정의|배경|서론|motivation|problem|introduction|background"),
)
_NAMES: tuple[tuple[SectionName, re.Pattern[str]], ...] = tuple(
    (name, re.compile(words, re.IGNORECASE)) for name, words in _WORDS
)
_LONGEST_HEADING = 60

# Matched against lines without trailing white space. No open-ended part stands before another: each is linear.
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
_TITLE_HEAD = re.compile(r"^(?:논문 ?(?:제목|요약)|paper summary|title) ?[:：]", re.IGNORECASE)
_TITLE_TAIL = re.compile(r" ?:? ?(?:논문 ?)?요약$")
_QUOTED_TITLE = re.compile(
    r"(?:논문|링크|제목)[^\"'“‘\n]{0,40}(?:\"([^\"\n]{8,200})\"|“([^”\n]{8,200})”|'([^'\n]{8,200})')"
)
_QUOTES = "\"'“”‘’「」『』"


def section_name(heading: str) -> SectionName:
    """The canonical name that a heading's words stand for; "other" where none does."""
    if len(heading) <= _LONGEST_HEADING:
        for name, words in _NAMES:
            if words.search(heading):
                return name
    return "other"


@dataclass(frozen=True, slots=True)
class _Mark:
    """A line that ends the section before it and opens another: a heading, or a fence around the whole summary."""

    start: int
    end: int
    name: SectionName
    heading: str


def _lines(body: str) -> Iterator[tuple[int, int, str]]:
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
    """The section that a line opens, if it opens one."""
    if match := _HEADING.match(line):
        words = _clean(match[2])
        name = section_name(words)
        opens = len(match[1]) == 2 or (name != "other" and len(match[1]) > 1)
        return (name, words) if opens else None
    if match := _BOLD.fullmatch(line):
        words = _clean(match[1])
        name = section_name(words)
        return (name, words) if name != "other" else None
    if (match := _PLAIN.fullmatch(line)) and (words := _clean(match[1])) in _PLAIN_HEADINGS:
        return section_name(words), words
    return None


def _title(line: str) -> str:
    match = _HEADING.match(line)
    if not match or len(match[1]) != 1:
        return ""
    words = match[2].replace("**", "").rstrip(" \t#")
    return _TITLE_TAIL.sub("", _TITLE_HEAD.sub("", words)).strip().strip(_QUOTES).strip()


def _marks(body: str) -> Iterator[_Mark | str]:
    """The lines that part the body, and the titles met on the way."""
    wrapped = in_code = opened = False
    for start, end, line in _lines(body):
        if fence := _FENCE.fullmatch(line):
            language = fence[1].lower()
            if in_code:
                in_code = bool(language)  # ```lang inside code is text; a bare fence closes it
            elif wrapped and not language:
                wrapped = False
                yield _Mark(start, end, "other", "")
            elif language in {"markdown", "md"} or (not language and not opened):
                wrapped = opened = True
                yield _Mark(start, end, "other", "")
            else:
                in_code = True
            continue
        if in_code:
            continue
        if title := _title(line):
            yield _Mark(start, end, "other", "")
            yield title
        elif found := _heading(line):
            opened = True
            yield _Mark(start, end, *found)


def _tight(body: str, start: int, end: int) -> tuple[int, int]:
    text = body[start:end]
    left = len(text) - len(text.lstrip())
    return start + left, max(start + left, start + len(text.rstrip()))


def parse_sections(body: str) -> tuple[str, tuple[Section, ...]]:
    """The title and the sections of a summary, in one pass.

    Returns:
        The first title that the body names (a level-one heading, else a quoted title in its first lines; else
        empty), and its sections in order. Sections never overlap, and hold every word of the body but headings,
        fences and white space. Text before the first heading and after a closing fence is "other".
    """
    title = ""
    sections: list[Section] = []
    current = _Mark(0, 0, "other", "")
    marks = [*_marks(body), _Mark(len(body), len(body), "other", "")]
    for mark in marks:
        if isinstance(mark, str):
            title = title or mark
            continue
        start, end = _tight(body, current.end, mark.start)
        if start < end or current.heading:
            sections.append(Section(current.name, current.heading, start, max(start, end)))
        current = mark
    if not title and (match := _QUOTED_TITLE.search(body[:600])):
        title = next(group for group in match.groups() if group)
    return title, tuple(sections)
