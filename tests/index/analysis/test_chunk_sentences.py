"""Splitting of chunks: ordered spans of the text, each with its terms and the hash of its passage."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from nonmun.index.analysis.chunk_sentences import split_chunk
from nonmun.index.domain.chunks import Chunk
from nonmun.index.domain.papers import text_hash
from nonmun.index.domain.sentences import sentence_passage

TEXTS = st.one_of(
    st.text(max_size=200),
    st.lists(
        st.sampled_from(
            [
                "모델은 빠르다.",
                " It is fast. ",
                "\n",
                "- **라벨**: ",
                "1. ",
                "😀",
                "Dr. Kim et al. (2020) ",
                "\t",
                "…",
                '"',
            ]
        ),
        max_size=25,
    ).map("".join),
)


def chunk(text: str, section: str = "results", context: str = "제목 | 결과") -> Chunk:
    return Chunk(
        "2505.00001:summary@2025-05-16:results:0",
        "2505.00001",
        "summary",
        "2025-05-16",
        section,
        0,
        "ko",
        text,
        context,
    )


@given(TEXTS)
def test_spans_are_in_order_and_inside_the_text(text: str) -> None:
    split = split_chunk(chunk(text))
    assert all(0 <= sentence.start < sentence.end <= len(text) for sentence in split)
    assert all(left.end <= right.start for left, right in pairwise(split))


@given(TEXTS)
def test_every_letter_is_in_a_sentence(text: str) -> None:
    covered = {at for sentence in split_chunk(chunk(text)) for at in range(sentence.start, sentence.end)}
    assert all(at in covered for at, letter in enumerate(text) if letter.isalpha())


@given(TEXTS)
def test_terms_are_distinct_and_hashes_are_those_of_the_passages(text: str) -> None:
    whole = chunk(text)
    for sentence in split_chunk(whole):
        split_terms = sentence.terms.split()
        assert len(split_terms) == len(set(split_terms))
        assert sentence.passage_hash == text_hash(sentence_passage(whole, sentence.start, sentence.end))


def test_sentences_hold_the_terms_of_their_own_words() -> None:
    text = "모델은 빠르다. It learns from images, and from images alone."
    first, second = split_chunk(chunk(text))
    assert text[first.start : first.end] == "모델은 빠르다."
    assert set(first.terms.split()) >= {"모델", "빠르다"}
    assert set(second.terms.split()) >= {"learn", "imag"}
    assert not set(first.terms.split()) & set(second.terms.split())


def test_a_text_without_sentences_has_none() -> None:
    assert split_chunk(chunk("")) == split_chunk(chunk(" \n- ")) == []
