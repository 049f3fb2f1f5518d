"""BM25 of weighted synonyms, compared with a slow reference: in one or several parts, before and after storage."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun.index.analysis.weighted_terms import WeightedTerms
from nonmun.index.engine.bm25 import Postings, bm25_shares

K1, B = 1.2, 0.75
VOCABULARY = ["attent", "bert", "번역", "이상", "c++", "gpt-4", "naïve", "模型", "😀"]
UNKNOWN = ["nowhere", "없다"]

chunks = st.lists(st.lists(st.sampled_from(VOCABULARY), max_size=12).map(" ".join), max_size=12)
weights = st.floats(0.01, 1)
groups = st.lists(
    st.builds(
        WeightedTerms,
        st.text(max_size=3),
        st.dictionaries(st.sampled_from(VOCABULARY + UNKNOWN), weights, min_size=1, max_size=4).map(
            lambda terms: {term: p / sum(terms.values()) for term, p in terms.items()}
        ),
        st.floats(0.1, 2),
    ),
    max_size=5,
    unique_by=lambda group: group.name,
)


def numbered(texts: Sequence[str]) -> list[tuple[int, bool, str]]:
    """Assign row numbers as in a catalog: ascending, with gaps."""
    return [(3 * at + 1, at % 2 == 0, text) for at, text in enumerate(texts)]


def reference_shares(texts: Sequence[str], query: Sequence[WeightedTerms]) -> list[float]:
    """Reference implementation: Robertson & Zaragoza 2009 over the frequencies of Darwish & Oard 2003."""
    words = [text.split() for text in texts]
    average = sum(map(len, words)) / len(words) or 1.0
    idf = []
    for group in query:
        matching = sum(p * sum(term in chunk for chunk in words) for term, p in group.terms.items())
        idf.append(group.weight * math.log((len(words) - matching + 0.5) / (matching + 0.5) + 1))
    scores: list[float] = []
    for chunk in words:
        score = 0.0
        for group, weight in zip(query, idf, strict=True):
            frequency = sum(p * chunk.count(term) for term, p in group.terms.items())
            score += weight * frequency * (K1 + 1) / (frequency + K1 * (1 - B + B * len(chunk) / average))
        scores.append(score / (sum(idf) or 1.0))
    return scores


@given(chunks, groups)
def test_shares_equal_the_reference(texts: list[str], query: list[WeightedTerms]) -> None:
    [scores] = bm25_shares([Postings.of(numbered(texts))], query)
    assert scores.dtype == np.float32
    assert scores.tolist() == pytest.approx(reference_shares(texts, query) if texts else [], abs=1e-5)


@given(chunks, groups, st.integers(0, 12), st.integers(0, 12))
def test_parts_score_like_one_index(texts: list[str], query: list[WeightedTerms], one: int, other: int) -> None:
    first, second = sorted((one, other))
    rows = numbered(texts)
    parts = [Postings.of(part) for part in (rows[:first], rows[first:second], rows[second:])]
    [whole] = bm25_shares([Postings.of(rows)], query)
    for split in (parts, [Postings.of(rows[:first]), Postings.of(rows[first:])]):
        scores = bm25_shares(split, query)
        assert [len(part) for part in scores] == [len(part.rows) for part in split]
        assert np.concatenate(scores).tolist() == pytest.approx(whole.tolist(), abs=1e-5)


def test_an_average_chunk_with_every_group_once_scores_one() -> None:
    part = Postings.of(numbered(["a b c", "x y z", "x y a"]))
    [scores] = bm25_shares([part], [WeightedTerms("가", {"a": 1.0}), WeightedTerms("나", {"b": 1.0}, 0.5)])
    assert scores[0] == pytest.approx(1)
    assert scores[1] == 0
    assert 0 < scores[2] < 1


def test_synonyms_count_as_one_word() -> None:
    """Two translations in a chunk are two occurrences of one word; a less probable one counts less."""
    part = Postings.of(numbered(["p q", "p p", "q q", "x y", "x y", "x y"]))
    [scores] = bm25_shares([part], [WeightedTerms("가", {"p": 0.5, "q": 0.5})])
    assert scores[0] == pytest.approx(scores[1])
    [uneven] = bm25_shares([part], [WeightedTerms("가", {"p": 0.9, "q": 0.1})])
    assert uneven[1] > uneven[0] > uneven[2] > 0


def test_shares_computed_by_hand() -> None:
    """Two chunks have two terms and one has five; two of the three contain "b"."""
    part = Postings.of(numbered(["a b", "a c", "b b d e f"]))
    idf = math.log((3 - 2 + 0.5) / (2 + 0.5) + 1)
    never = math.log((3 + 0.5) / 0.5 + 1)
    [scores] = bm25_shares([part], [WeightedTerms("b", {"b": 1.0}), WeightedTerms("nowhere", {"nowhere": 1.0})])
    expected = [
        idf * 2.2 * 1 / (1 + 1.2 * (0.25 + 0.75 * 2 / 3)) / (idf + never),
        0.0,
        idf * 2.2 * 2 / (2 + 1.2 * (0.25 + 0.75 * 5 / 3)) / (idf + never),
    ]
    assert scores.tolist() == pytest.approx(expected, abs=1e-6)


def test_a_group_without_occurrences_lowers_the_share() -> None:
    """A group without occurrences lowers the share of chunks that contain all others."""
    part = Postings.of(numbered(["a b", "c d"]))
    query = [WeightedTerms("가", {"a": 1.0})]
    [alone] = bm25_shares([part], query)
    [both] = bm25_shares([part], [*query, WeightedTerms("나", {"nowhere": 0.7, "없다": 0.3})])
    assert 0 < both[0] < alone[0] / 2
    [none] = bm25_shares([part], [WeightedTerms("나", {"nowhere": 1.0})])
    assert none.tolist() == [0, 0]


@pytest.mark.parametrize("texts", [[], ["", " "], ["\u3000"]])
def test_empty_index(texts: list[str]) -> None:
    part = Postings.of(numbered(texts))
    assert part.vocabulary == []
    assert (part.frequency("a"), [len(array) for array in part.occurrences("a")]) == (0, [0, 0])
    for parts in ([part], [part, Postings.of([])]):
        for query in ([], [WeightedTerms("가", {"a": 1.0})]):
            assert [scores.tolist() for scores in bm25_shares(parts, query)] == [[0] * len(part.rows) for part in parts]
    assert bm25_shares([], [WeightedTerms("가", {"a": 1.0})]) == []


def test_empty_query() -> None:
    assert bm25_shares([Postings.of(numbered(["a b"]))], [])[0].tolist() == [0]


@given(chunks)
def test_occurrences_equal_those_in_the_chunks(texts: list[str]) -> None:
    part = Postings.of(numbered(texts))
    assert part.rows.tolist() == [row for row, _, _ in numbered(texts)]
    assert part.korean.tolist() == [korean for _, korean, _ in numbered(texts)]
    assert part.lengths.tolist() == [len(text.split()) for text in texts]
    assert sorted(part.vocabulary) == sorted({term for text in texts for term in text.split()})
    for term in VOCABULARY + UNKNOWN:
        places, counts = part.occurrences(term)
        expected = {at: text.split().count(term) for at, text in enumerate(texts) if term in text.split()}
        assert dict(zip(places.tolist(), counts.tolist(), strict=True)) == expected
        assert part.frequency(term) == len(expected)


@given(chunks, groups)
def test_save_and_load_round_trip(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], query: list[WeightedTerms]
) -> None:
    part = Postings.of(numbered(texts))
    file = tmp_path_factory.mktemp("postings") / "postings.npz"
    np.savez(file, **part.arrays())
    assert_same(loaded(file), part)
    assert [scores.tolist() for scores in bm25_shares([loaded(file)], query)] == [
        scores.tolist() for scores in bm25_shares([part], query)
    ]


def loaded(file: Path) -> Postings:
    with np.load(file, allow_pickle=False) as arrays:
        return Postings.load(dict(arrays))


def assert_same(one: Postings, other: Postings) -> None:
    assert one.vocabulary == other.vocabulary
    for name in ("rows", "korean", "lengths", "starts", "places", "counts"):
        mine, theirs = getattr(one, name), getattr(other, name)
        assert (mine.dtype, mine.tolist()) == (theirs.dtype, theirs.tolist()), name
