from __future__ import annotations

import numpy as np

from nonmun.index.domain.vectors import Matrix, unit_rows
from nonmun.index.embeddings.e5 import E5
from nonmun.index.engine.centering import LanguageMeans
from nonmun.ingest.trust.consistency.similarity import Abstracts, best_matches, centred, mean_of, nearest_paper


def rows(*values: list[float]) -> Matrix:
    return unit_rows(np.array(values, np.float32))


def test_a_mean_is_drawn_to_what_is_known() -> None:
    few = np.ones((32, 2), np.float32)
    assert mean_of(few, np.zeros(2, np.float32)).tolist() == [0.5, 0.5]
    assert mean_of(few, None).tolist() == [1, 1]
    assert mean_of(few[:0], None).tolist() == [0, 0]


def test_each_language_is_centred_apart() -> None:
    vectors = rows([1, 0.1], [1, -0.1], [0.1, 1], [-0.1, 1])
    out = centred(vectors, np.array([True, True, False, False]), None)
    assert np.allclose(out, [[0, 1], [0, -1], [1, 0], [-1, 0]], atol=1e-5)
    means = LanguageMeans(np.zeros(2, np.float32), np.zeros(2, np.float32))
    assert not np.allclose(centred(vectors, np.array([True, True, False, False]), means), out)


def test_best_matches() -> None:
    best, cosines = best_matches(rows([1, 0], [0, 1]), rows([0, 1], [1, 0], [1, 1]))
    assert best.tolist() == [1, 0]
    assert np.allclose(cosines, 1)


TEXTS = {
    "2503.00001": "Tides and waves\nWe forecast the height of ocean waves with TideNet.",
    "2503.00002": "Picking apples\nOrchardBot picks apples in the dark with a soft hand.",
    "2503.00003": "Old maps\nMapReader reads the names of streets on historical maps.",
}


def known(*, two_rows: bool = False) -> Abstracts:
    ids = ["2503.00001", "2503.00002", "2503.00003", *(["2503.00001"] if two_rows else [])]
    return Abstracts.of(ids, rows([1, 0, 0], [0, 1, 0], [0, 0, 1], *([[1, 0.1, 0]] if two_rows else [])), TEXTS)


def test_the_own_paper_is_nearest() -> None:
    assert nearest_paper(rows([1, 0, 0], [1, 0.2, 0]), frozenset(), "2503.00001", known(two_rows=True)) is None


def test_another_paper_is_nearest() -> None:
    assert nearest_paper(rows([0, 1, 0]), frozenset({"orchardbot"}), "2503.00001", known()) == "2503.00002"


def test_the_papers_own_names_speak_for_it() -> None:
    assert nearest_paper(rows([0, 1, 0]), frozenset({"tidenet"}), "2503.00001", known()) is None


def test_nothing_is_told_without_the_own_abstract_or_sentences() -> None:
    assert nearest_paper(rows([0, 1, 0]), frozenset(), "2503.09999", known()) is None
    assert nearest_paper(rows([0, 1, 0])[:0], frozenset(), "2503.00001", known()) is None


def test_sentences_of_two_languages_meet(bundled: E5) -> None:
    korean = ["파도의 높이를 미리 안다.", "사과를 어둠 속에서 딴다.", "옛 지도의 거리 이름을 읽는다."]
    english = [text.partition("\n")[2] for text in TEXTS.values()]
    vectors = centred(bundled.passages([*korean, *english]), np.arange(6) < 3, None)
    assert best_matches(vectors[:3], vectors[3:])[0].tolist() == [0, 1, 2]
