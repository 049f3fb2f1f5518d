"""Which papers an answer quotes: those that are named, or the best one and those that come close to it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun.api.answers.extractive.paper_selection import MAX_NAMED_PAPERS, Selection, closeness, select_papers
from nonmun.index.domain.filters import NO_FILTER
from nonmun.index.domain.hits import Evidence, Hit
from nonmun.index.domain.trust import Label
from nonmun.index.domain.vectors import Matrix, unit_rows
from nonmun.index.query.question import parse_question
from nonmun.index.retrieval.abstention import Assessment
from nonmun.index.retrieval.query_words import QueryWords
from nonmun.index.retrieval.request import SearchResult
from nonmun.index.retrieval.scored_sentences import ScoredSentences

WORDS = QueryWords.of([], [], {})
TOPIC, OTHER = np.eye(2, dtype=np.float32)


def hit(number: int, score: float = 1.0, trust: Label | None = "supported") -> Hit:
    paper_id = f"2505.{number:05}"
    evidence = Evidence(f"{paper_id}:summary@2025-05-16:results:0", "summary", "results", "ko", "글.", score, trust)
    return Hit(paper_id, f"제목 {number}", score, ("2025-05-16",), f"https://arxiv.org/abs/{paper_id}", (evidence,))


def scored(support: float, relevance: float, vectors: Sequence[Matrix] = (TOPIC,)) -> ScoredSentences:
    matrix = unit_rows(np.stack(vectors))
    count = len(matrix)
    relevances = np.linspace(relevance / 2, relevance, count) if count > 1 else np.array([relevance])
    zero = np.zeros(count, np.float32)
    spans = tuple((0, at, at + 1) for at in range(count))
    return ScoredSentences(spans, matrix, relevances.astype(np.float32), zero, zero, np.zeros(0, np.float32), support)


def result(
    papers: Sequence[tuple[Hit, ScoredSentences | None]],
    known: Sequence[str] = (),
    relevant: Sequence[str] = (),
) -> SearchResult:
    return SearchResult(
        question=parse_question("waves"),
        where=NO_FILTER,
        hits=tuple(hit for hit, _ in papers),
        generation=1,
        known=tuple(known),
        empty=False,
        assessment=Assessment("high", {}, frozenset(relevant)),
        total=None,
        words=WORDS,
        sentences={hit.paper_id: sentences for hit, sentences in papers if sentences},
        contradictions=(),
        vector=TOPIC,
        timings={},
    )


def similar(*shares: float, trust: Sequence[Label | None] = ()) -> SearchResult:
    """Return papers of one topic, each with this share of the first one's score, support and relevance."""
    labels: list[Label | None] = ["supported"] * len(shares)
    labels[: len(trust)] = trust
    return result([
        (hit(at, share, label), scored(share, share))
        for at, (share, label) in enumerate(zip(shares, labels, strict=True))
    ])  # fmt: skip


def chosen(found: SearchResult, *, everything: bool = False, is_list: bool = False) -> list[int]:
    selection = select_papers(found, everything=everything, is_list=is_list)
    return [found.hits.index(hit) for hit in selection.hits]


# --- closeness


def test_closeness_is_the_mean_of_three_ratios_and_the_similarity() -> None:
    first, second = (hit(1, 1.0), scored(2.0, 0.5)), (hit(2, 0.5), scored(1.0, 0.4, [TOPIC + OTHER]))
    found = closeness(result([first, second]), [first[0], second[0]])
    cosine = float(np.sqrt(0.5))
    assert found == pytest.approx([(1 + 1 + 1 + (1 + cosine) / 2) / 4, (0.5 + 0.5 + 0.8 + cosine) / 4])


def test_papers_of_the_same_topic_are_closer() -> None:
    def second(*vectors: Matrix) -> float:
        papers = [(hit(1), scored(1, 1)), (hit(2), scored(0.5, 0.5, vectors))]
        return closeness(result(papers), [hit for hit, _ in papers])[1]

    assert second(TOPIC, TOPIC) > second(TOPIC, OTHER) > second(OTHER, OTHER) > second(-TOPIC)


def test_the_best_sentence_of_a_paper_counts() -> None:
    papers = [(hit(1), scored(1, 1)), (hit(2), scored(1, 0.8, [TOPIC] * 4)), (hit(3), scored(1, 0.8))]
    _, several, one = closeness(result(papers), [hit for hit, _ in papers])
    assert several == pytest.approx(one)


