"""Word vectors are read from their file as the weight file has them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest

from nonmun.index.embeddings.e5.embedding_table import Words, write_words
from nonmun.index.embeddings.e5.weights import TABLE, Weights, find, read

if TYPE_CHECKING:
    from numpy.typing import NDArray


@pytest.fixture(scope="module")
def weights() -> Weights:
    return read(find())


@pytest.fixture(scope="module")
def words(weights: Weights, tmp_path_factory: pytest.TempPathFactory) -> Words:
    path = tmp_path_factory.mktemp("words") / "words.bin"
    write_words(weights, path)
    return Words(path, weights.hidden)


def expected(weights: Weights, ids: NDArray[np.int64]) -> NDArray[np.float32]:
    codes, scales = weights.blocks(TABLE, weights.words)
    return (codes[ids] * scales[ids][..., None]).reshape(*ids.shape, weights.hidden)


def test_rows_are_those_of_the_weight_file(weights: Weights, words: Words) -> None:
    ids = np.array([[0, 5, 5, weights.words - 1], [1, 2, 3, 77_777]])
    found = words(ids)
    assert (found.shape, found.dtype) == ((2, 4, weights.hidden), np.float32)
    np.testing.assert_array_equal(found, expected(weights, ids))


def test_many_threads_read_at_once(weights: Weights, words: Words) -> None:
    asked = [np.random.default_rng(seed).integers(0, weights.words, (4, 64)) for seed in range(16)]
    with ThreadPoolExecutor(8) as pool:
        for ids, found in zip(asked, pool.map(words, asked), strict=True):
            np.testing.assert_array_equal(found, expected(weights, ids))
