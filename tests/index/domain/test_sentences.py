"""Passages of sentences: title, section in both languages, and the sentence without its markup."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from nonmun.index.domain.chunks import Chunk
from nonmun.index.domain.papers import SectionName
from nonmun.index.domain.sentences import SECTION_GLOSSES, sentence_hash, sentence_passage

TEXT = '- **속도**: 두 배 "빠릅니다".\n  It is fast.'
CHUNK = Chunk(
    "2505.00001:summary@2025-05-16:results:0",
    "2505.00001",
    "summary",
    "2025-05-16",
    "results",
    0,
    "ko",
    TEXT,
    "제목 | 5. 결과",
)


def test_a_passage_names_title_and_section_and_drops_markup() -> None:
    assert (
        sentence_passage(CHUNK, 2, 21)
        == "제목 / 결과 성능 향상 results performance improvement / 속도: 두 배 빠릅니다."
    )
    assert sentence_passage(CHUNK, 24, len(TEXT)).endswith(" / It is fast.")


@pytest.mark.parametrize(
    ("context", "section", "passage"),
    [
        ("", "results", "결과 성능 향상 results performance improvement / It is fast."),
        ("제목", "other", "제목 / It is fast."),
        ("", "other", "It is fast."),
    ],
)
def test_missing_parts_are_left_out(context: str, section: str, passage: str) -> None:
    assert sentence_passage(replace(CHUNK, context=context, section=section), 24, len(TEXT)) == passage


def test_every_named_section_has_a_gloss_in_both_languages() -> None:
    assert SECTION_GLOSSES.keys() == {*get_args(SectionName), "abstract"} - {"other"}
    for gloss in SECTION_GLOSSES.values():
        assert any(letter.isascii() and letter.isalpha() for letter in gloss)
        assert any("가" <= letter <= "힣" for letter in gloss)


def test_the_hash_is_that_of_the_passage_and_not_of_the_place() -> None:
    moved = replace(CHUNK, chunk_id="2505.00001:summary@2025-05-19:results:3", text=f"Yes. {TEXT}")
    assert sentence_hash(CHUNK, 2, 21) == sentence_hash(moved, 7, 26)
    assert sentence_hash(CHUNK, 2, 21) != sentence_hash(replace(CHUNK, section="limitations"), 2, 20)
    assert sentence_hash(CHUNK, 2, 21) != sentence_hash(replace(CHUNK, context="다른 제목"), 2, 20)
