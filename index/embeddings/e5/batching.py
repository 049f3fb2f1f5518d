"""Cuts token ids into windows and packs windows of similar length into padded batches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .tokenizer import END, PADDING, START

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Ids = NDArray[np.int32]

LONGEST = 512  # positions that the model knows
_STEP = 16
_ROWS = 8
_TOKENS = 512  # of a batch: eight windows of 64, one of 512; more at once is no faster, and takes more memory


@dataclass(frozen=True)
class Window:
    """A stretch of one text as the model sees it.

    Attributes:
        text: index of the text it is from.
        ids: with prefix and special tokens.
        weight: tokens of the text in it, at least 1 so that an empty text has a vector too.

    """

    text: int
    ids: Ids
    weight: int


def windows(text: int, ids: Ids, prefix: Ids) -> Iterator[Window]:
    """Consecutive windows of at most 512 tokens over one text's ids, each with the prefix; one for an empty text."""
    room = window_size(prefix)
    for start in range(0, max(len(ids), 1), room):
        part = ids[start : start + room]
        whole = np.concatenate(([START], prefix, part, [END])).astype(np.int32)
        yield Window(text, whole, max(len(part), 1))


def window_size(prefix: Ids) -> int:
    """Tokens of text that fit beside the prefix and the two special tokens."""
    return LONGEST - 2 - len(prefix)


def batches(found: Sequence[Window]) -> Iterator[list[Window]]:
    """Windows, longest first, in batches of at most 8 rows that share one padded width."""
    batch: list[Window] = []
    for window in sorted(found, key=lambda w: -len(w.ids)):
        width = _width(window)
        if batch and (width != _width(batch[0]) or len(batch) == min(_ROWS, _TOKENS // width)):
            yield batch
            batch = []
        batch.append(window)
    if batch:
        yield batch


def _width(window: Window) -> int:
    """A multiple of 16: few shapes keep memory flat, and a text's vector does not depend on its neighbours."""
    return -(-len(window.ids) // _STEP) * _STEP


def padded(batch: Sequence[Window]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Ids and attention mask of a batch, int64 (rows, width)."""
    ids = np.full((len(batch), _width(batch[0])), PADDING, np.int64)
    for row, window in zip(ids, batch, strict=True):
        row[: len(window.ids)] = window.ids
    lengths = np.array([len(window.ids) for window in batch])
    return ids, (np.arange(ids.shape[1]) < lengths[:, None]).astype(np.int64)
