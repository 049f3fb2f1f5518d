"""The words of answers that are ours: leads, headings, notices, warnings. They claim nothing of a paper's content."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Literal

from ....index.domain.hits import Citation
from ....index.domain.papers import Language

Aspect = Literal["motivation", "method", "results"]

_LEADS: Mapping[Language, Mapping[str, str]] = {
    "ko": {
        "list": "다음 논문이 이에 대해 말합니다.",
        "explain": "이 논문은 다음과 같이 설명되어 있습니다.",
        "section": "물으신 부분은 다음과 같이 쓰여 있습니다.",
        "no_section": "물으신 부분을 따로 다룬 글은 없어, 가장 가까운 문장을 인용합니다.",
        "compare": "논문을 같은 측면끼리 나란히 인용합니다.",
        "compare_one": "비교할 논문 가운데 하나만 찾아, 그 논문만 인용합니다.",
        "figure": "다음 문장에 수치가 나옵니다.",
        "no_figure": "물으신 수치가 나오는 문장은 찾지 못해, 가장 가까운 문장을 인용합니다.",
        "digest": "새로운 것부터 보여 드립니다.",
        "window": "그 기간의 논문 {total}편을 새로운 것부터 보여 드립니다.",
        "window_part": "그 기간의 논문 {total}편 가운데 {shown}편을 새로운 것부터 보여 드립니다.",
    },
    "en": {
        "list": "These papers speak of it.",
        "explain": "This is what is written of it.",
        "section": "This is what is written of the part that you ask about.",
        "no_section": "Nothing is written of that part as such; these sentences come closest.",
        "compare": "The papers side by side, quoted on the same aspects.",
        "compare_one": "Only one of the papers to compare was found; it is quoted alone.",
        "figure": "These sentences give figures.",
        "no_figure": "No sentence with such a figure was found; these come closest.",
        "digest": "The newest first.",
        "window": "Papers of these days: {total}, the newest first.",
        "window_part": "{shown} of {total} papers of these days, the newest first.",
    },
}
_NOTICES: Mapping[Language, Mapping[str, str]] = {
    "ko": {
        "empty_index": "색인이 비어 있습니다. 먼저 `nonmun ingest`로 다이제스트를 넣어 주세요.",
        "unknown_paper": "색인에 없는 논문입니다: {papers}",
        "nothing_relevant": "색인에 있는 논문 중에는 이 질문에 답하는 것이 없습니다.",
        "not_stated": "찾은 논문의 요약과 초록에는 그 내용이 나와 있지 않습니다: {papers}",
        "outside_window": "색인에 그 기간이나 조건에 해당하는 글이 없습니다.",
        "no_text": "색인에 있지만 쓸 수 있는 글이 없습니다(요약이 작성되지 않았고 초록도 없음): {papers}. "
        "`nonmun fetch`로 초록을 가져오세요.",
        "only_untrusted": "이에 대해 말하는 글이 논문을 읽지 못하고 쓴 요약뿐이라 인용하지 않습니다: {papers}. "
        "`nonmun fetch`로 초록을 가져오세요.",
    },
    "en": {
        "empty_index": "The index is empty. Put digests in with `nonmun ingest` first.",
        "unknown_paper": "Not in the index: {papers}",
        "nothing_relevant": "None of the papers in the index answers this question.",
        "not_stated": "Neither the summaries nor the abstracts of the papers that were found say so: {papers}",
        "outside_window": "The index holds nothing of those days, or that such a filter lets through.",
        "no_text": "In the index, but without words to quote (the summary was refused and no abstract is known): "
        "{papers}. `nonmun fetch` brings the abstract.",
        "only_untrusted": "Only summaries whose writer had not read the paper speak of it, and they are not quoted: "
        "{papers}. `nonmun fetch` brings the abstract.",
    },
}
_TRUST: Mapping[Language, Mapping[str, str]] = {
    "ko": {
        "invented": "주의: 논문을 읽지 못하고 제목만으로 쓴 요약을 인용했습니다: {papers}",
        "contradicted": "주의: 초록과 어긋나는 곳이 있는 요약을 인용했습니다: {papers}",
        "disagree": "주의: 요약과 초록이 어긋나는 문장은 초록을 먼저 인용했습니다: {papers}",
    },
    "en": {
        "invented": "Beware: quoted from a summary written from the title alone: {papers}",
        "contradicted": "Beware: quoted from a summary that its abstract contradicts in places: {papers}",
        "disagree": "Beware: where summary and abstract disagree, the abstract is quoted first: {papers}",
    },
}
_MARKS: Mapping[Language, Mapping[str, str]] = {
    "ko": {
        "invented": "(주의: 논문을 읽지 못하고 제목만으로 쓴 요약)",
        "contradicted": "(주의: 초록과 어긋나는 내용이 있는 요약)",
        "abstract": "(초록)",
    },
    "en": {
        "invented": "(beware: a summary written from the title alone)",
        "contradicted": "(beware: a summary that its abstract contradicts)",
        "abstract": "(abstract)",
    },
}
_HEADINGS: Mapping[Language, Mapping[str, str]] = {
    "ko": {
        "motivation": "동기:", "method": "방법:", "results": "결과:", "limitations": "한계:", "experiments": "실험:",
        "contributions": "기여:", "architecture": "구조와 학습:", "future_work": "후속 연구:", "other": "내용:",
    },
    "en": {
        "motivation": "Motivation:", "method": "Method:", "results": "Results:", "limitations": "Limitations:",
        "experiments": "Experiments:", "contributions": "Contributions:", "architecture": "Architecture and training:",
        "future_work": "Future work:", "other": "Content:",
    },
}  # fmt: skip

WARNINGS = frozenset(mark for marks in _MARKS.values() for mark in marks.values())
"""What may stand behind a quotation: that it is not to be trusted, or that it is the abstract's."""

