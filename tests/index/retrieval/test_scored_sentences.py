"""Scores of sentences: relevance, what is specific to the question, centrality, and the words that a paper holds."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun.index.analysis.weighted_terms import WeightedTerms
from nonmun.index.domain.vectors import Matrix, unit_rows
from nonmun.index.retrieval.query_words import QueryWords
from nonmun.index.retrieval.scored_sentences import SENTENCE_WORDS, ScoredSentences, score_sentences

# Three directions: what the paper is about, what is asked, and something else.
ABOUT, ASKED, OTHER = np.eye(3, dtype=np.float32)


def query_words(*names: str) -> QueryWords:
    return QueryWords.of([WeightedTerms(name, {name: 1.0}) for name in names], [], dict.fromkeys(names, 4.0))


def score(
    vectors: Sequence[Matrix],
    question: Matrix = ASKED,
    texts: Sequence[Sequence[str]] | None = None,
    words: QueryWords | None = None,
    title: str = "",
) -> ScoredSentences:
    spans = tuple((0, 10 * at, 10 * at + 9) for at in range(len(vectors)))
    words = words or query_words()
    return score_sentences(
        spans, unit_rows(np.stack(vectors)), unit_rows(question[None])[0], texts or [()] * len(vectors), words, title
    )


def test_relevance_is_the_cosine_and_the_share_of_the_words() -> None:
    texts = [["이상"], ["이상", "탐지"], []]
    scored = score([ASKED, ABOUT + ASKED, OTHER], texts=texts, words=query_words("이상", "탐지"))
    expected = [1 + SENTENCE_WORDS / 2, math.sqrt(0.5) + SENTENCE_WORDS, 0]
    assert scored.relevance.tolist() == pytest.approx(expected, abs=1e-6)


def test_relevance_without_words_is_the_cosine() -> None:
    scored = score([ASKED, ABOUT, -ASKED])
    assert scored.relevance.tolist() == pytest.approx([1, 0, -1], abs=1e-6)


def test_specificity_leaves_out_what_all_sentences_have_in_common() -> None:
    """The sentence that is nearest to the question is nearest because it says what the paper is about."""
    sentences = [3 * ABOUT + OTHER, 3 * ABOUT - OTHER, ABOUT + 3 * ASKED, ABOUT - 3 * ASKED]
    scored = score(sentences, question=3 * ABOUT + ASKED)
    assert scored.relevance.tolist() == pytest.approx([0.9, 0.9, 0.6, 0], abs=1e-6)
    assert scored.specificity.tolist() == pytest.approx([0, 0, 1, -1], abs=1e-6)


def test_a_word_of_every_sentence_does_not_tell_them_apart() -> None:
    texts = [["모델", "한계"], ["모델"], ["모델"]]
    scored = score([ABOUT, ABOUT, ABOUT], texts=texts, words=query_words("모델", "한계"))
    assert scored.specificity.tolist() == pytest.approx([SENTENCE_WORDS, 0, 0], abs=1e-6)
    assert scored.relevance.tolist() == pytest.approx(
        [SENTENCE_WORDS, SENTENCE_WORDS / 2, SENTENCE_WORDS / 2], abs=1e-6
    )


def test_a_word_of_the_title_says_less_than_another_one() -> None:
    texts, words = [["adaptclip"], ["limit"], []], query_words("adaptclip", "limit")
    named, unnamed = (
        score([ABOUT] * 3, texts=texts, words=words, title=title).specificity for title in ("AdaptCLIP", "MetaUAS")
    )
    assert unnamed[0] == pytest.approx(unnamed[1])
    assert 0 < named[0] < named[1]


def test_the_paper_holds_what_its_sentences_or_its_title_hold() -> None:
    words = query_words("adaptclip", "이상", "탐지", "limit")
    scored = score([ABOUT, OTHER], texts=[["이상"], ["탐지"]], words=words, title="AdaptCLIP: A Title")
    assert scored.held.tolist() == [1, 1, 1, 0]
    assert scored.support == pytest.approx(words.support(scored.held)) == pytest.approx(12 / math.sqrt(16))
    assert score([ABOUT, OTHER], texts=[["이상"], ["탐지"]], words=words).held.tolist() == [0, 1, 1, 0]


def test_the_sentence_that_resembles_the_others_most_is_central() -> None:
    scored = score([ABOUT + ASKED, ABOUT, ABOUT - ASKED, OTHER])
    assert int(scored.centrality.argmax()) == 1
    assert int(scored.centrality.argmin()) == 3


def test_a_paper_of_one_sentence_has_no_specific_one() -> None:
    scored = score([ABOUT + ASKED], texts=[["한계"]], words=query_words("한계"))
    assert scored.specificity.tolist() == pytest.approx([0], abs=1e-6)
    assert scored.centrality.tolist() == pytest.approx([1], abs=1e-6)
    assert scored.support == pytest.approx(2)


@given(st.integers(1, 6), st.integers(0, 3), st.data())
def test_scores_are_finite_and_bounded_whatever_the_vectors(count: int, known: int, data: st.DataObject) -> None:
    numbers = st.lists(st.floats(-1, 1, width=32), min_size=4, max_size=4).map(lambda row: np.array(row, np.float32))
    vectors = data.draw(st.lists(numbers, min_size=count, max_size=count))
    names = ["이상", "탐지", "limit"][:known]
    texts = data.draw(st.lists(st.lists(st.sampled_from(["이상", "limit", "x"])), min_size=count, max_size=count))
    scored = score(vectors, data.draw(numbers), texts, query_words(*names))
    for values in (scored.relevance, scored.specificity, scored.centrality):
        assert values.shape == (count,)
        assert values.dtype == np.float32
        assert np.isfinite(values).all()
    assert (np.abs(scored.relevance) <= 1 + SENTENCE_WORDS + 1e-5).all()
    assert (np.abs(scored.specificity) <= 1 + SENTENCE_WORDS + 1e-5).all()
    assert (np.abs(scored.centrality) <= 1 + 1e-5).all()
    assert scored.held.shape == (known,)
    assert ((scored.held >= 0) & (scored.held <= 1)).all()
