"""Passages of the records of papers."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from nonmun.index.analysis.records import record_chunks
from nonmun.index.domain.papers import Paper, paper_url

PAPER = Paper(
    "1706.03762",
    "Attention Is All You Need",
    "This paper presents cs.CL at 2017-06-12.",
    paper_url("1706.03762"),
    published="2017-06-12",
    authors=("Ashish Vaswani", "김철수"),
    categories=("cs.CL", "cs.LG"),
    comment="15 pages",
)


def test_each_stated_field_is_a_passage() -> None:
    chunks = {chunk.section: chunk for chunk in record_chunks(PAPER)}
    assert {section: chunk.text for section, chunk in chunks.items()} == {
        "authors": "Ashish Vaswani, 김철수",
        "published": "2017-06-12",
        "categories": "cs.CL, cs.LG",
        "comment": "15 pages",
    }
    assert chunks["authors"].chunk_id == "1706.03762:record:authors:0"
    assert all(chunk.has_own_id and chunk.source == "record" for chunk in chunks.values())


def test_passage_has_no_place_in_an_abstract_with_the_same_words() -> None:
    (published,) = (chunk for chunk in record_chunks(PAPER) if chunk.section == "published")
    assert published.text in PAPER.abstract
    assert published.find_in({}, PAPER.abstract) is None


@given(authors=st.lists(st.text(min_size=1), max_size=4), doi=st.text())
def test_no_passage_is_empty(authors: list[str], doi: str) -> None:
    paper = replace(PAPER, authors=tuple(authors), doi=doi, published=None, categories=(), comment="")
    assert {chunk.section for chunk in record_chunks(paper)} == {
        *(["authors"] if authors else []),
        *(["doi"] if doi else []),
    }
