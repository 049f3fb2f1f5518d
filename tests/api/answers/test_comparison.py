"""Comparisons aspect by aspect: which sentences stand under an aspect, and whose they are."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from nonmun import Answer, Hit, Library, Settings
from nonmun.api.answers.markdown import strip_markdown
from nonmun.api.answers.rendering.layout import LABEL, QUOTATION, TITLE, short_names
from nonmun.api.answers.rendering.numbered import number_citations
from nonmun.eval.metrics.answers import assess_answer

KELP, REEF, BARE, LOOSE = "2503.10001", "2503.10002", "2503.10003", "2503.10004"
HEADINGS = {
    "ko": {"동기:": "motivation", "방법:": "method", "결과:": "results"},
    "en": {"Motivation:": "motivation", "Method:": "method", "Results:": "results"},
}
ABSTRACTS = {
    KELP: (
        "KelpNet: Seaweed Seen from Space",
        "Kelp forests vanish unnoticed. We present KelpNet, a convolutional neural network that finds kelp forests in "
        "satellite images by segmentation. KelpNet achieves state-of-the-art performance on every benchmark.",
    ),
    REEF: (
        "ReefNet: Counting Corals",
        "Corals bleach in warm water. We present ReefNet, a detector that counts corals in photographs of divers. "
        "ReefNet reaches an accuracy of 91% on CoralBench.",
    ),
    BARE: (
        "SandNet: Counting Grains of Sand",
        "Beaches erode. We present SandNet, a network that counts grains of sand. SandNet errs in 3% of cases.",
    ),
    LOOSE: ("FoamNet: Waves Without Sections", "Foam is white. We present FoamNet, a network that measures foam."),
}
BODIES = {
    KELP: "## 핵심 동기\n\n다시마 숲이 눈에 띄지 않게 사라집니다.\n\n## 주요 기여\n\n"
    "- 위성 이미지에 합성곱 신경망을 적용해 이미지 분할로 다시마 숲을 찾는 KelpNet을 제안합니다.",
    REEF: "## 핵심 동기\n\n따뜻한 바다에서 산호가 하얗게 됩니다.\n\n## 주요 기여\n\n- 잠수부의 사진에서 산호를 세는 "
    "탐지기 ReefNet을 제안합니다.\n\n## 결과\n\n- CoralBench에서 정확도 91%를 기록합니다.",
    LOOSE: "파도의 거품을 재는 신경망 FoamNet을 제안합니다.",
}


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory, model_cache: Path) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("comparison")
    entries = [
        f"## {paper}\n🔗 https://huggingface.co/papers/{paper}\n\n**Summary**:\n{body}\n\n---\n"
        for paper, body in BODIES.items()
    ]
    (folder / "2025-03-03.md").write_text("# Daily Papers – 2025-03-03\n\n" + "\n".join(entries), "utf-8")
    records = [{"id": key, "title": title, "text": text} for key, (title, text) in ABSTRACTS.items()]
    (folder / "abstracts.jsonl").write_text("\n".join(map(json.dumps, records)), "utf-8")
    with Library.open(settings=Settings(data=folder / "data", cache=model_cache)) as library:
        library.ingest(folder / "2025-03-03.md", folder / "abstracts.jsonl", all_abstracts=True)
        yield library


def by_aspect(answer: Answer) -> dict[str, list[tuple[str, str]]]:
    """Return the labels and quotations below each aspect; every quotation is from the paper that its label names."""
    found: dict[str, list[tuple[str, str]]] = {}
    headings = HEADINGS[answer.interpretation.answer_lang]
    names = {name: paper_id for paper_id, name in short_names(answer.hits).items()}
    aspect = ""
    for line, following in itertools.pairwise(answer.answer.split("\n")):
        if line in headings:
            aspect = headings[line]
            found[aspect] = []
        elif (label := LABEL.fullmatch(line)) and not TITLE.fullmatch(line):
            quotation = QUOTATION.fullmatch(following)
            assert quotation
            assert names[label["name"]] == quotation["paper"]
            found[aspect].append((label["name"], quotation["quote"]))
    return found


@pytest.mark.parametrize("question", ["KelpNet과 ReefNet을 비교해 줘", "compare KelpNet and ReefNet"])
def test_a_sentence_of_an_abstract_stands_under_no_aspect_that_the_summary_does_not_say_it_of(
    library: Library, question: str
) -> None:
    answer = library.ask(question)
    aspects = by_aspect(answer)
    assert [name for name, _ in aspects["motivation"]] == ["KelpNet", "ReefNet"]
    assert [name for name, _ in aspects["method"]] == ["KelpNet", "ReefNet"]
    assert [name for name, _ in aspects["results"]] == ["ReefNet"]  # the summary of KelpNet has none
    assert "state-of-the-art" not in answer.answer


def test_a_sentence_of_an_abstract_that_says_what_the_summary_says_is_preferred_in_english(library: Library) -> None:
    method = dict(by_aspect(library.ask("compare KelpNet and ReefNet"))["method"])
    assert method["KelpNet"].startswith("We present KelpNet")


def test_every_sentence_of_a_paper_without_a_summary_may_stand_under_any_aspect(library: Library) -> None:
    aspects = by_aspect(library.ask("compare SandNet and ReefNet"))
    assert {name for name, _ in aspects["results"]} == {"SandNet", "ReefNet"}
    assert len({quote for quotes in aspects.values() for name, quote in quotes if name == "SandNet"}) == 3


def test_a_paper_that_speaks_of_no_aspect_is_quoted_below_its_title(library: Library) -> None:
    answer = library.ask("FoamNet과 ReefNet을 비교해 줘")
    assert answer.interpretation.shape == "compare"
    assert {citation.paper_id for citation in answer.citations} == {LOOSE, REEF}
    assert not by_aspect(answer)


@pytest.mark.parametrize("question", ["KelpNet과 ReefNet을 비교해 줘", "compare KelpNet and ReefNet"])
def test_labels_are_segments_without_citations(library: Library, question: str) -> None:
    answer = library.ask(question)
    assert all(answer.answer[part.start : part.end] == part.text for part in answer.segments)
    labels = [part for part in answer.segments if LABEL.fullmatch(part.text) and not TITLE.fullmatch(part.text)]
    assert len(labels) == len(answer.citations) == 5
    assert not any(part.citations for part in labels)
    quoted = [part for part in answer.segments if part.citations]
    for part in quoted:
        (position,) = part.citations
        assert strip_markdown(answer.citations[position].quote) in part.text
    assert (assess_answer(answer).sentences, assess_answer(answer).unsupported) == (5, 0)


def test_numbered_citations_keep_the_labels(library: Library) -> None:
    numbered = number_citations(library.ask("compare KelpNet and ReefNet"))
    lines = numbered.text.split("\n")
    for label, number in (("**KelpNet**", "[1]"), ("**ReefNet**", "[2]")):
        below = [following for line, following in itertools.pairwise(lines) if line == label]
        assert below
        assert all(number in line for line in below)
        assert all(lines[at - 1] == "" for at, line in enumerate(lines) if line == label)  # a paragraph of its own


def hit(number: int, title: str) -> Hit:
    return Hit(f"2505.0000{number}", title, 1.0, (), f"https://arxiv.org/abs/2505.0000{number}", ())


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("LoRA: Low-Rank Adaptation", "LoRA"),
        ("다시마: 위성에서 본 숲", "다시마"),
        ("Attention Is All You Need", "Attention Is All You Need"),
        ("Reinforced Internal-External Knowledge Synergistic Reasoning", "Reinforced Internal-External Knowledge …"),
        ("A Model of Everything That Anyone Ever Wanted: It", "A Model of Everything That Anyone Ever …"),
        ("가" * 60, f"{'가' * 40} …"),
        ("$a$ and $b: c$ in one formula", "$a$ and $b: c$ in one formula"),
        (": a title that begins with a colon", ": a title that begins with a colon"),
        ("x\n\n## y", "x ## y"),
        ("", "2505.00001"),
        ("See <img src=x onerror=alert(1)>: a title", "2505.00001"),
    ],
)
def test_short_names(title: str, name: str) -> None:
    assert short_names([hit(1, title)]) == {"2505.00001": name}


def test_short_names_are_distinct() -> None:
    assert short_names([hit(1, "LoRA: One"), hit(2, "lora: Two")]) == {
        "2505.00001": "LoRA: One",
        "2505.00002": "lora: Two",
    }
    assert short_names([hit(1, "LoRA: One"), hit(2, "LoRA: One")]) == {
        "2505.00001": "2505.00001",
        "2505.00002": "2505.00002",
    }
    assert short_names([]) == {}
