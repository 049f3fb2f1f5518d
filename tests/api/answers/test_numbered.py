"""Numbered citations: [1], [2] for papers, their list, and turns recovered from the text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from nonmun import Answer, Library, Turn
from nonmun.api.answers.markdown import strip_markdown
from nonmun.api.answers.quotations import cite
from nonmun.api.answers.rendering.numbered import (
    CitationNumbering,
    NumberedText,
    join_numbered,
    number_citations,
    recover_turn,
)
from nonmun.api.events import CitationEvent, DoneEvent, Event, HitsEvent, TokenEvent
from nonmun.index.domain.hits import Evidence

AS_OF = date(2025, 3, 10)
LORA, ATTENTION, BERT = "2106.09685", "1706.03762", "1810.04805"
QUOTED = [
    "큰 언어 모델을 저랭크 행렬로 미세 조정하는 방법",
    "attention without recurrence for translation",
    f"{LORA}와 {ATTENTION}를 비교해 줘",
    f"{LORA} and 2505.99999",
    f"papers similar to {LORA}",
    f"{LORA}의 저자 이메일은?",
    "3월 3일 다이제스트",
    "지난주 논문 중 어텐션",
    "한국어로 된 요약만 있는 음성 인식 논문 있어?",
]
REFUSED = [
    "김치찌개 맛있게 끓이는 방법",
    "2505.99999의 한계는?",
    "1999년 5월 다이제스트",
    "BERT에서 Cursor는 몇 %였어?",
]


def number(events: Iterable[Event | None]) -> NumberedText:
    numbering = CitationNumbering()
    return join_numbered([numbering.add(event) for event in events])


def without_numbers(text: NumberedText) -> str:
    """Return a numbered text with its markers as ids again."""
    plain, position = "", 0
    for marker in text.markers:
        plain += text.text[position : marker.start] + f"[{marker.paper.paper_id}]"
        position = marker.end
    return plain + text.text[position:]


@pytest.mark.parametrize("question", QUOTED)
def test_only_the_markers_of_an_answer_change(sample_library: Library, question: str) -> None:
    answer = sample_library.ask(question, as_of=AS_OF)
    numbered = number_citations(answer)
    assert without_numbers(numbered).startswith(f"{answer.answer}\n\n")
    for marker in numbered.markers:
        assert numbered.text[marker.start : marker.end] == f"[{marker.paper.number}]"
        assert {citation.paper_id for citation in marker.citations} == {marker.paper.paper_id}
        line = numbered.text[: marker.start].rpartition("\n")[2]
        assert all(strip_markdown(citation.quote) in line for citation in marker.citations)
    assert {citation for marker in numbered.markers for citation in marker.citations} == set(answer.citations)


@pytest.mark.parametrize("question", QUOTED)
def test_the_list_has_the_links_of_the_papers_in_the_order_of_the_text(sample_library: Library, question: str) -> None:
    answer = sample_library.ask(question, as_of=AS_OF)
    numbered = number_citations(answer)
    listed = numbered.text.splitlines()[-len({marker.paper.number for marker in numbered.markers}) :]
    papers = dict.fromkeys(marker.paper for marker in numbered.markers)
    assert [paper.number for paper in papers] == list(range(1, len(papers) + 1))
    assert listed == [f"{paper.number}. {paper.title} ({paper.url})" for paper in papers]
    assert {paper.url for paper in papers} == {f"https://arxiv.org/abs/{paper.paper_id}" for paper in papers}
    titles = {hit.paper_id: hit.title for hit in answer.hits}
    assert all(paper.title == (titles[paper.paper_id] or paper.paper_id) for paper in papers)


@pytest.mark.parametrize("question", REFUSED)
def test_a_refusal_keeps_its_words_and_has_no_markers(sample_library: Library, question: str) -> None:
    answer = sample_library.ask(question, as_of=AS_OF)
    numbered = number_citations(answer)
    assert answer.abstained
    assert numbered.markers == ()
    assert numbered.text.startswith(answer.answer)
    assert numbered.text.count("https://") == len(Turn.of(answer).papers)


@pytest.mark.parametrize("question", [*QUOTED, *REFUSED])
def test_the_text_holds_what_a_follow_up_needs(sample_library: Library, question: str) -> None:
    answer = sample_library.ask(question, as_of=AS_OF)
    assert recover_turn(question, number_citations(answer).text) == Turn.of(answer)


def test_open_periods_and_publication_dates_are_recovered(sample_library: Library) -> None:
    for question in ("papers published since 2017", "2020년 이전에 발표된 논문", "since March 4"):
        answer = sample_library.ask(question, as_of=AS_OF)
        turn = Turn.of(answer)
        assert turn.since or turn.until
        assert recover_turn(question, number_citations(answer).text) == turn


@pytest.mark.parametrize("question", [*QUOTED[:3], *REFUSED[:2]])
def test_parts_make_up_the_whole(sample_library: Library, question: str) -> None:
    for pauses in (False, True):
        events = [
            event
            for each in sample_library.stream(question, as_of=AS_OF)
            for event in ([each, None] if pauses and not isinstance(each, TokenEvent) else [each])
        ]
        assert number(events) == number_citations(sample_library.ask(question, as_of=AS_OF))


def test_generated_sentences_have_a_marker_for_each_paper(patient: Library) -> None:
    question = "보상 모델 없이 선호에 맞추는 학습은?"
    answer = patient.ask(question)
    assert answer.writer == "generated"
    numbered = number_citations(answer)
    assert without_numbers(numbered).startswith(answer.answer)
    assert numbered.markers
    assert {citation for marker in numbered.markers for citation in marker.citations} == set(answer.citations)
    assert number(patient.stream(question)) == numbered


def test_withdrawn_sentences_are_followed_by_a_note_and_the_quotations(
    patient: Library, model_server: Any, models: Any
) -> None:
    model_server.behave = models.cutting(lambda exchange: f"{exchange.sentence(1)} [1]\n그리고 ")
    events = list(patient.stream("보상 모델 없이 선호에 맞추는 학습은?"))
    answer = events[-1].answer if isinstance(events[-1], DoneEvent) else pytest.fail("not complete")
    first = next(event for event in events if isinstance(event, TokenEvent))
    assert any(event.replaces for event in events if isinstance(event, TokenEvent))
    numbered = number(events)
    assert without_numbers(numbered).startswith(first.text)
    note = "\n\n언어 모델이 위의 답을 끝맺지 못했습니다. 아래의 인용으로 대신합니다.\n\n"
    assert without_numbers(numbered).partition(note)[2].startswith(answer.answer)
    assert set(recover_turn("x", numbered.text).papers) >= set(Turn.of(answer).papers)


EVIDENCE = Evidence(f"{LORA}:abstract:abstract:0", "abstract", "abstract", "en", f"As [{LORA}] (2021) says, [2].", 0.5)
QUOTE = cite(LORA, EVIDENCE, 0, len(EVIDENCE.text))


def synthetic(answer: Answer, text: str) -> list[Event]:
    return [HitsEvent(answer.hits, answer.interpretation), TokenEvent(text), CitationEvent(QUOTE), DoneEvent(answer)]


def test_brackets_within_a_quotation_are_no_markers(sample_library: Library) -> None:
    answer = sample_library.ask(QUOTED[0])
    numbered = number(synthetic(answer, f"\n- {QUOTE.quote} [{LORA}] (abstract)"))
    assert numbered.text.startswith(f"\n- {QUOTE.quote} [1] (abstract)\n\n")
    assert [marker.start for marker in numbered.markers] == [numbered.text.index(" [1] (abstract)") + 1]


def test_every_marker_of_a_sentence_is_numbered(sample_library: Library) -> None:
    answer = sample_library.ask(QUOTED[0])
    numbered = number(synthetic(answer, f"One [{LORA}], two [{LORA}], [{BERT}] and [{BERT}]."))
    assert numbered.text.startswith(f"One [1], two [1], [{BERT}] and [{BERT}].")
    assert [marker.citations for marker in numbered.markers] == [(QUOTE,), (QUOTE,)]


def test_a_paper_without_a_title_is_listed_by_its_id(sample_library: Library) -> None:
    answer = sample_library.ask(QUOTED[0])
    hits = tuple(replace(hit, title="") for hit in answer.hits)
    assert f"1. {LORA} (https://arxiv.org/abs/{LORA})" in number_citations(replace(answer, hits=hits)).text
    assert f"1. {LORA} (https://arxiv.org/abs/{LORA})" in number_citations(replace(answer, hits=())).text


@pytest.mark.parametrize(
    ("text", "papers"),
    [
        (f"1. LoRA (https://arxiv.org/abs/{LORA})\r\n2. BERT (https://arxiv.org/abs/{BERT}v2)", (LORA, BERT)),
        (f"[1] LoRA https://arxiv.org/pdf/{LORA}\n[2]: BERT <https://arxiv.org/abs/{BERT}>", (LORA, BERT)),
        (f"  1) [LoRA](https://huggingface.co/papers/{LORA})", (LORA,)),
        (f"1. A (https://arxiv.org/abs/{LORA})\n1. A (https://arxiv.org/abs/{LORA})", (LORA,)),
        (f"1. About {BERT} (https://arxiv.org/abs/{LORA})", (LORA,)),
        (f"See https://arxiv.org/abs/{LORA} and 1. https://arxiv.org/abs/{BERT}", ()),
        ("1. A (https://example.org/abs/x)\n2. B", ()),
        ("", ()),
        (" " * 100_000 + "1. " * 100_000 + "http" * 100_000, ()),
    ],
)
def test_papers_are_read_from_numbered_lines_with_links(text: str, papers: tuple[str, ...]) -> None:
    assert recover_turn("q", text) == Turn("q", papers)


@pytest.mark.parametrize(
    "line",
    [
        "Digest dates: 2025-03-04 to 2025-03-03",
        "Digest dates: 2025-13-01 to 2025-13-02",
        "> Digest dates: 2025-03-03 to 2025-03-04",
        "Digest dates: 2025-03-03",
    ],
)
def test_lines_that_are_no_periods_are_ignored(line: str) -> None:
    assert recover_turn("q", line) == Turn("q")


def test_the_last_period_counts() -> None:
    text = "Digest dates: 2025-03-03 to 2025-03-04\nanswer\n발표 날짜: … ~ 2025-03-05  \r\n"
    assert recover_turn("q", text) == Turn("q", (), None, "2025-03-05", "published")