_IDS = r"[\w./-]+(?:, [\w./-]+)*"


def _line(notice: str) -> str:
    told = re.escape(notice).replace(re.escape("{papers}"), _IDS)
    return told.replace(re.escape("{total}"), r"\d+").replace(re.escape("{shown}"), r"\d+")


_OWN = re.compile(
    "|".join(
        _line(words)
        for told in (_LEADS, _NOTICES, _TRUST, _HEADINGS)
        for notices in told.values()
        for words in notices.values()
    )
)


def is_own_words(line: str) -> bool:
    """Whether a line of an answer is a lead, a heading or a notice of ours, which says nothing of a paper's content."""
    return bool(_OWN.fullmatch(line))


def lead(lang: Language, name: str, *, total: int = 0, shown: int = 0) -> str:
    """The first line of an answer: by its shape, or by what had to be done instead.

    Args:
        lang: the language of the answer.
        name: which.
        total: papers of the days asked for.
        shown: those of them that are quoted.
    """
    return _LEADS[lang][name].format(total=total, shown=shown)


def heading(lang: Language, aspect: str) -> str:
    """The line above quotations of one aspect."""
    return _HEADINGS[lang][aspect]


def notice(lang: Language, reason: str, papers: Iterable[str] = ()) -> str:
    """Why there is no answer, or none from some papers."""
    return _NOTICES[lang][reason].format(papers=", ".join(papers))


def trust_note(lang: Language, code: str, papers: Iterable[str]) -> str:
    """What is to be known of summaries that an answer rests on: "invented", "contradicted" or "disagree"."""
    return _TRUST[lang][code].format(papers=", ".join(papers))


def trust_notes(lang: Language, citations: Iterable[Citation]) -> tuple[str, ...]:
    """What is to be known of the summaries that citations stand in, a line each."""
    found: dict[str, dict[str, None]] = {"invented": {}, "contradicted": {}}
    for one in citations:
        if one.trust in found:
            found[one.trust][one.paper_id] = None
    return tuple(trust_note(lang, code, papers) for code, papers in found.items() if papers)


def mark(lang: Language, name: str | None) -> str:
    """What stands behind a quotation of a summary in doubt, or of an abstract beside a summary; mostly nothing."""
    return _MARKS[lang].get(name or "", "")
