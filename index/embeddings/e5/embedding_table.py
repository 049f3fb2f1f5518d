"""The token embedding table, three quarters of the model: read row by row from its file.

A memory-mapped table would soon be resident as a whole, since the kernel maps 64 KiB at a time.
"""

from __future__ import annotations

import os
import weakref
from typing import TYPE_CHECKING

import numpy as np

from .weights import BLOCK, BLOCK_BYTES, TABLE, unpack

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from .weights import Weights

TABLE_FILE = "words.bin"


def write_embedding_table(weights: Weights, path: Path) -> None:
    """Write the table with the 4-bit blocks of the weight file."""
    path.write_bytes(weights.tensors[TABLE])


class EmbeddingTable:
    """Looks up token embeddings. Thread-safe, since reads are positional (`pread`).

    Args:
        path: file of `write_embedding_table`.
        hidden_size: length of an embedding.

    Raises:
        OSError: the file cannot be opened.
    """

    def __init__(self, path: Path, hidden_size: int) -> None:
        self._file = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self._file)
        self._row_bytes = BLOCK_BYTES * hidden_size // BLOCK

    def __call__(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the embeddings of token ids (rows, width) as float32 (rows, width, hidden size).

        Raises:
            OSError: the file cannot be read.
        """
        distinct, inverse = np.unique(ids, return_inverse=True)
        size = self._row_bytes
        codes, scales = unpack(b"".join([os.pread(self._file, size, size * token) for token in distinct.tolist()]))
        vectors = (codes * scales[:, None]).reshape(len(distinct), -1)
        return vectors[inverse.reshape(ids.shape)]
