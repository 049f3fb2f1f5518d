"""Selection of the sentences to quote."""

from __future__ import annotations

from nonmun.api.answers.extractive.selection import bigram_similarity, select_by_mmr, select_distinct, shortlist
from nonmun.api.answers.quotations import Quotation, cite
from nonmun.index.domain.hits import Evidence


def quotation(text: str, *, score: float = 0.5, rank: int = 0) -> Quotation:
    evidence = Evidence(f"2505.00001:abstract:abstract:{rank}", "abstract", "abstract", "en", text, score)
    return Quotation(cite("2505.00001", evidence, 0, len(text)), "en", rank, "abstract", score)


FIRST = quotation("The cat walks slowly on the wall of the garden.")
AGAIN = quotation("The cat walks slowly on the wall of a garden.", rank=1)
OTHER = quotation("A dog runs through the park with a ball.", rank=2)
FAR = quotation("Nothing of all this is true of fish.", rank=3)


def test_mmr_prefers_novel_sentences() -> None:
    assert select_by_mmr([FIRST, AGAIN, OTHER, FAR], [1.0, 0.99, 0.8, 0.2], 2) == [FIRST, OTHER]
    assert select_by_mmr([FIRST, OTHER], [0.5, 1.0], 1) == [OTHER]
    assert select_by_mmr([FIRST, AGAIN], [1.0, 1.0], 2) == [FIRST]
    assert select_by_mmr([], [], 3) == []


def test_mmr_returns_reading_order() -> None:
    assert select_by_mmr([FIRST, OTHER], [0.9, 1.0], 2) == [FIRST, OTHER]


def test_sentences_with_the_same_label_are_duplicates() -> None:
    first, second = quotation("Data: too few images of trains."), quotation("Data: nobody checked the labels.", rank=1)
    assert bigram_similarity(first.citation.quote, second.citation.quote) == 1.0
    assert select_distinct([first, second], 2) == [first]


def test_anaphoric_sentences_come_last() -> None:
    anaphoric = quotation("This improves the result by far.")
    assert anaphoric.is_anaphoric
    assert not quotation("This paper improves the result by far.").is_anaphoric
    assert select_distinct([anaphoric, OTHER], 1) == [OTHER]
    assert select_by_mmr([anaphoric, OTHER], [1.0, 0.95], 1) == [OTHER]
    assert select_by_mmr([anaphoric, OTHER], [1.0, 0.5], 1) == [anaphoric]


def test_shortlist_ranks_by_terms_and_chunk_scores() -> None:
    weights = {"dog": 2.0, "park": 1.0}
    assert shortlist([FIRST, OTHER, FAR], weights, 1) == [OTHER]
    high_scoring = quotation("Fish swim in the deep sea.", score=2.0, rank=4)
    assert shortlist([FIRST, OTHER, high_scoring], weights, 1) == [high_scoring]
    korean = quotation("강아지가 공원을 달린다.", rank=5)
    assert shortlist([FIRST, korean], {"달리다": 1.0, "강아지": 1.0}, 1) == [korean]
