"""The embedding table returns the rows of the weight file."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest

from nonmun.index.embeddings.e5.embedding_table import EmbeddingTable, write_embedding_table
from nonmun.index.embeddings.e5.weights import TABLE, Weights, find_weights, read_weights

if TYPE_CHECKING:
    from numpy.typing import NDArray


@pytest.fixture(scope="module")
def weights() -> Weights:
    return read_weights(find_weights())


@pytest.fixture(scope="module")
def table(weights: Weights, tmp_path_factory: pytest.TempPathFactory) -> EmbeddingTable:
    path = tmp_path_factory.mktemp("table") / "words.bin"
    write_embedding_table(weights, path)
    return EmbeddingTable(path, weights.hidden)


def expected(weights: Weights, ids: NDArray[np.int64]) -> NDArray[np.float32]:
    codes, scales = weights.blocks(TABLE, weights.vocab_size)
    return (codes[ids] * scales[ids][..., None]).reshape(*ids.shape, weights.hidden)


def test_returns_the_rows_of_the_weight_file(weights: Weights, table: EmbeddingTable) -> None:
    ids = np.array([[0, 5, 5, weights.vocab_size - 1], [1, 2, 3, 77_777]])
    rows = table(ids)
    assert (rows.shape, rows.dtype) == ((2, 4, weights.hidden), np.float32)
    np.testing.assert_array_equal(rows, expected(weights, ids))


def test_serves_concurrent_lookups(weights: Weights, table: EmbeddingTable) -> None:
    lookups = [np.random.default_rng(seed).integers(0, weights.vocab_size, (4, 64)) for seed in range(16)]
    with ThreadPoolExecutor(8) as pool:
        for ids, rows in zip(lookups, pool.map(table, lookups), strict=True):
            np.testing.assert_array_equal(rows, expected(weights, ids))
