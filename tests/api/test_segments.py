"""Segments tie the words of an answer to its citations, and citations lead back to their sources."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun import Answer, Library, Turn
from nonmun.api.answers.markdown import strip_markdown
from nonmun.api.answers.quotations import cite
from nonmun.api.events import CitationEvent, TokenEvent, answer_events
from nonmun.api.results import split_into_segments
from nonmun.index.domain.hits import Citation, Evidence

AS_OF = date(2025, 3, 10)
LORA, ATTENTION, FLASH = "2106.09685", "1706.03762", "2205.14135"
QUOTED = [
    "큰 언어 모델을 저랭크 행렬로 미세 조정하는 방법",
    "attention without recurrence for translation",
    f"{LORA}의 한계는?",
    f"{LORA} 논문에서 학습 파라미터는 몇 배 줄었어?",
    f"{LORA}와 {ATTENTION}를 비교해 줘",
    f"compare {LORA} and {FLASH}",
    f"{LORA} and 2505.99999",
    f"papers similar to {LORA}",
    "3월 3일 다이제스트",
    "BERT를 요약해 줘",
    "한국어로 된 요약만 있는 음성 인식 논문 있어?",
]
REFUSED = ["김치찌개 맛있게 끓이는 방법", "2505.99999의 한계는?", "그 논문의 한계는?", "1999년 5월 다이제스트"]

TEXT = "첫 문장입니다. A second sentence. 셋째 문장입니다. The last one."
EVIDENCE = Evidence("2505.00001:abstract:abstract:0", "abstract", "abstract", "ko", TEXT, 0.5)
SPANS = ((0, 8), (9, 27), (28, 37), (38, 51))
CITATIONS = tuple(cite("2505.00001", EVIDENCE, *span) for span in SPANS)
PARTS = st.lists(
    st.tuples(
        st.one_of(
            st.text(max_size=20), st.sampled_from(["\n", "  - 인용 [2505.00001]\n", " ", "제목\n\n", "같은 말", ""])
        ),
        st.lists(st.sampled_from(CITATIONS), max_size=3, unique=True),
    ),
    max_size=8,
)


def assert_tied(answer: Answer) -> None:
    """Every segment is a slice of the text, and every citation is behind the words that show it."""
    segments, citations = answer.segments, answer.citations
    assert segments
    assert all(0 <= segment.start < segment.end <= len(answer.answer) for segment in segments)
    assert all(left.end <= right.start for left, right in pairwise(segments))
    assert all(answer.answer[segment.start : segment.end] == segment.text for segment in segments)
    outside = [answer.answer[left.end : right.start] for left, right in pairwise(segments)]
    outside += [answer.answer[: segments[0].start], answer.answer[segments[-1].end :]]
    assert not "".join(outside).strip()
    assert all(0 <= position < len(citations) for segment in segments for position in segment.citations)
    assert {position for segment in segments for position in segment.citations} == set(range(len(citations)))
    for segment in segments:
        assert len(set(segment.citations)) == len(segment.citations)
        for position in segment.citations:
            assert f"[{citations[position].paper_id}]" in segment.text


def assert_sourced(library: Library, citations: Sequence[Citation]) -> None:
    """Every citation is an exact part of its entry or abstract, which its offsets lead to."""
    for citation in citations:
        details = library.paper(citation.paper_id)
        bodies = {entry.digest_date: entry.body for entry in details.entries}
        source = bodies[citation.entry] if citation.entry else details.paper.abstract
        assert citation.source_start is not None
        assert citation.source_end is not None
        assert source[citation.source_start : citation.source_end] == citation.quote
        text = library.chunk(citation.chunk_id).text
        assert text[: citation.start].endswith(citation.prefix)
        assert text[citation.end :].startswith(citation.suffix)
        assert (len(citation.prefix), len(citation.suffix)) == (
            min(30, citation.start),
            min(30, len(text) - citation.end),
        )
        assert (citation.entry is None) == (citation.trust is None) == (":abstract:" in citation.chunk_id)


@given(PARTS)
def test_segments_are_slices_of_the_text_in_order(parts: list[tuple[str, list[Citation]]]) -> None:
    text = "".join(part for part, _ in parts)
    segments = split_into_segments(parts, CITATIONS)
    assert [segment.text for segment in segments] == [part.strip() for part, _ in parts if part.strip()]
    assert all(text[segment.start : segment.end] == segment.text for segment in segments)
    assert all(left.end <= right.start for left, right in pairwise(segments))
    cited = [tuple(CITATIONS[position] for position in segment.citations) for segment in segments]
    assert cited == [tuple(citations) for part, citations in parts if part.strip()]


def test_a_text_that_repeats_words_has_a_segment_for_each() -> None:
    first, second = split_into_segments([("같은 말\n", CITATIONS[:1]), ("같은 말\n", CITATIONS[1:2])], CITATIONS)
    assert (first.start, second.start) == (0, 5)
    assert (first.citations, second.citations) == ((0,), (1,))


@pytest.mark.parametrize("question", QUOTED)
def test_every_line_of_an_answer_is_a_segment(sample_library: Library, question: str) -> None:
    answer = sample_library.ask(question, as_of=AS_OF)
    assert answer.citations
    assert_tied(answer)
    assert_sourced(sample_library, answer.citations)
    assert [segment.text for segment in answer.segments] == [
        line.strip() for line in answer.answer.splitlines() if line.strip()
    ]
    for segment in answer.segments:
        for position in segment.citations:
            assert strip_markdown(answer.citations[position].quote) in segment.text


@pytest.mark.parametrize("question", QUOTED)
def test_the_first_line_rests_on_no_citation(sample_library: Library, question: str) -> None:
    answer = sample_library.ask(question, as_of=AS_OF)
    assert answer.segments[0].citations == ()
    quoted = [segment for segment in answer.segments if segment.citations]
    assert {len(segment.citations) for segment in quoted} == {1}
    assert all(segment.text.startswith("- ") for segment in quoted)


@pytest.mark.parametrize("question", REFUSED)
def test_a_refusal_is_one_segment_without_citations(sample_library: Library, question: str) -> None:
    answer = sample_library.ask(question, as_of=AS_OF)
    assert answer.abstained
    (segment,) = answer.segments
    assert (segment.text, segment.start, segment.citations) == (answer.answer, 0, ())


@pytest.mark.parametrize("question", [*QUOTED[:3], REFUSED[0]])
def test_confidence_and_reason_agree(sample_library: Library, question: str) -> None:
    answer = sample_library.ask(question, as_of=AS_OF)
    assert answer.abstained == (answer.confidence == "none") == (answer.reason is not None) == (not answer.citations)


@pytest.mark.parametrize("question", [QUOTED[0], QUOTED[5], REFUSED[0]])
def test_events_carry_the_text_and_the_citations_in_order(sample_library: Library, question: str) -> None:
    answer = sample_library.ask(question, as_of=AS_OF)
    events = list(answer_events(answer, replaces=True))
    tokens = [event for event in events if isinstance(event, TokenEvent)]
    assert "".join(token.text for token in tokens) == answer.answer
    assert [token.replaces for token in tokens] == [True, *[False] * (len(tokens) - 1)]
    cited = [event.citation for event in events if isinstance(event, CitationEvent)]
    assert cited == [answer.citations[position] for segment in answer.segments for position in segment.citations]
    assert set(cited) == set(answer.citations)


@pytest.mark.parametrize(
    "question", ["보상 모델 없이 선호에 맞추는 학습은?", "Which paper cuts an image into patches?"]
)
def test_generated_sentences_are_segments(written: Library, question: str) -> None:
    answer = written.ask(question)
    assert answer.writer == "generated"
    assert_tied(answer)
    assert_sourced(written, answer.citations)
    assert max(len(segment.citations) for segment in answer.segments) >= 1


def test_a_model_that_fails_leaves_the_segments_of_the_quotations(
    written: Library, model_server: Any, models: Any, sample_library: Library
) -> None:
    def say_nothing(exchange: Any) -> str:
        return ""

    model_server.behave = models.replying(say_nothing)
    answer = written.ask(QUOTED[0])
    assert answer.writer == "extracted"
    assert answer.segments == sample_library.ask(QUOTED[0]).segments
    assert_tied(answer)


def test_a_repeated_question_keeps_its_segments(sample_library: Library) -> None:
    first = sample_library.ask(QUOTED[0])
    again = sample_library.ask("영어로", history=[Turn.of(first)])
    assert again.interpretation.repeats == QUOTED[0]
    assert_tied(again)
    assert_sourced(sample_library, again.citations)
