"""Boilerplate messages of answers: lead lines, headings, notices and notes, none of which describes a paper."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Literal

from ....index.domain.filters import DateField
from ....index.domain.papers import Language

Aspect = Literal["motivation", "method", "results"]

_LEADS: dict[Language, dict[str, str]] = {
    "ko": {
        "list": "다음 논문이 이에 대해 말합니다.",
        "low": "이에 대해 직접 말하는 글은 없습니다. 가장 가까운 논문을 인용합니다.",
        "explain": "이 논문은 다음과 같이 설명되어 있습니다.",
        "section": "물으신 부분은 다음과 같이 쓰여 있습니다.",
        "no_section": "물으신 부분을 따로 다룬 글은 없어, 가장 가까운 문장을 인용합니다.",
        "compare": "논문을 같은 측면끼리 나란히 인용합니다.",
        "compare_one": "비교할 논문 가운데 하나만 찾아, 그 논문만 인용합니다.",
        "record": "서지 정보에는 다음과 같이 적혀 있습니다.",
        "figure": "다음 문장에 수치가 나옵니다.",
        "no_figure": "물으신 수치가 나오는 문장은 찾지 못해, 가장 가까운 문장을 인용합니다.",
        "digest": "새로운 것부터 보여 드립니다.",
        "window": "그 기간의 논문 {total}편을 새로운 것부터 보여 드립니다.",
        "window_part": "그 기간의 논문 {total}편 가운데 {shown}편을 새로운 것부터 보여 드립니다.",
    },
    "en": {
        "list": "The following papers address this.",
        "low": "No text states this outright. The nearest papers are quoted.",
        "explain": "The paper is described as follows.",
        "section": "The requested section reads as follows.",
        "no_section": "No text covers that section as such; the closest sentences are quoted.",
        "compare": "The papers are quoted side by side on the same aspects.",
        "compare_one": "Only one of the papers to compare was found; only that paper is quoted.",
        "record": "The paper's record reads as follows.",
        "figure": "The following sentences contain figures.",
        "no_figure": "No sentence with the requested figure was found; the closest sentences are quoted.",
        "digest": "Newest papers first.",
        "window": "Papers from this period: {total}, newest first.",
        "window_part": "{shown} of {total} papers from this period, newest first.",
    },
}
_NOTICES: Mapping[Language, Mapping[str, str]] = {
    "ko": {
        "empty_index": "색인이 비어 있습니다. 먼저 `nonmun ingest`로 다이제스트를 넣어 주세요.",
        "unknown_paper": "색인에 없는 논문입니다: {papers}",
        "nothing_relevant": "색인에 있는 논문 중에는 이 질문에 답하는 것이 없습니다.",
        "not_stated": "찾은 논문({papers})의 요약과 초록에 나와 있지 않습니다: {words}",
        "which_paper": "어느 논문을 말씀하시는지 알 수 없습니다. 논문 이름이나 arXiv 번호를 넣어 다시 물어 주세요.",
        "unsupported": "이 논문들의 요약과 초록에 없는 말: {words}.",
        "more": "이 밖에 {papers}편이 더 있습니다.",
        "outside_window": "색인에 그 기간이나 조건에 해당하는 글이 없습니다.",
        "no_text": "색인에 있지만 쓸 수 있는 글이 없습니다(요약이 작성되지 않았고 초록도 없음): {papers}. "
        "`nonmun fetch`로 초록을 가져오세요.",
        "only_untrusted": "이에 대해 말하는 글이 논문을 읽지 못하고 쓴 요약뿐이라 인용하지 않습니다: {papers}. "
        "`nonmun fetch`로 초록을 가져오세요.",
    },
    "en": {
        "empty_index": "The index is empty. Add digests with `nonmun ingest` first.",
        "unknown_paper": "Not in the index: {papers}",
        "nothing_relevant": "None of the papers in the index answers this question.",
        "not_stated": "Not in the summaries and abstracts of the papers found ({papers}): {words}",
        "which_paper": "It is unclear which paper is meant. Ask again with its name or its arXiv id.",
        "unsupported": "Not in their summaries and abstracts: {words}.",
        "more": "Further papers that come as close: {papers}.",
        "outside_window": "No text matches these dates or filters.",
        "no_text": "In the index, but without usable text (no summary was written and there is no abstract): {papers}. "
        "Run `nonmun fetch` to fetch abstracts.",
        "only_untrusted": "Only summaries written without access to the paper address this, and they are not quoted: "
        "{papers}. Run `nonmun fetch` to fetch abstracts.",
    },
}
_TRUST_NOTES: Mapping[Language, Mapping[str, str]] = {
    "ko": {
        "invented": "주의: 논문을 읽지 못하고 제목만으로 쓴 요약을 인용했습니다: {papers}",
        "contradicted": "주의: 초록과 어긋나는 곳이 있는 요약을 인용했습니다: {papers}",
        "disagree": "주의: 요약과 초록이 어긋나는 문장은 초록을 먼저 인용했습니다: {papers}",
    },
    "en": {
        "invented": "Warning: quoted from a summary written from the title alone: {papers}",
        "contradicted": "Warning: quoted from a summary that its abstract contradicts in places: {papers}",
        "disagree": "Warning: where summary and abstract disagree, the abstract is quoted first: {papers}",
    },
}
_SOURCE_NOTES: Mapping[Language, Mapping[str, str]] = {
    "ko": {
        "invented": "(주의: 논문을 읽지 못하고 제목만으로 쓴 요약)",
        "contradicted": "(주의: 초록과 어긋나는 내용이 있는 요약)",
        "abstract": "(초록)",
    },
    "en": {
        "invented": "(warning: a summary written from the title alone)",
        "contradicted": "(warning: a summary that its abstract contradicts)",
        "abstract": "(abstract)",
    },
}
_HEADINGS: Mapping[Language, Mapping[str, str]] = {
    "ko": {
        "motivation": "동기:", "method": "방법:", "results": "결과:", "limitations": "한계:", "experiments": "실험:",
        "contributions": "기여:", "architecture": "구조와 학습:", "future_work": "후속 연구:", "other": "내용:",
        "weak": "관련이 덜한 논문:",
    },
    "en": {
        "motivation": "Motivation:", "method": "Method:", "results": "Results:", "limitations": "Limitations:",
        "experiments": "Experiments:", "contributions": "Contributions:", "architecture": "Architecture and training:",
        "future_work": "Future work:", "other": "Content:", "weak": "Less closely related:",
    },
}  # fmt: skip

_FOOTERS: Mapping[Language, Mapping[str, str]] = {
    "ko": {
        "cited": "출처:",
        "asked": "물으신 논문:",
        "replaced": "언어 모델이 위의 답을 끝맺지 못했습니다. 아래의 인용으로 대신합니다.",
    },
    "en": {
        "cited": "Sources:",
        "asked": "Papers asked about:",
        "replaced": "The language model did not complete the answer above. The following quotations replace it.",
    },
}
_PERIODS: Mapping[Language, Mapping[DateField, str]] = {
    "ko": {"digest": "다이제스트 날짜: {since} ~ {until}", "published": "발표 날짜: {since} ~ {until}"},
    "en": {"digest": "Digest dates: {since} to {until}", "published": "Publication dates: {since} to {until}"},
}
_OPEN = "…"  # an open side of a period

SOURCE_NOTES = frozenset(note for notes in _SOURCE_NOTES.values() for note in notes.values())
"""What can follow a quotation: a warning about its summary, or that it comes from the abstract."""

_PLACEHOLDERS = {"{papers}": r"[\w./-]+(?:, [\w./-]+)*", "{words}": r".*", "{total}": r"\d+", "{shown}": r"\d+"}


def register_lead(name: str, texts: Mapping[Language, str]) -> None:
    """Add a lead line.

    Args:
        name: what `lead` looks it up by.
        texts: the line in every language of answers; may hold `{total}` and `{shown}`.

    Raises:
        ValueError: the name is taken, or a language is missing.
    """
    if any(name in leads for leads in _LEADS.values()):
        raise ValueError(f"the lead {name!r} is registered already")
    if missing := _LEADS.keys() - texts.keys():
        raise ValueError(f"the lead {name!r} has no text for: {', '.join(sorted(missing))}")
    for lang, leads in _LEADS.items():
        leads[name] = texts[lang]


def unregister_lead(name: str) -> None:
    """Remove a lead line that `register_lead` added.

    Raises:
        KeyError: no such lead is registered.
    """
    for leads in _LEADS.values():
        del leads[name]


def is_boilerplate(line: str) -> bool:
    """Return whether a line of an answer is a lead, a heading or a notice, which states nothing about a paper."""
    return any(
        _pattern(message).fullmatch(line)
        for table in (_LEADS, _NOTICES, _TRUST_NOTES, _HEADINGS)
        for messages in table.values()
        for message in messages.values()
    )


def is_heading(line: str) -> bool:
    """Return whether a line of an answer is the heading of an aspect or section."""
    return any(line in headings.values() for headings in _HEADINGS.values())


@cache
def _pattern(message: str) -> re.Pattern[str]:
    pattern = re.escape(message)
    for placeholder, values in _PLACEHOLDERS.items():
        pattern = pattern.replace(re.escape(placeholder), values)
    return re.compile(pattern)


def lead(lang: Language, name: str, *, total: int = 0, shown: int = 0) -> str:
    """Return the first line of an answer.

    Args:
        lang: language of the answer.
        name: an intent, or the name of what was done instead ("no_section").
        total: number of papers in the requested period.
        shown: number of those that are quoted.
    """
    return _LEADS[lang][name].format(total=total, shown=shown)


def heading(lang: Language, aspect: str) -> str:
    """Return the heading above the quotations of one aspect or section."""
    return _HEADINGS[lang][aspect]


def notice(lang: Language, reason: str, papers: Iterable[str] = (), words: Iterable[str] = ()) -> str:
    """Return why there is no answer, or none from some papers.

    Args:
        lang: language of the answer.
        reason: a reason for abstention (see `Answer.reason`).
        papers: ids of the papers that the reason is about.
        words: words of the question that the reason is about.
    """
    return _NOTICES[lang][reason].format(papers=", ".join(papers), words=", ".join(words))


def trust_notes(lang: Language, issues: Iterable[tuple[str | None, str]]) -> tuple[str, ...]:
    """Return one warning per kind of issue with the summaries that an answer quotes.

    Args:
        lang: language of the answer.
        issues: pairs of "invented", "contradicted" or "disagree" and a paper id; pairs with another code are ignored.
    """
    papers: dict[str, dict[str, None]] = {code: {} for code in _TRUST_NOTES[lang]}
    for code, paper_id in issues:
        if code in papers:
            papers[code][paper_id] = None
    return tuple(_TRUST_NOTES[lang][code].format(papers=", ".join(ids)) for code, ids in papers.items() if ids)


def source_note(lang: Language, source: str | None) -> str:
    """Return what follows a quotation of an untrusted summary, or of an abstract next to a summary; else nothing.

    Args:
        lang: language of the answer.
        source: trust label of the summary, or "abstract".
    """
    return _SOURCE_NOTES[lang].get(source or "", "")


def papers_heading(lang: Language, *, cited: bool) -> str:
    """Return the line above a numbered list of papers: those that an answer cites, or only those asked about."""
    return _FOOTERS[lang]["cited" if cited else "asked"]


def replacement_note(lang: Language) -> str:
    """Return the line between the sentences of a model that failed midway and the quotations that replace them."""
    return _FOOTERS[lang]["replaced"]


def period_line(lang: Language, since: str | None, until: str | None, by: DateField) -> str:
    """Return the line that states the dates that an answer is limited to.

    Args:
        lang: language of the answer.
        since: first day as an ISO date; None leaves that side open.
        until: last day, as `since`.
        by: the date that they restrict.
    """
    return _PERIODS[lang][by].format(since=since or _OPEN, until=until or _OPEN)


def find_period(text: str) -> tuple[str | None, str | None, DateField] | None:
    """Return the first day, the last day and the restricted date of the last `period_line` of a text, if it has one."""
    last: tuple[int, tuple[str | None, str | None, DateField]] | None = None
    for pattern, by in _period_patterns():
        for match in pattern.finditer(text):
            since, until = (None if match[side] == _OPEN else match[side] for side in ("since", "until"))
            if last is None or match.start() > last[0]:
                last = match.start(), (since, until, by)
    return last[1] if last else None


@cache
def _period_patterns() -> list[tuple[re.Pattern[str], DateField]]:
    day = rf"\d{{4}}-\d{{2}}-\d{{2}}|{_OPEN}"
    sides = {side: f"(?P<{side}>{day})" for side in ("since", "until")}
    patterns: list[tuple[re.Pattern[str], DateField]] = []
    for periods in _PERIODS.values():
        for by, period in periods.items():
            patterns.append((re.compile(rf"^{period.format(**sides)}\s*$", re.MULTILINE), by))
    return patterns
