"""Semantic similarity: centering by language, best matches, and summaries of another paper."""

from __future__ import annotations

import numpy as np

from nonmun.index.domain.vectors import Matrix, unit_rows
from nonmun.index.embeddings.e5 import E5
from nonmun.index.engine.centering import LanguageMeans
from nonmun.ingest.trust.consistency.similarity import (
    AbstractIndex,
    best_matches,
    center_sentences,
    nearest_other_paper,
    shrunk_mean,
)


def rows(*values: list[float]) -> Matrix:
    return unit_rows(np.array(values, np.float32))


def test_mean_is_shrunk_towards_the_prior() -> None:
    few = np.ones((32, 2), np.float32)
    assert shrunk_mean(few, np.zeros(2, np.float32)).tolist() == [0.5, 0.5]
    assert shrunk_mean(few, None).tolist() == [1, 1]
    assert shrunk_mean(few[:0], None).tolist() == [0, 0]


def test_centers_each_language_separately() -> None:
    vectors = rows([1, 0.1], [1, -0.1], [0.1, 1], [-0.1, 1])
    centered = center_sentences(vectors, np.array([True, True, False, False]), None)
    assert np.allclose(centered, [[0, 1], [0, -1], [1, 0], [-1, 0]], atol=1e-5)
    means = LanguageMeans(np.zeros(2, np.float32), np.zeros(2, np.float32))
    assert not np.allclose(center_sentences(vectors, np.array([True, True, False, False]), means), centered)


def test_best_matches() -> None:
    best, cosines = best_matches(rows([1, 0], [0, 1]), rows([0, 1], [1, 0], [1, 1]))
    assert best.tolist() == [1, 0]
    assert np.allclose(cosines, 1)


TEXTS = {
    "2503.00001": "Tides and waves\nWe forecast the height of ocean waves with TideNet.",
    "2503.00002": "Picking apples\nOrchardBot picks apples in the dark with a soft hand.",
    "2503.00003": "Old maps\nMapReader reads the names of streets on historical maps.",
}


def abstracts(*, two_rows: bool = False) -> AbstractIndex:
    ids = ["2503.00001", "2503.00002", "2503.00003", *(["2503.00001"] if two_rows else [])]
    return AbstractIndex.of(ids, rows([1, 0, 0], [0, 1, 0], [0, 0, 1], *([[1, 0.1, 0]] if two_rows else [])), TEXTS)


def test_own_paper_is_most_similar() -> None:
    assert (
        nearest_other_paper(rows([1, 0, 0], [1, 0.2, 0]), frozenset(), "2503.00001", abstracts(two_rows=True)) is None
    )


def test_another_paper_is_more_similar() -> None:
    assert nearest_other_paper(rows([0, 1, 0]), frozenset({"orchardbot"}), "2503.00001", abstracts()) == "2503.00002"


def test_names_of_the_own_paper_decide() -> None:
    assert nearest_other_paper(rows([0, 1, 0]), frozenset({"tidenet"}), "2503.00001", abstracts()) is None


def test_undecided_without_the_own_abstract_or_sentences() -> None:
    assert nearest_other_paper(rows([0, 1, 0]), frozenset(), "2503.09999", abstracts()) is None
    assert nearest_other_paper(rows([0, 1, 0])[:0], frozenset(), "2503.00001", abstracts()) is None


def test_matches_sentences_across_languages(bundled: E5) -> None:
    korean = ["파도의 높이를 미리 안다.", "사과를 어둠 속에서 딴다.", "옛 지도의 거리 이름을 읽는다."]
    english = [text.partition("\n")[2] for text in TEXTS.values()]
    vectors = center_sentences(bundled.passages([*korean, *english]), np.arange(6) < 3, None)
    assert best_matches(vectors[:3], vectors[3:])[0].tolist() == [0, 1, 2]
