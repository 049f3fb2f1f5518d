"""The table of word vectors, three quarters of the model: left in its file, from which a text's few rows are read.

Mapped into memory it would be resident as a whole before long: what the kernel maps, it maps by the 64 KiB.
"""

from __future__ import annotations

import os
import weakref
from typing import TYPE_CHECKING

import numpy as np

from .weights import PACKED, TABLE, unpacked

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from .weights import Weights

WORDS = "words.bin"


def write_words(weights: Weights, path: Path) -> None:
    """Writes the table as the weight file has it, in 4 bits."""
    path.write_bytes(weights.tensors[TABLE])


class Words:
    """Reads word vectors. Safe to call from many threads, since a read says where it begins.

    Args:
        path: what `write_words` wrote.
        hidden: width of a vector.

    Raises:
        OSError: the file cannot be opened.
    """

    def __init__(self, path: Path, hidden: int) -> None:
        self._file = os.open(path, os.O_RDONLY)
        weakref.finalize(self, os.close, self._file)
        self._bytes = PACKED * hidden // 32

    def __call__(self, ids: NDArray[np.int64]) -> NDArray[np.float32]:
        """The vectors of tokens (rows, width), float32 (rows, width, hidden).

        Raises:
            OSError: the file cannot be read.
        """
        words, places = np.unique(ids, return_inverse=True)
        rows = b"".join([os.pread(self._file, self._bytes, self._bytes * word) for word in words.tolist()])
        codes, scales = unpacked(rows)
        vectors = (codes * scales[:, None]).reshape(len(words), -1)
        return vectors[places.reshape(ids.shape)]
