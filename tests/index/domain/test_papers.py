"""The nouns: hashes, passages, and citations that cannot say what is not there."""

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
def test_true_citations_can_be_made(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    made = cite(text, start, end, text[start:end])
    assert (made.quote, made.text_hash) == (text[start:end], text_hash(text))
    assert "text" not in {field.name for field in dataclasses.fields(made)}


@given(st.text(), st.integers(-5, 50), st.integers(-5, 50), st.text())
def test_no_citation_without_its_words(text: str, start: int, end: int, quote: str) -> None:
    assume(not (0 <= start < end <= len(text) and text[start:end] == quote))
    with pytest.raises(ValueError, match="does not read"):
        cite(text, start, end, quote)


@given(st.text(min_size=1), st.integers(-60, 60), st.integers(-60, 60))
def test_no_citation_with_offsets_that_only_slice(text: str, start: int, end: int) -> None:
    assume(not 0 <= start < end <= len(text))
    with pytest.raises(ValueError, match="does not read"):
        cite(text, start, end, text[start:end])


@given(st.text(min_size=1), st.text())
def test_no_citation_of_another_text(text: str, other: str) -> None:
    assume(text != other)
    with pytest.raises(ValueError, match="not the one with hash"):
        cite(text, 0, len(text), text, text_hash(other))


def test_a_citation_is_made_anew_when_it_is_replaced() -> None:
    made = cite("하나 둘", 0, 2, "하나")
    with pytest.raises(ValueError, match="does not read"):
        dataclasses.replace(made, quote="둘둘", text="하나 둘")


def test_passages_and_their_hashes() -> None:
    assert chunk().passage == "제목 | 결과\n본문"
    assert chunk(context="").passage == "본문"
    assert chunk().passage_hash != chunk(context="").passage_hash
    assert chunk().text_hash == chunk(context="").text_hash == hashlib.sha256("본문".encode()).hexdigest()


def test_half_a_surrogate_pair_has_a_hash() -> None:
    assert text_hash("a\ud800") == text_hash("a?")


def test_nouns_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        chunk().text = "anders"


def test_problem_and_url_read_well() -> None:
    assert str(Problem("a.md", 3, "is odd")) == "a.md:3: is odd"
    assert paper_url("math.GT/0309136") == "https://arxiv.org/abs/math.GT/0309136"
