"""Split token ids into windows, and group windows of similar length into padded batches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .tokenizer import END, PADDING, START

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Ids = NDArray[np.int32]

MAX_TOKENS = 512  # position embeddings of the model
_WIDTH_STEP = 16
_MAX_ROWS = 8
_MAX_BATCH_TOKENS = 512  # eight windows of 64 tokens, or one of 512; larger batches are no faster and take more memory


@dataclass(frozen=True)
class TokenWindow:
    """A part of a text that fits into one forward pass.

    Attributes:
        text: index of the text.
        ids: token ids with prefix and special tokens, int32 (tokens,).
        weight: number of the text's own tokens; at least 1, so that an empty text has a vector.
    """

    text: int
    ids: Ids
    weight: int


def windows(text: int, ids: Ids, prefix: Ids) -> Iterator[TokenWindow]:
    """Split a text's ids into consecutive windows of at most 512 tokens, each with the prefix; at least one window."""
    size = window_size(prefix)
    for start in range(0, max(len(ids), 1), size):
        part = ids[start : start + size]
        framed = np.concatenate(([START], prefix, part, [END])).astype(np.int32)
        yield TokenWindow(text, framed, max(len(part), 1))


def window_size(prefix: Ids) -> int:
    """Return the number of a text's tokens in a full window: 512 less the prefix and the two special tokens."""
    return MAX_TOKENS - 2 - len(prefix)


def pack(unsorted: Sequence[TokenWindow]) -> Iterator[list[TokenWindow]]:
    """Yield batches of windows of one padded width, longest first: at most 8 rows and 512 tokens."""
    batch: list[TokenWindow] = []
    for window in sorted(unsorted, key=lambda window: -len(window.ids)):
        width = _width(window)
        if batch and (width != _width(batch[0]) or len(batch) == min(_MAX_ROWS, _MAX_BATCH_TOKENS // width)):
            yield batch
            batch = []
        batch.append(window)
    if batch:
        yield batch


def _width(window: TokenWindow) -> int:
    """Return the padded width of a window, a multiple of 16.

    Few distinct shapes bound the memory, and a text's vector does not depend on the other texts of its batch.
    """
    return -(-len(window.ids) // _WIDTH_STEP) * _WIDTH_STEP


def pad(batch: Sequence[TokenWindow]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the padded token ids and the attention mask of a batch, each int64 (rows, width)."""
    ids = np.full((len(batch), _width(batch[0])), PADDING, np.int64)
    for row, window in zip(ids, batch, strict=True):
        row[: len(window.ids)] = window.ids
    lengths = np.array([len(window.ids) for window in batch])
    return ids, (np.arange(ids.shape[1]) < lengths[:, None]).astype(np.int64)
