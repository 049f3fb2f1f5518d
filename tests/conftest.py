"""What tests of several rooms share: the samples, the real data where it is present, and a small embedder."""

from __future__ import annotations

import os
import zlib
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from nonmun import Library
from nonmun.index.domain.vectors import Matrix, unit_rows

if TYPE_CHECKING:
    from nonmun.index.embeddings.e5 import E5

ROOT = Path(__file__).parents[1]

# Kiwi loads its dictionaries with the first example, so the time of one example says nothing.
hypothesis_settings.register_profile(
    "nonmun", deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
hypothesis_settings.load_profile("nonmun")


class HashEmbedder:
    """A real if simple-minded embedder: words and pairs of letters, hashed into 64 dimensions."""

    dimension = 64
    window = 100

    def __init__(self, model_id: str = "hash-64") -> None:
        self.model_id = model_id
        self.read: list[str] = []

    def queries(self, texts: Sequence[str]) -> Matrix:
        return self._embed(texts)

    def passages(self, texts: Sequence[str]) -> Matrix:
        self.read += texts
        return self._embed(texts)

    def count_tokens(self, text: str) -> int:
        return len(text) // 2

    def _embed(self, texts: Sequence[str]) -> Matrix:
        matrix = np.zeros((len(texts), self.dimension), np.float32)
        for row, text in enumerate(texts):
            for feature in [*text.lower().split(), *map("".join, pairwise(text)), text]:
                hashed = zlib.crc32(feature.encode("utf-8", "replace"))
                matrix[row, hashed % self.dimension] += 1.0 if hashed & 0x10000 else -1.0
        return unit_rows(matrix)


@pytest.fixture(scope="session")
def samples() -> Path:
    return ROOT / "samples"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the shared data folder is not beside this checkout")
    return folder


@pytest.fixture(scope="session")
def hash_embedder() -> type[HashEmbedder]:
    return HashEmbedder


@pytest.fixture
def embedder() -> HashEmbedder:
    return HashEmbedder()


@pytest.fixture
def library(tmp_path: Path, embedder: HashEmbedder) -> Iterator[Library]:
    with Library.open(tmp_path / "data", embedding=embedder) as library:
        yield library


@pytest.fixture(scope="session")
def bundled() -> E5:
    from nonmun.index.embeddings.e5 import E5

    cache = Path(os.environ.get("NONMUN_CACHE") or Path.home() / ".cache" / "nonmun")
    return E5.open(cache / "models")
