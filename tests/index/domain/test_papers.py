"""Domain objects: hashes, passages, and citations that must be exact."""

from __future__ import annotations

import dataclasses
import hashlib

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nonmun import Chunk, Citation
from nonmun.index.domain.papers import Problem, paper_url, text_hash


def cite(text: str, start: int, end: int, quote: str, hashed: str | None = None) -> Citation:
    return Citation("2505.00001", "chunk", hashed or text_hash(text), start, end, quote, text=text)


def chunk(**changed: object) -> Chunk:
    plain = Chunk("id", "2505.00001", "summary", "2025-03-03", "results", 0, "ko", "본문", "제목 | 결과")
    return dataclasses.replace(plain, **changed)


@given(st.text(min_size=1), st.data())
def test_accepts_an_exact_citation(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    made = cite(text, start, end, text[start:end])
    assert (made.quote, made.text_hash) == (text[start:end], text_hash(text))
    assert "text" not in {field.name for field in dataclasses.fields(made)}


@given(st.text(), st.integers(-5, 50), st.integers(-5, 50), st.text())
def test_rejects_a_quote_that_is_not_in_the_text(text: str, start: int, end: int, quote: str) -> None:
    assume(not (0 <= start < end <= len(text) and text[start:end] == quote))
    with pytest.raises(ValueError, match="does not hold"):
        cite(text, start, end, quote)


@given(st.text(min_size=1), st.integers(-60, 60), st.integers(-60, 60))
def test_rejects_offsets_outside_the_text(text: str, start: int, end: int) -> None:
    assume(not 0 <= start < end <= len(text))
    with pytest.raises(ValueError, match="does not hold"):
        cite(text, start, end, text[start:end])


@given(st.text(min_size=1), st.text())
def test_rejects_a_text_with_another_hash(text: str, other: str) -> None:
    assume(text != other)
    with pytest.raises(ValueError, match="does not have the hash"):
        cite(text, 0, len(text), text, text_hash(other))


def test_a_replaced_citation_is_verified_again() -> None:
    made = cite("하나 둘", 0, 2, "하나")
    with pytest.raises(ValueError, match="does not hold"):
        dataclasses.replace(made, quote="둘둘", text="하나 둘")


def test_a_passage_is_context_and_text() -> None:
    assert chunk().passage == "제목 | 결과\n본문"
    assert chunk(context="").passage == "본문"
    assert chunk().passage_hash != chunk(context="").passage_hash
    assert chunk().text_hash == chunk(context="").text_hash == hashlib.sha256("본문".encode()).hexdigest()


def test_a_lone_surrogate_has_a_hash() -> None:
    assert text_hash("a\ud800") == text_hash("a?")


def test_domain_objects_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        chunk().text = "anders"


def test_formats_problems_and_urls() -> None:
    assert str(Problem("a.md", 3, "is odd")) == "a.md:3: is odd"
    assert paper_url("math.GT/0309136") == "https://arxiv.org/abs/math.GT/0309136"
