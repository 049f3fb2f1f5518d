"""Citations: verified against the text, with the characters around the quote and its place in the source."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun.api.answers.quotations import cite
from nonmun.index.domain.hits import Citation, Evidence
from nonmun.index.domain.papers import text_hash

TEXT = "가나다라마바사아자차카타파하 " * 4 + "Quoted words. " + "abcdefghij " * 5
START = TEXT.index("Quoted")
END = START + len("Quoted words.")


def evidence(text: str = TEXT, offset: int | None = None) -> Evidence:
    return Evidence(
        "2505.00001:abstract:abstract:0", "abstract", "abstract", "en", text, 0.5, entry="2025-05-16", offset=offset
    )


def test_a_citation_holds_what_surrounds_the_quote() -> None:
    citation = cite("2505.00001", evidence(), START, END)
    assert citation.quote == "Quoted words."
    assert (len(citation.prefix), len(citation.suffix)) == (30, 30)
    assert f"{citation.prefix}{citation.quote}{citation.suffix}" in TEXT


def test_the_surroundings_end_at_the_ends_of_the_text() -> None:
    citation = cite("2505.00001", evidence("Whole."), 0, 6)
    assert (citation.prefix, citation.suffix) == ("", "")
    citation = cite("2505.00001", evidence(), 10, len(TEXT) - 5)
    assert (citation.prefix, citation.suffix) == (TEXT[:10], TEXT[-5:])


@pytest.mark.parametrize(("offset", "source"), [(None, (None, None)), (0, (START, END)), (12, (12 + START, 12 + END))])
def test_the_place_in_the_source_follows_that_of_the_chunk(
    offset: int | None, source: tuple[int | None, int | None]
) -> None:
    citation = cite("2505.00001", evidence(offset=offset), START, END)
    assert (citation.entry, citation.source_start, citation.source_end) == ("2025-05-16", *source)


@given(st.text(min_size=1, max_size=120), st.data())
def test_every_span_of_a_text_can_be_cited(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    before = data.draw(st.text(max_size=20))
    citation = cite("2505.00001", evidence(text, len(before)), start, end)
    source = before + text
    assert citation.source_start is not None
    assert citation.source_end is not None
    assert source[citation.source_start : citation.source_end] == text[start:end] == citation.quote
    assert (citation.prefix, citation.suffix) == (text[:start][-30:], text[end:][:30])


@pytest.mark.parametrize(
    ("start", "end", "quote", "hashed"),
    [
        (0, 5, "other", TEXT),
        (3, 3, "", TEXT),
        (-1, 2, TEXT[:2], TEXT),
        (0, len(TEXT) + 1, TEXT, TEXT),
        (0, 2, TEXT[:2], "x"),
    ],
)
def test_a_citation_that_does_not_fit_its_text_is_rejected(start: int, end: int, quote: str, hashed: str) -> None:
    with pytest.raises(ValueError, match=r"2505\.00001:abstract"):
        Citation("2505.00001", "2505.00001:abstract:abstract:0", text_hash(hashed), start, end, quote, text=TEXT)
