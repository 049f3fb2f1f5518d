"""Coined names: words that the texts of one paper keep using, though its title does not hold them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun import Library
from nonmun.index.analysis.latin import latin_terms
from nonmun.index.linking.coined_names import find_coined_names
from nonmun.index.linking.paper_names import Mention

ONE, TWO = "2505.00001", "2505.00002"
# Chunks with each name, by paper.
CHUNKS: Mapping[str, Mapping[str, int]] = {
    "MetaUAS": {ONE: 4},
    "T2VBench-HD": {TWO: 9, ONE: 2},
    "DanceGRPO": {ONE: 3, TWO: 1},
    "OnceBERT": {ONE: 1},
    "CLIP": {ONE: 6},
    "ab3": {ONE: 6},
    "R1": {ONE: 6},
    "prompt": {ONE: 6},
}
INDEX = {latin_terms(name)[0]: Counter(chunks) for name, chunks in CHUNKS.items()}
ENTRY = "## {paper_id}\n🔗 https://huggingface.co/papers/{paper_id}\n\n**Summary**:\n# {title}\n\n{body}\n\n---\n\n"


def chunk_papers(term: str) -> Counter[str]:
    return INDEX.get(term, Counter())


def find(
    text: str, *mentions: Mention, is_common: Callable[[str], bool] = lambda term: term == "clip"
) -> list[tuple[str, str]]:
    found = find_coined_names(text, mentions, chunk_papers, is_common)
    assert all(mention.is_coined and len(mention.paper_ids) == 1 for mention in found)
    assert all(text[mention.start : mention.end] == mention.name for mention in found)
    return [(mention.name, mention.paper_ids[0]) for mention in found]


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("MetaUAS의 한계는?", [("MetaUAS", ONE)]),
        ("What data is T2VBench-HD made of?", [("T2VBench-HD", TWO)]),
        ("T2VBench-HD에서 MetaUAS는?", [("T2VBench-HD", TWO), ("MetaUAS", ONE)]),
        ("(MetaUAS)", [("MetaUAS", ONE)]),
        ("MetaUAS, MetaUAS", [("MetaUAS", ONE), ("MetaUAS", ONE)]),
        ("", []),
    ],
)
def test_finds_the_paper_whose_texts_keep_using_a_name(question: str, names: list[tuple[str, str]]) -> None:
    assert find(question) == names


@pytest.mark.parametrize(
    ("question", "why"),
    [
        ("DanceGRPO의 결과", "a quarter of its chunks are another paper's"),
        ("CLIP의 결과", "it is a term of the field"),
        ("ab3, R1", "too few letters"),
        ("prompt tuning", "no inner capital and no digit"),
        ("UnknownGPT", "it is nowhere"),
        ("xMetaUAS, MetaUASx", "part of another word"),
    ],
)
def test_other_words_name_no_paper(question: str, why: str) -> None:
    assert find(question) == [], why


def test_a_common_term_is_only_what_the_caller_says() -> None:
    assert find("CLIP의 결과", is_common=lambda _: False) == [("CLIP", ONE)]
    assert find("MetaUAS", is_common=lambda _: True) == []


def test_known_names_are_left_out() -> None:
    text = "MetaUAS와 T2VBench-HD"
    known = Mention("MetaUAS", ("2505.00009",), 0, 7)
    assert find(text, known) == [("T2VBench-HD", TWO)]
    assert find(text, Mention("HD", ("2505.00009",), text.index("HD"), len(text))) == find(text)
    assert find(text, Mention(text, ("2505.00009",), 0, len(text))) == []


@pytest.mark.parametrize("name", ["WaterDrum", "OpenThinkImg", "Matrix3Game"])
def test_a_capital_or_a_digit_anywhere_inside_makes_a_name(name: str) -> None:
    found = find_coined_names(f"What does {name} do?", (), lambda _: Counter({ONE: 5}), lambda _: False)
    assert [mention.name for mention in found] == [name]


@given(st.lists(st.one_of(st.sampled_from([*CHUNKS, " ", "의 ", "-", "."]), st.text(max_size=5))).map("".join))
def test_mentions_occur_in_the_question_in_order(text: str) -> None:
    found = find_coined_names(text, (), chunk_papers, lambda _: False)
    assert all(text[mention.start : mention.end] == mention.name for mention in found)
    assert all(left.end <= right.start for left, right in pairwise(found))


@pytest.fixture
def named(library: Library, tmp_path: Path) -> Library:
    bodies = {
        ONE: "## 방법\n\nTideGNN은 부표를 잇는 그래프를 배웁니다.\n\n## 결과\n\nTideGNN은 파도를 먼저 맞힙니다.",
        TWO: "## 방법\n\n위성 사진에서 연기를 찾습니다.\n\n## 결과\n\n산불을 한 시간 먼저 찾습니다.",
    }
    titles = {ONE: "파도를 예측하는 신경망", TWO: "산불을 찾는 위성"}
    entries = [ENTRY.format(paper_id=key, title=titles[key], body=body) for key, body in bodies.items()]
    (tmp_path / "2025-05-16.md").write_text("# Daily Papers – 2025-05-16\n\n" + "".join(entries), "utf-8")
    library.ingest(tmp_path / "2025-05-16.md")
    return library


def test_a_question_is_about_the_paper_that_uses_the_name(named: Library) -> None:
    assert named.ask("TideGNN의 결과는?").interpretation.papers == (ONE,)
    assert named.ask("What are the results of TideGNN?").interpretation.papers == (ONE,)
    assert named.ask("WaveGNN의 결과는?").interpretation.papers == ()
    assert named.ask("그래프의 결과는?").interpretation.papers == ()


def test_next_to_a_named_paper_it_names_one_only_in_a_comparison(named: Library, samples: Path) -> None:
    named.ingest(samples / "digests")
    assert named.ask("LoRA는 TideGNN을 쓰나?").interpretation.papers == ("2106.09685",)
    assert named.ask("LoRA와 TideGNN을 비교해줘").interpretation.papers == ("2106.09685", ONE)


def test_a_name_of_many_papers_names_none(named: Library, tmp_path: Path) -> None:
    text = ENTRY.format(
        paper_id="2505.00003",
        title="다른 신경망",
        body="## 방법\n\nTideGNN과 비교합니다.\n\n## 결과\n\nTideGNN보다 낫습니다.",
    )
    (tmp_path / "2025-05-19.md").write_text(f"# Daily Papers – 2025-05-19\n\n{text}", "utf-8")
    named.ingest(tmp_path / "2025-05-19.md")
    assert named.ask("TideGNN의 결과는?").interpretation.papers == ()