def test_a_single_paper_is_as_close_as_can_be() -> None:
    assert closeness(similar(1.0), similar(1.0).hits) == pytest.approx([1])
    assert closeness(similar(), []) == []


@given(st.lists(st.tuples(*[st.floats(-1, 2)] * 3, st.floats(-1, 1), st.floats(-1, 1)), min_size=1, max_size=6))
def test_closeness_is_at_most_one(values: list[tuple[float, ...]]) -> None:
    papers = [
        (hit(at, score), scored(max(support, 0.0), relevance, [np.array([x, y], np.float32)]))
        for at, (score, support, relevance, x, y) in enumerate(values)
    ]
    found = closeness(result(papers), [hit for hit, _ in papers])
    assert len(found) == len(papers)
    assert np.isfinite(found).all()
    assert max(found) <= 1 + 1e-6


# --- selection


def test_papers_that_come_close_to_the_first_are_quoted() -> None:
    assert chosen(similar(1.0, 0.9, 0.1)) == [0, 1]
    assert chosen(similar(1.0, 0.1, 0.1)) == [0]
    assert chosen(similar(1.0, 0.1, 0.9)) == [0, 2]


def test_a_list_takes_in_papers_from_further_off() -> None:
    found = similar(1.0, 0.9, 0.5, 0.2)
    assert chosen(found) == [0, 1]
    assert chosen(found, is_list=True) == [0, 1, 2]


def test_the_first_paper_is_quoted_however_far_it_falls_behind() -> None:
    found = result([(hit(0, 1.0), scored(0.0, -0.5, [-TOPIC])), (hit(1, 0.9), scored(3.0, 0.9))])
    assert chosen(found)[0] == 0


def test_named_papers_are_quoted_and_no_others() -> None:
    papers = similar(1.0, 0.9, 0.1, 0.8)
    found = result([(hit, papers.sentences[hit.paper_id]) for hit in papers.hits], known=["2505.00002", "2505.00000"])
    assert chosen(found) == chosen(found, everything=True) == chosen(found, is_list=True) == [0, 2]


def test_no_more_named_papers_than_the_limit_are_quoted() -> None:
    hits = [hit(number) for number in range(MAX_NAMED_PAPERS + 2)]
    found = result([(hit, scored(1, 1)) for hit in hits], known=[hit.paper_id for hit in hits])
    assert chosen(found) == list(range(MAX_NAMED_PAPERS))


def test_untrustworthy_papers_are_left_out_and_named() -> None:
    found = similar(1.0, 0.9, 0.9, trust=["supported", "invented", "contradicted"])
    selection = select_papers(found, everything=False, is_list=False)
    assert [hit.paper_id for hit in selection.hits] == ["2505.00000", "2505.00002"]
    assert selection.untrusted == ("2505.00001",)


def test_a_paper_that_is_not_close_does_not_take_the_place_of_an_untrustworthy_one() -> None:
    found = similar(1.0, 0.1, trust=["invented"])
    assert select_papers(found, everything=False, is_list=False) == Selection((), frozenset(), ("2505.00000",))


def test_named_papers_are_quoted_whatever_their_evidence() -> None:
    paper = hit(0, trust="invented")
    found = result([(paper, scored(1, 1))], known=[paper.paper_id])
    assert select_papers(found, everything=False, is_list=False) == Selection((paper,))


def test_every_relevant_paper_is_quoted_where_all_are_asked_for() -> None:
    hits = [hit(number) for number in range(3)]
    found = result([(hit, None) for hit in hits], relevant=["2505.00000", "2505.00002"])
    assert chosen(found, everything=True) == [0, 2]


def test_papers_without_sentences_are_not_quoted() -> None:
    found = result([(hit(0), None), (hit(1), scored(1, 1)), (hit(2), scored(1, 1))])
    assert chosen(found) == [1, 2]
    assert select_papers(result([(hit(0), None)]), everything=False, is_list=False) == Selection(())


def test_papers_that_only_come_near_are_told_apart_and_follow_the_others() -> None:
    found = similar(1.0, 0.5, 0.9, 0.5)
    selection = select_papers(found, everything=False, is_list=True)
    assert [found.hits.index(hit) for hit in selection.hits] == [0, 2, 1, 3]
    assert selection.weak == {"2505.00001", "2505.00003"}
    assert select_papers(similar(0.1), everything=False, is_list=True).weak == frozenset()  # the first is the topic
