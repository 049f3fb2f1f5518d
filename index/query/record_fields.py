"""The fields of a paper's record that a question asks for, by the words that name them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..domain.papers import RecordField
from .sections import content_words

# Index terms, as in `sections`.
_NAMES: Mapping[RecordField, str] = {
    "authors": "저자 저자진 지은이 공저 공저자 author coauthor wrote written",
    "published": "발표 발표일 게재 게재일 출판 출판일 publish public",
    "journal_ref": "저널 학회 학술지 게재 출판 발표 journal venu confer publish",
    "doi": "doi",
    "categories": "분야 카테고리 categori",
}
_QUALIFIERS = frozenset("이름 목록 명단 날짜 일 진 첫 정보 name list date first full".split())


def requested_fields(question_terms: Iterable[str]) -> tuple[RecordField, ...]:
    """Return the fields that a question asks for; none where it asks for anything else as well.

    Args:
        question_terms: index terms of the question in order, without those of papers' names.
    """
    names: dict[RecordField, set[str]] = {field: set(words.split()) for field, words in _NAMES.items()}
    content = [term for term in content_words(question_terms) if term not in _QUALIFIERS and not term.isdecimal()]
    if not all(any(term in words for words in names.values()) for term in content):
        return ()
    return tuple(field for field, words in names.items() if words.intersection(content))
