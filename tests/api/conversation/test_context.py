"""Conversation context: a question takes the papers of earlier turns if these support it, or if it asks of nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import pytest

from nonmun import Answer, Library, Turn
from nonmun.api.conversation.context import asked_words, choose_context_paper
from nonmun.api.conversation.resolution import lacks_paper, resolve_follow_up
from nonmun.index.analysis.weighted_terms import WeightedTerms
from nonmun.index.domain.filters import NO_FILTER
from nonmun.index.domain.hits import Confidence
from nonmun.index.query.question import parse_question
from nonmun.index.retrieval.abstention import Assessment
from nonmun.index.retrieval.query_words import QueryWords
from nonmun.index.retrieval.request import SearchResult
from nonmun.index.retrieval.scored_sentences import ScoredSentences

AS_OF = date(2025, 3, 10)
LORA, ATTENTION, DIFFUSION = "2106.09685", "1706.03762", "2006.11239"
A, B, C = (f"2505.0000{number}" for number in range(3))
UNSEEN = 6.0  # information of a word that no text holds
QUESTION = "부표와 보상은 어떻게 정해?"


def result(
    held: Mapping[str, Sequence[float]],
    question: str = QUESTION,
    confidence: Confidence = "high",
    information: Sequence[float] = (),
) -> SearchResult:
    """Return a search result of papers that hold the question's words with these probabilities."""
    parsed = parse_question(question)
    known = dict(zip(parsed.terms, information or [4.0] * len(parsed.terms), strict=True))
    words = QueryWords.of([WeightedTerms(term, {term: 1.0}) for term in parsed.terms], [], known, UNSEEN)
    zero, vector = np.zeros(1, np.float32), np.eye(1, dtype=np.float32)
    return SearchResult(
        question=parsed,
        where=NO_FILTER,
        hits=(),
        generation=1,
        known=(),
        empty=False,
        assessment=Assessment(confidence, {}, frozenset()),
        total=None,
        words=words,
        sentences={
            paper_id: ScoredSentences(((0, 0, 1),), vector, zero, zero, zero, np.array(values, np.float32), 0.0)
            for paper_id, values in held.items()
        },
        contradictions=(),
        vector=vector[0],
        timings={},
    )


def asked(question: str) -> list[str]:
    found = result({}, question)
    return [found.words.names[at] for at in asked_words(found)]


def ask(library: Library, question: str, *papers: str) -> Answer:
    """Ask a question after turns about these papers, the latest last."""
    return library.ask(question, as_of=AS_OF, history=[Turn("앞의 질문", (paper_id,)) for paper_id in papers])


def papers_of(answer: Answer) -> tuple[str, ...]:
    return answer.interpretation.papers


# --- which words ask


@pytest.mark.parametrize(
    ("question", "words"),
    [
        (QUESTION, ["부표", "보상"]),
        ("한계는?", []),
        ("어떤 데이터셋으로 실험했어?", []),
        ("what are the limitations?", []),
        ("더 자세히 설명해 줘", []),
        ("부표의 한계는?", ["부표"]),
        ("how are rewards given by buoys?", ["reward", "given", "buoy"]),
    ],
)
def test_names_of_sections_verbs_and_everyday_words_ask_of_nothing(question: str, words: list[str]) -> None:
    assert asked(question) == words


# --- which paper


def test_the_paper_that_supports_a_question_as_well_as_any_is_meant() -> None:
    alone = result({A: [1, 1, 0], B: [1, 0, 0]})
    assert len(alone.words.names) == 3
    assert choose_context_paper(alone, result({B: [1, 1, 0], C: [0, 1, 0]}), [C, B]) == B


def test_a_question_that_another_paper_supports_much_better_stands_alone() -> None:
    alone = result({A: [1, 1, 0]})
    assert choose_context_paper(alone, result({B: [0.9, 0, 0]}), [B]) is None
    assert choose_context_paper(alone, result({B: [0, 0, 0]}), [B]) is None
    assert choose_context_paper(result({A: [0, 0, 0]}), result({B: [0, 0, 0]}), [B]) is None


def test_it_may_support_the_question_a_little_less() -> None:
    alone = result({A: [1, 1, 0]})
    assert choose_context_paper(alone, result({B: [1, 0.75, 0]}), [B]) == B
    assert choose_context_paper(alone, result({B: [1, 0, 0]}), [B]) == B


def test_other_papers_support_it_more_by_no_more_than_one_word_can() -> None:
    information = [9.0, 9.0, 1.0]
    alone = result({A: [1, 1, 0]}, information=information)
    assert choose_context_paper(alone, result({B: [1, 0.5, 0]}, information=information), [B]) == B
    assert choose_context_paper(alone, result({B: [1, 0.25, 0]}, information=information), [B]) is None


def test_a_single_word_that_other_papers_hold_may_ask_about_the_latest() -> None:
    question = "부표는?"
    assert choose_context_paper(result({A: [1]}, question), result({B: [0], C: [0]}, question), [B, C]) == B
    assert choose_context_paper(result({A: [0]}, question), result({B: [0]}, question), [B]) is None


def test_words_count_by_their_information() -> None:
    rare, common = [4.0, 1.0, 1.0], [1.0, 4.0, 1.0]
    for information, expected in ((rare, B), (common, None)):
        alone = result({A: [1, 1, 0]}, information=information)
        assert choose_context_paper(alone, result({B: [1, 0, 0]}, information=information), [B]) == expected


