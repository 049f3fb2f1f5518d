"""The section of a paper that a question asks for, by the words that name it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from ..analysis.analyzer import terms
from ..analysis.compounds import is_compound
from ..analysis.language import has_hangul
from ..domain.papers import SectionName
from .everyday import everyday_terms

# What readers call the sections of a paper.
_NAMES: dict[SectionName, str] = {
    "motivation": "동기 배경 문제의식 motivation background problem",
    "contributions": "기여 기여점 공헌 차별점 참신성 독창성 contribution novelty novel",
    "architecture": "구조 아키텍처 방법론 학습 방식 architecture methodology training",
    "experiments": "실험 데이터 데이터셋 벤치마크 평가 지표 experiment dataset data benchmark metric baseline",
    "results": "결과 성능 정확도 점수 결론 향상 result performance accuracy score finding conclusion improvement",
    "limitations": "한계 한계점 단점 약점 제약 실패 limitation weakness drawback shortcoming failure",
    "future_work": "후속 향후 과제 future next step",
}


@cache
def section_terms() -> Mapping[SectionName, frozenset[str]]:
    """Return the index terms of the words that name each section, in both languages."""
    return {section: frozenset(terms(words)) for section, words in _NAMES.items()}


def is_content_word(term: str, question_terms: Iterable[str]) -> bool:
    """Return whether an index term of a question says what is asked.

    Korean verbs, the words of questions about anything, and compounds of the question's other terms do not.
    """
    is_verb = has_hangul(term) and term.endswith("다")
    return not is_verb and term not in everyday_terms() and not is_compound(term, set(question_terms))


def detect_section(question_terms: Iterable[str], others: int) -> SectionName | None:
    """Return the section that a question's words name; None if none does.

    Of several, the one that most words name counts, and of equals the last: 실험 결과 is a kind of 결과.

    Args:
        question_terms: index terms of the question in order, without those of papers' names.
        others: the most other words, beyond which the question asks for a topic and not for a section.
    """
    known = list(question_terms)
    content = [term for term in known if is_content_word(term, known)]
    named: dict[SectionName, list[int]] = {}
    for at, term in enumerate(content):
        for section, names in section_terms().items():
            if term in names:
                named.setdefault(section, []).append(at)
    if not named:
        return None
    best = max(named, key=lambda section: (len(named[section]), named[section][-1]))
    return best if len(content) - sum(map(len, named.values())) <= others else None
