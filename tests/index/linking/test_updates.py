"""Names and terms that are updated as the index changes match as those that are made anew."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from nonmun.index.analysis.weighted_terms import WeightedTerms
from nonmun.index.linking.fuzzy_terms import FuzzyTerms
from nonmun.index.linking.paper_names import PaperNames
from nonmun.index.linking.phonetic_names import PhoneticNames
from nonmun.index.linking.vocabulary import Vocabulary

TITLES = (
    "AdaptCLIP: Adapting CLIP",
    "AdaptClip: Another One",
    "PC Agent: While You Sleep",
    "PC-Agent: A Framework",
    "MegaScience: Pushing the Frontiers",
    "InfoVids: Videos that Inform",
    "InfoVid: A Video",
    "TreeHop",
    "TriHop Networks",
    "Truth Neurons",
    "Refine: A Plain Word",
    "System Card of Nothing",
    "2505: Numbers",
    "",
)
QUESTIONS = (
    "AdaptCLIP의 한계는?",
    "PC-Agent와 pc agent를 비교해줘",
    "메가사이언스 논문은?",
    "트리홉이 뭐야?",
    "Truth Neurons and InfoVids",
    "어댑트클립 결과",
    "TreeHop vs TriHop Networks",
)
WORDS = [WeightedTerms("인포비드", {"infovid": 1.0}), WeightedTerms("트루스", {"truth": 0.9})]
PAPERS = st.sampled_from([f"2505.0000{number}" for number in range(6)])
INDEXES = st.dictionaries(PAPERS, st.sampled_from(TITLES), max_size=6)


def found(names: PaperNames) -> list[object]:
    return [names.find_mentions(f"{question} 인포비드 트루스", WORDS) for question in QUESTIONS]


@given(st.lists(INDEXES, min_size=2, max_size=5), st.booleans())
def test_paper_names(states: list[dict[str, str]], tables_are_built: bool) -> None:
    states = [{paper: title for paper, title in state.items() if title} for state in states]
    names = PaperNames(states[0])
    for before, state in pairwise(states):
        expected = found(PaperNames(before)) if tables_are_built else []
        assert not tables_are_built or found(names) == expected
        updated = names.updated(state)
        assert found(updated) == found(PaperNames(state))
        assert not tables_are_built or found(names) == expected  # the one before is as it was
        names = updated


def test_names_of_the_same_titles_are_kept() -> None:
    names = PaperNames({"2505.00001": TITLES[0]})
    assert names.updated({"2505.00001": TITLES[0]}) is names


@given(st.lists(st.sets(st.sampled_from([title.partition(":")[0] for title in TITLES])), min_size=2, max_size=5))
def test_phonetic_names(states: list[set[str]]) -> None:
    names = PhoneticNames(states[0])
    for state in states[1:]:
        names = names.updated(state)
        for question in QUESTIONS:
            fresh = PhoneticNames(state).match_text(question, lambda _: False)
            assert names.match_text(question, lambda _: False) == fresh


TERMS = (
    "adaptclip",
    "unlearn",
    "megasci",
    "bark",
    "barn",
    "transform",
    "transfer",
    "렌더링",
    "트랜스포머",
    "이상",
    "clip",
)
ASKED = ("어댑트클립", "언러닝", "transfrom", "rendering", "transformer", "bakr", "클립", "트랜스퍼", "이상")
FREQUENCIES = st.dictionaries(st.sampled_from(TERMS), st.integers(1, 50), max_size=len(TERMS))


@given(st.lists(FREQUENCIES, min_size=2, max_size=5))
def test_fuzzy_terms(states: list[dict[str, int]]) -> None:
    terms = FuzzyTerms(states[0])
    for state in states[1:]:
        before = [terms.match(word) for word in ASKED]  # builds the tables
        updated = terms.updated(state)
        assert [updated.match(word) for word in ASKED] == [FuzzyTerms(state).match(word) for word in ASKED]
        assert [terms.match(word) for word in ASKED] == before
        terms = updated


class Statistics:
    """Term statistics in a dictionary."""

    def __init__(self, frequencies: dict[str, int]) -> None:
        self.frequencies = frequencies

    def document_frequency(self, term: str) -> int:
        return self.frequencies.get(term, 0)

    @property
    def chunk_count(self) -> int:
        return 100

    def items(self) -> Iterator[tuple[str, int]]:
        yield from self.frequencies.items()


@given(st.lists(FREQUENCIES, min_size=2, max_size=5), st.lists(st.booleans(), min_size=5, max_size=5))
def test_vocabulary(states: list[dict[str, int]], are_asked: list[bool]) -> None:
    vocabulary = Vocabulary(Statistics(states[0]))
    for state, is_asked in zip(states[1:], are_asked, strict=False):
        vocabulary = vocabulary.updated(Statistics(state))
        if is_asked:  # otherwise its tables are not built, and those of an earlier one are extended later
            fresh = Vocabulary(Statistics(state))
            for word in ASKED:
                assert vocabulary.expand([word], word) == fresh.expand([word], word)