def test_the_latest_of_equals_is_meant() -> None:
    alone, within = result({A: [1, 1, 0]}), result({A: [1, 1, 0], B: [1, 1, 0], C: [1, 0, 0]})
    assert choose_context_paper(alone, within, [C, B, A]) == B
    assert choose_context_paper(alone, within, [C, A, B]) == A


def test_a_question_that_asks_of_nothing_is_about_the_latest_paper() -> None:
    question = "한계는?"
    assert choose_context_paper(result({A: [1]}, question), result({B: [0], C: [1]}, question), [B, C]) == B


def test_a_question_that_nothing_answers_alone_is_about_the_best_paper_of_the_conversation() -> None:
    alone, within = result({A: [1, 1, 0]}, confidence="none"), result({B: [0, 0, 0], C: [1, 0, 0]})
    assert choose_context_paper(alone, within, [B, C]) == C
    alone, within = result({A: [1, 1, 0]}, confidence="low"), result({B: [0, 0, 0], C: [0.5, 0, 0]})
    assert choose_context_paper(alone, within, [B, C]) is None


# --- conversations


@pytest.mark.parametrize(
    "question", ["한계는?", "어떤 데이터셋을 썼어?", "초기화는 어떻게 해?", "How are the matrices initialised?"]
)
def test_a_question_without_a_reference_is_about_the_paper_before(sample_library: Library, question: str) -> None:
    alone, within = ask(sample_library, question), ask(sample_library, question, LORA)
    assert papers_of(alone) == ()
    assert papers_of(within) == (LORA,)
    assert {citation.paper_id for citation in within.citations} == {LORA}


def test_the_paper_meant_need_not_be_the_latest(sample_library: Library) -> None:
    assert papers_of(ask(sample_library, "초기화는 어떻게 해?", LORA, ATTENTION)) == (LORA,)
    assert papers_of(ask(sample_library, "위치 인코딩은 어떻게 만들어?", LORA, ATTENTION)) == (ATTENTION,)
    assert papers_of(ask(sample_library, "한계는?", LORA, ATTENTION)) == (ATTENTION,)


@pytest.mark.parametrize(
    "question",
    [
        "확산 모델로 이미지를 만드는 방법은?",  # another topic
        "음성 인식은?",
        "저랭크 논문 있어?",  # asks for papers
        "3월 4일 다이제스트",  # asks for days
        "지난주에 나온 초기화 논문은?",
        f"{DIFFUSION}의 한계는?",  # names another paper
        "위치 인코딩은 어떻게 만들어?",  # which another paper has
    ],
)
def test_other_questions_stand_alone(sample_library: Library, question: str) -> None:
    assert ask(sample_library, question, LORA) == ask(sample_library, question)


@pytest.mark.parametrize(
    "question",
    ["김치찌개 맛있게 끓이는 방법", "My dishwasher does not drain, what should I check?"],
)
def test_an_unrelated_question_is_refused_in_a_conversation_as_well(sample_library: Library, question: str) -> None:
    assert ask(sample_library, question).reason == "nothing_relevant"
    assert ask(sample_library, question, LORA).abstained


def test_the_context_holds_the_papers_of_all_turns_latest_first() -> None:
    turns = [Turn("하나", (A, B)), Turn("둘", (C, A)), Turn("셋")]
    assert resolve_follow_up("보상은 어떻게 정해?", turns).context == (C, A, B)
    assert resolve_follow_up("보상은 어떻게 정해?", []).context == ()


@pytest.mark.parametrize("question", ["두 번째 논문은?", "그 중에서 빠른 것은?", "영어로"])
def test_a_question_that_refers_to_papers_by_itself_needs_no_context(question: str) -> None:
    history = [Turn("하나", (A, B))]
    assert resolve_follow_up(question, history).context == ()
    assert not lacks_paper(question, history)


# --- which paper is meant


@pytest.mark.parametrize(
    "question",
    [
        "그 논문의 한계는?",
        "이 방법의 약점은?",
        "한계는?",
        "두 논문을 비교해 줘",
        "더 자세히",
        "What are its limitations?",
        "explain it",
    ],
)
def test_a_question_about_a_paper_that_no_turn_has_asks_which(sample_library: Library, question: str) -> None:
    answer = ask(sample_library, question)
    assert (answer.abstained, answer.reason, answer.confidence, answer.citations) == (True, "which_paper", "none", ())
    assert answer.question == question
    assert "arXiv" in answer.answer
    assert not ask(sample_library, question, LORA).abstained


@pytest.mark.parametrize(
    "question", ["그 논문은 저랭크 행렬을 쓰나?", f"{LORA} 논문의 한계는?", "이 모델은 어떤 이미지를 생성해?"]
)
def test_a_question_that_says_what_it_is_about_is_answered(sample_library: Library, question: str) -> None:
    assert ask(sample_library, question).reason != "which_paper"


def test_turns_without_papers_have_none_to_refer_to(sample_library: Library) -> None:
    history = [Turn("김치찌개 맛있게 끓이는 방법")]
    assert sample_library.ask("그 논문의 한계는?", history=history).reason == "which_paper"


def test_a_reference_gives_way_to_another_subject(sample_library: Library) -> None:
    question = "그건 됐고, 위치 인코딩을 사인 함수로 만드는 논문은 어떤 데이터로 학습했어?"
    assert papers_of(ask(sample_library, question, LORA)) != (LORA,)
    assert papers_of(ask(sample_library, "그건 어떤 데이터로 학습했어?", LORA)) == (LORA,)
