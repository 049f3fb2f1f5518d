"""Passages are embedded while others are stored: in order, a little ahead, one call at a time unless more may run."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import closing

import numpy as np
import pytest

from nonmun.index.domain.vectors import Matrix
from nonmun.ingest.indexing.embedding_queue import embed_ahead

WAIT = 30  # seconds until a test that hangs fails


class Model:
    """Gives each text its number; counts what was asked of it and how many calls ran at once."""

    model_id, dimension, window, compatible_models = "counting", 1, 100, ()

    def __init__(self, calls: int = 1) -> None:
        self.concurrency = calls
        self.read: list[str] = []
        self.changed = threading.Condition()
        self.running = self.most = 0

    def passages(self, texts: Sequence[str]) -> Matrix:
        with self.changed:
            self.running += 1
            self.most = max(self.most, self.running)
            self.changed.notify_all()
            if self.concurrency > 1 and self.most < self.concurrency:
                self.changed.wait_for(lambda: self.most == self.concurrency, WAIT)
        with self.changed:
            self.running -= 1
            self.read += texts
            self.changed.notify_all()
        if "broken" in texts:
            raise ValueError("broken")
        return np.array([[float(text)] for text in texts], np.float32)

    queries = passages

    def count_tokens(self, text: str) -> int:
        return len(text)

    def release_memory(self) -> None:
        pass

    def wait_until_read(self, count: int) -> bool:
        with self.changed:
            return self.changed.wait_for(lambda: len(self.read) >= count, WAIT)


def parts(*sizes: int) -> list[list[str]]:
    starts = np.cumsum([0, *sizes]).tolist()
    return [[str(n) for n in range(start, start + size)] for start, size in zip(starts, sizes, strict=False)]


@pytest.mark.parametrize("calls", [1, 2])
def test_each_part_in_order(calls: int) -> None:
    model, given = Model(calls), parts(100, 1, 256, 7, 64)
    found = [matrix[:, 0].astype(int).astype(str).tolist() for matrix in embed_ahead(model, given)]
    assert found == given
    assert sorted(model.read, key=int) == [text for part in given for text in part]
    assert model.most == calls


def test_nothing_to_embed() -> None:
    model = Model()
    assert list(embed_ahead(model, [])) == []
    assert model.read == []


def test_the_next_part_is_embedded_while_one_is_stored() -> None:
    model = Model()
    with closing(embed_ahead(model, parts(64, 64, 64))) as matrices:
        next(matrices)
        assert model.wait_until_read(128)  # nobody has asked for the second part


def test_not_everything_is_embedded_ahead() -> None:
    model = Model()
    with closing(embed_ahead(model, parts(*[64] * 50))) as matrices:
        next(matrices)
        assert model.wait_until_read(128)
    assert len(model.read) < 64 * 6


def test_leaving_early_waits_for_what_runs_and_drops_the_rest() -> None:
    model, before = Model(), threading.active_count()
    matrices = embed_ahead(model, parts(*[64] * 50))
    next(matrices)
    matrices.close()
    assert model.running == 0
    assert threading.active_count() == before
    assert len(model.read) < 64 * 6


def test_what_the_model_raises_reaches_the_caller() -> None:
    model, given = Model(), parts(64, 64)
    given[1][3] = "broken"
    matrices = embed_ahead(model, given)
    assert len(next(matrices)) == 64
    with pytest.raises(ValueError, match="broken"):
        next(matrices)
