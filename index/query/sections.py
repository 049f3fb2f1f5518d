"""The section of a paper that a question asks for, by the words that name it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from ..analysis.compounds import is_compound
from ..analysis.language import has_hangul
from ..domain.papers import SectionName
from .everyday import everyday_terms

# Index terms of what readers call the sections of a paper. They are not derived from the words at run time: that would
# load the Korean analyzer for an English question.
_NAMES: dict[SectionName, str] = {
    "motivation": "동기 배경 문제의식 문제 의식 motiv background problem",
    "contributions": "기여 공헌 차별점 차별 점 참신 독창 contribut novelti novel",
    "architecture": "구조 아키텍처 방법 학습 방식 architectur methodolog train",
    "experiments": "실험 데이터 데이터셋 벤치마크 평가 지표 experi dataset data benchmark metric baselin",
    "results": "결과 성능 정확도 점수 결론 향상 result perform accuraci score find conclus improv",
    "limitations": "한계 한계점 점 단점 약점 제약 실패 limit weak drawback shortcom failur",
    "future_work": "후속 향후 과제 futur next step",
}


@cache
def section_terms() -> Mapping[SectionName, frozenset[str]]:
    """Return the index terms of the words that name each section, in both languages."""
    return {section: frozenset(words.split()) for section, words in _NAMES.items()}


def content_words(question_terms: Iterable[str]) -> list[str]:
    """Return those index terms of a question that say what is asked, in order.

    Korean verbs, the words of questions about anything, and compounds of the question's other terms do not.
    """
    ordered = list(question_terms)
    known = set(ordered)
    return [
        term
        for term in ordered
        if not (has_hangul(term) and term.endswith("다"))
        and term not in everyday_terms()
        and not is_compound(term, known)
    ]


def detect_section(question_terms: Iterable[str], others: int) -> SectionName | None:
    """Return the section that a question's words name; None if none does.

    Of several, the one that most words name counts, and of equals the last: 실험 결과 is a kind of 결과.

    Args:
        question_terms: index terms of the question in order, without those of papers' names.
        others: the most other words, beyond which the question asks for a topic and not for a section.
    """
    content = content_words(question_terms)
    named: dict[SectionName, list[int]] = {}
    for at, term in enumerate(content):
        for section, names in section_terms().items():
            if term in names:
                named.setdefault(section, []).append(at)
    if not named:
        return None
    best = max(named, key=lambda section: (len(named[section]), named[section][-1]))
    return best if len(content) - sum(map(len, named.values())) <= others else None
