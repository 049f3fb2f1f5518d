"""Questions that are limited to one paper by their filter, without naming it."""

from __future__ import annotations

from datetime import date

import pytest

from nonmun import Answer, Filter, Library, Turn
from nonmun.api.conversation.resolution import lacks_paper, resolve_follow_up

AS_OF = date(2025, 3, 10)
LORA, ATTENTION = "2106.09685", "1706.03762"


def ask(library: Library, question: str, *papers: str, history: tuple[Turn, ...] = (), **where: object) -> Answer:
    return library.ask(question, as_of=AS_OF, where=Filter(papers=papers, **where), history=history)  # pyright: ignore[reportArgumentType]


def found(answer: Answer) -> list[str]:
    return [hit.paper_id for hit in answer.hits]


@pytest.mark.parametrize(
    "question",
    [
        "한계는?",
        "이 논문의 결과는?",
        "요약해 줘",
        "어떤 데이터셋을 썼어?",
        "초기화는 어떻게 해?",
        "저자가 누구야?",
        "what are its limitations?",
        "What does this paper propose?",
        "who are the authors?",
    ],
)
def test_the_only_paper_of_the_filter_is_meant(sample_library: Library, question: str) -> None:
    answer = ask(sample_library, question, LORA)
    assert not answer.abstained
    assert answer.interpretation.papers == (LORA,)
    assert {citation.paper_id for citation in answer.citations} == {LORA}


@pytest.mark.parametrize("question", ["한계는?", "What are its limitations?"])
def test_it_is_answered_as_if_the_paper_were_that_of_the_turn_before(sample_library: Library, question: str) -> None:
    answer = ask(sample_library, question, LORA)
    assert answer.citations == ask(sample_library, question, history=(Turn("앞의 질문", (LORA,)),)).citations


def test_it_precedes_the_papers_of_the_conversation(sample_library: Library) -> None:
    history = (Turn("LoRA가 뭐야?", (LORA,)),)
    assert ask(sample_library, "이 논문의 한계는?", ATTENTION, history=history).interpretation.papers == (ATTENTION,)


def test_a_repeated_question_is_about_it_again(sample_library: Library) -> None:
    first = ask(sample_library, "한계는?", LORA)
    again = ask(sample_library, "영어로", LORA, history=(Turn.of(first),))
    assert again.interpretation.repeats == "한계는?"
    assert (again.interpretation.answer_lang, again.interpretation.papers) == ("en", (LORA,))


@pytest.mark.parametrize("papers", [(), (LORA, ATTENTION)])
@pytest.mark.parametrize("question", ["이 논문의 한계는?", "what are its limitations?"])
def test_no_paper_and_several_leave_open_which(sample_library: Library, question: str, papers: tuple[str, ...]) -> None:
    assert ask(sample_library, question, *papers).reason == "which_paper"


@pytest.mark.parametrize("question", ["김치찌개 맛있게 끓이는 방법", "My dishwasher does not drain, what now?"])
def test_what_refers_to_no_paper_and_is_not_in_it_is_refused(sample_library: Library, question: str) -> None:
    assert ask(sample_library, question, LORA).reason == "nothing_relevant"


def test_what_the_paper_does_not_say_is_answered_as_if_it_were_named(sample_library: Library) -> None:
    answer = ask(sample_library, "이 논문은 김치찌개를 어떻게 끓여?", LORA)
    assert (answer.confidence, answer.unsupported) == ("low", ("김치찌개",))
    named = ask(sample_library, "LoRA는 김치찌개를 어떻게 끓여?")
    assert (named.confidence, named.unsupported) == ("low", ("김치찌개",))


@pytest.mark.parametrize(
    "question", ["비슷한 논문은?", "similar papers", "LoRA와 비슷한 논문", f"papers similar to {LORA}"]
)
def test_similar_papers_are_looked_for_outside_the_filter(sample_library: Library, question: str) -> None:
    answer = ask(sample_library, question, LORA)
    assert not answer.abstained
    assert LORA not in found(answer)
    assert set(found(answer)[:3]) == set(found(ask(sample_library, f"papers similar to {LORA}"))[:3])


def test_the_other_conditions_hold_for_similar_papers(sample_library: Library) -> None:
    day = date(2025, 3, 4)
    answer = ask(sample_library, "비슷한 논문은?", LORA, since=day, until=day)
    assert answer.hits
    assert all(day.isoformat() in hit.digest_dates for hit in answer.hits)


def test_papers_like_another_one_are_looked_for_within_the_filter(sample_library: Library) -> None:
    assert set(found(ask(sample_library, f"papers similar to {ATTENTION}", LORA))) <= {LORA}


def test_what_is_no_reference_takes_nothing() -> None:
    resolved = resolve_follow_up("영어로", (), given=LORA)
    assert (resolved.search_text, resolved.papers, resolved.context) == ("영어로", (), (LORA,))
    assert resolve_follow_up("이 논문의 한계는?", (), given=LORA).papers == (LORA,)
    assert resolve_follow_up("이 논문의 한계는?", ()).papers == ()
    assert lacks_paper("이 논문의 한계는?", ())
    assert not lacks_paper("이 논문의 한계는?", (), LORA)
