"""Premises: names and words of a question that no text of its papers holds, and whether it can do without them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nonmun import Library
from nonmun.api.answers.extractive.premises import Premises, check_premises
from nonmun.index.retrieval.request import RetrievalRequest, SearchResult

TIDE, SMOKE = "2505.00001", "2505.00002"
ABSTRACTS = {
    TIDE: (
        "TideGNN: Forecasting Waves with Graph Networks",
        "We forecast waves with a graph network over 1,200 buoys. It is trained by reinforcement learning with rewards "
        "from GPT 4o. TideGNN beats SeaNet by two hours.",
    ),
    SMOKE: (
        "SmokeWatch: Finding Wildfires from Space",
        "SmokeWatch finds smoke in satellite images. Its encoder was pretrained on ImageNet.",
    ),
}
Check = Callable[..., Premises]


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory, hash_embedder: Callable[[], Any]) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("premises")
    rows = [{"id": key, "title": title, "abstract": text} for key, (title, text) in ABSTRACTS.items()]
    (folder / "abstracts.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    (folder / "none.jsonl").touch()
    with Library.open(folder / "data", embedding=hash_embedder()) as library:
        library.ingest(folder / "none.jsonl", folder / "abstracts.jsonl", all_abstracts=True)
        yield library


def near(result: SearchResult, specificity: float) -> SearchResult:
    """Return a result all of whose sentences are equally near to the question."""
    sentences = {
        paper_id: replace(scored, specificity=np.full_like(scored.specificity, specificity))
        for paper_id, scored in result.sentences.items()
    }
    return replace(result, sentences=sentences)


@pytest.fixture
def check(papers: Library) -> Check:
    """Checks a question against the papers that it names, or else the first; sentences are far unless told."""

    def run(question: str, specificity: float = 0.0) -> Premises:
        result = near(papers.searcher.search(RetrievalRequest(question), sentences=True), specificity)
        return check_premises(result, [hit for hit in result.hits if hit.paper_id in result.known] or result.hits[:1])

    return run


# --- names


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("Does TideGNN use FlashAttention?", ("FlashAttention",)),
        ("TideGNN은 FlashAttention을 쓰나요?", ("FlashAttention",)),
        ("TideGNN은 FlashAttention과 DPO, FlashAttention을 쓰나?", ("FlashAttention", "DPO")),
        ("Does TideGNN use ImageNet?", ("ImageNet",)),  # as the other paper does
        ("Did Maria write TideGNN?", ("Maria",)),
        ("Does TideGNN use GPT-5?", ("GPT-5",)),
    ],
)
def test_a_question_cannot_do_without_its_names(check: Check, question: str, names: tuple[str, ...]) -> None:
    for specificity in (0.0, 1.0):
        premises = check(question, specificity)
        assert (premises.names, premises.unsupported, premises.carries) == (names, names, True)


@pytest.mark.parametrize(
    ("question", "why"),
    [
        ("Does TideGNN use GPT-4o?", "the text writes it with a space"),
        ("Does TideGNN use gpt4O?", "case and separators do not matter"),
        ("Is TideGNN better than Sea-Net?", "the text writes it without a hyphen"),
        ("Is TideGNN trained with RL?", "the text spells it out"),
        ("How does TideGNN compare with SmokeWatch?", "it is the title of another paper"),
        ("What does TideGNM forecast?", "it is a title but for one letter"),
        ("Please explain TideGNN. Thanks", "ordinary words at the start of a sentence are no names"),
        ("Is X of TideGNN learned?", "one letter is no name"),
        ("tidegnn은 파도를 예측하나?", "words in small letters are no names"),
        (f"I read {TIDE}. Summarize the waves.", "a sentence begins after an arXiv id as well"),
    ],
)
def test_names_that_the_texts_hold_are_supported(check: Check, question: str, why: str) -> None:
    assert check(question).names == (), why


def test_a_name_that_begins_like_one_in_the_text_is_supported_and_one_that_ends_so_is_not(check: Check) -> None:
    assert check("Does TideGNN use SeaNet?").names == ()
    assert check("Does TideGNN use Net?").names == ()  # the end of a compound name
    assert check("Does TideGNN use DeepSeaNet?").names == ("DeepSeaNet",)
    assert check("Does TideGNN use EaNet?").names == ("EaNet",)


# --- other words


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("Which university do the authors of TideGNN come from?", ("university", "authors")),
        ("Which batches and kernels does TideGNN use?", ("batches", "kernels")),
    ],
)
def test_a_question_for_what_no_sentence_is_near_is_doubtful(
    check: Check, question: str, words: tuple[str, ...]
) -> None:
    premises = check(question)
    assert premises == Premises((), words, carries=False, is_doubtful=True)
    assert check(question, specificity=1.0) == replace(premises, is_doubtful=False)


def test_a_question_for_what_is_held_in_part_is_doubtful(check: Check) -> None:
    premises = check("Which university and which kernels do the buoys of TideGNN use?")
    assert (premises.words, premises.carries, premises.is_doubtful) == (("university", "kernels"), False, True)
    assert not check("Which buoys does TideGNN use?").is_doubtful


@pytest.mark.parametrize(
    "question",
    [
        "TideGNN은 파도를 예측하나?",  # the words are translated
        "How many buoys and rewards does TideGNN use?",
        "What does TideGNN do?",
        "TideGNN을 자세히 설명해 줘",
        "Which kitchens buy ovens?",  # names no paper
    ],
)
def test_other_questions_can_be_answered(check: Check, question: str) -> None:
    assert not check(question).is_doubtful


def test_words_are_named_as_the_question_writes_them(check: Check) -> None:
    assert check("Which Universities pay the authors of TideGNN?").words == ("Universities", "authors")


def test_only_the_last_sentence_asks(check: Check) -> None:
    background = "I study at a university and know its authors."
    assert not check(f"{background} Which buoys give TideGNN rewards?").is_doubtful
    assert check(f"Which buoys give TideGNN rewards? {background}").is_doubtful


def test_the_words_of_a_section_are_stated_where_the_papers_have_it(library: Library, tmp_path: Path) -> None:
    entry = (
        "## {key}\n🔗 https://huggingface.co/papers/{key}\n\n**Summary**:\n# {title}\n\n## {head}\n\n{text}\n\n---\n\n"
    )
    entries = [
        entry.format(key=TIDE, title="TideGNN: 파도 예측", head="한계", text="밤에는 부표가 자주 꺼집니다."),
        entry.format(key=SMOKE, title="SmokeWatch: 산불 찾기", head="결과", text="연기를 한 시간 먼저 찾습니다."),
    ]
    (tmp_path / "2025-05-16.md").write_text("# Daily Papers – 2025-05-16\n\n" + "".join(entries), "utf-8")
    library.ingest(tmp_path / "2025-05-16.md")
    for name, words in (("TideGNN", ()), ("SmokeWatch", ("한계", "약점"))):
        result = library.searcher.search(RetrievalRequest(f"{name}의 한계와 약점은?"), sentences=True)
        assert check_premises(near(result, 0.0), result.hits[:1]).words == words


def test_papers_state_together_what_is_asked_of_all_of_them(papers: Library) -> None:
    question = "Do TideGNN and SmokeWatch use buoys and satellites?"
    result = near(papers.searcher.search(RetrievalRequest(question), sentences=True), 0.0)
    assert set(result.known) == {TIDE, SMOKE}
    hits = {hit.paper_id: hit for hit in result.hits}
    assert check_premises(result, list(hits.values())).words == ()
    assert check_premises(result, [hits[TIDE]]).words == ("satellites",)
    assert check_premises(result, [hits[SMOKE]]).words == ("buoys",)


def test_without_sentences_only_names_are_checked(papers: Library) -> None:
    for question, names in (("Does TideGNN use DPO?", ("DPO",)), ("Which university wrote TideGNN?", ())):
        result = replace(papers.searcher.search(RetrievalRequest(question), sentences=True), sentences={})
        assert check_premises(result, result.hits[:1]) == Premises(names, (), bool(names), bool(names))


# --- answers


@pytest.mark.parametrize(
    ("question", "unsupported"),
    [
        ("Was LoRA trained with Megatron?", ("Megatron",)),
        ("LoRA는 Megatron과 함께 학습했어?", ("Megatron",)),
    ],
)
def test_an_unstated_premise_is_refused_and_named(
    sample_library: Library, question: str, unsupported: tuple[str, ...]
) -> None:
    answer = sample_library.ask(question)
    assert (answer.abstained, answer.reason, answer.confidence) == (True, "not_stated", "none")
    assert (answer.unsupported, answer.citations) == (unsupported, ())
    assert "2106.09685" in answer.answer
    assert all(word in answer.answer for word in unsupported)


def test_a_premise_stated_in_part_is_answered_as_low_and_named(sample_library: Library) -> None:
    answer = sample_library.ask("Which university do the authors of LoRA come from?")
    assert (answer.abstained, answer.confidence, answer.unsupported) == (False, "low", ("university", "authors"))
    assert all(word in answer.answer for word in answer.unsupported)
    assert {citation.paper_id for citation in answer.citations} == {"2106.09685"}


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("LoRA 학습은 몇 시간 걸려?", ("몇 시간",)),
        ("How many dollars does training LoRA cost?", ("dollars", "How many dollars")),
    ],
)
def test_a_figure_that_is_not_stated_is_answered_as_low(
    sample_library: Library, question: str, words: tuple[str, ...]
) -> None:
    answer = sample_library.ask(question)
    assert (answer.abstained, answer.confidence, answer.unsupported) == (False, "low", words)
    assert words[0] in answer.answer


@pytest.mark.parametrize(
    "question",
    ["LoRA는 어떻게 학습해?", "LoRA는 GPT-3에 적용됐어?", "Which matrices does LoRA train?", "LoRA의 한계는?"],
)
def test_a_stated_premise_is_answered(sample_library: Library, question: str) -> None:
    answer = sample_library.ask(question)
    assert (answer.abstained, answer.confidence, answer.unsupported) == (False, "high", ())


def test_a_list_is_not_refused_for_its_words(sample_library: Library) -> None:
    answer = sample_library.ask("저랭크 행렬로 미세 조정하는 Megatron 논문 있어?")
    assert answer.reason != "not_stated"
