"""Chunking: chunks fit the window, are in order and cover all text."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from nonmun.index.domain.papers import Entry
from nonmun.ingest.formats.sections import parse_sections
from nonmun.ingest.indexing.chunker import Chunker, split

TEXTS = st.one_of(
    st.text(max_size=400),
    st.lists(
        st.sampled_from(
            [
                "모델은 빠르다. ",
                "It is fast. ",
                "- 항목: 하나\n",
                "1. ",
                "\n\n",
                "  ",
                "긴낱말" * 30,
                "Dr. Kim et al. ",
                "😀",
                "* ",
            ]
        ),
        max_size=40,
    ).map("".join),
)


def half_length(text: str) -> int:
    return len(text) // 2


def entry(day: str, body: str, title: str = "") -> Entry:
    return Entry(day, "2505.00001", None, "", title, body, parse_sections(body)[1], 1)


@given(TEXTS, st.integers(1, 60))
def test_split_spans(text: str, budget: int) -> None:
    spans = split(text, budget, half_length)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(left[1] <= right[0] for left, right in pairwise(spans))
    assert all(half_length(text[start:end]) <= budget for start, end in spans)
    assert all(text[start:end] == text[start:end].strip() for start, end in spans)
    covered = {at for start, end in spans for at in range(start, end)}
    assert all(at in covered for at, letter in enumerate(text) if letter.isalnum())


@given(TEXTS)
def test_split_with_several_tokens_per_character(text: str) -> None:
    def bytes_of(piece: str) -> int:
        return len(piece.encode())

    spans = split(text, 40, bytes_of)
    assert all(bytes_of(text[start:end]) <= 40 for start, end in spans)


def test_short_text_is_one_span() -> None:
    assert split("  하나. 둘. \n", 100, half_length) == [(2, 8)]
    assert split(" \n ", 100, half_length) == []


def test_split_between_sentences() -> None:
    text = "첫 문장은 짧습니다. 둘째 문장도 짧습니다. 셋째 문장입니다."
    pieces = [text[start:end] for start, end in split(text, 12, half_length)]
    assert pieces == ["첫 문장은 짧습니다. 둘째 문장도 짧습니다.", "셋째 문장입니다."]


def test_bullets_belong_to_their_sentence() -> None:
    text = "- 첫째 항목은 이렇습니다.\n- 둘째 항목은 저렇습니다."
    pieces = [text[start:end] for start, end in split(text, 8, half_length)]
    assert pieces == ["- 첫째 항목은 이렇습니다.", "- 둘째 항목은 저렇습니다."]


def test_chunk_ids_sections_and_contexts() -> None:
    first = entry("2025-03-03", "앞말\n## 실험 결과\n하나.\n## 성능\n둘.", "찾은 제목")
    second = entry("2025-03-04", "## 결과\n셋.")
    chunks = Chunker(100, half_length).chunk("2505.00001", "제목", "An abstract.", [first, second])
    assert [(chunk.chunk_id, chunk.context, chunk.text) for chunk in chunks] == [
        ("2505.00001:abstract:abstract:0", "제목", "An abstract."),
        ("2505.00001:summary@2025-03-03:other:0", "제목", "앞말"),
        ("2505.00001:summary@2025-03-03:results:0", "제목 | 실험 결과", "하나."),
        ("2505.00001:summary@2025-03-03:results:1", "제목 | 성능", "둘."),
        ("2505.00001:summary@2025-03-04:results:0", "제목 | 결과", "셋."),
    ]
    assert [chunk.lang for chunk in chunks] == ["en", "ko", "ko", "ko", "ko"]
    assert [chunk.digest_date for chunk in chunks] == [None, *["2025-03-03"] * 3, "2025-03-04"]


def test_only_summaries_lose_passages_without_information() -> None:
    unknown = "The dataset is not specified."
    chunks = Chunker(100, half_length).chunk("2505.00001", "Title", unknown, [entry("2025-03-03", unknown)])
    assert [(chunk.source, chunk.text) for chunk in chunks] == [("abstract", unknown)]


def test_entry_title_is_used_without_an_abstract() -> None:
    (chunk,) = Chunker(100, half_length).chunk("2505.00001", "", "", [entry("2025-03-03", "본문.", "찾은 제목")])
    assert chunk.passage == "찾은 제목\n본문."


@given(st.text(max_size=200), TEXTS)
def test_passages_fit_the_window(title: str, body: str) -> None:
    chunks = Chunker(400, half_length).chunk("2505.00001", title, body, [entry("2025-03-03", body)])
    assert all(half_length(chunk.passage) <= 400 for chunk in chunks)
    assert len({chunk.chunk_id for chunk in chunks}) == len(chunks)


def test_long_titles_leave_room_for_text() -> None:
    chunks = Chunker(100, half_length).chunk(
        "2505.00001", "긴 제목 " * 200, "", [entry("2025-03-03", "본문입니다. " * 40)]
    )
    assert all(len(chunk.context) <= 300 for chunk in chunks)
    assert all(half_length(chunk.text) <= 32 for chunk in chunks)
