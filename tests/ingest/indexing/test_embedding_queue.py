"""Background embedding: in order, with bounded look-ahead and at most as many concurrent calls as the model allows."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import closing

import numpy as np
import pytest

from nonmun.index.domain.vectors import Matrix
from nonmun.ingest.indexing.embedding_queue import embed_batches

WAIT = 30  # seconds until a test that hangs fails


class Model:
    """Embeds each text as its number; records the texts and the number of concurrent calls."""

    model_id, dimension, window, compatible_models = "counting", 1, 100, ()

    def __init__(self, concurrency: int = 1) -> None:
        self.concurrency = concurrency
        self.embedded: list[str] = []
        self.changed = threading.Condition()
        self.running = self.max_running = 0

    def passages(self, texts: Sequence[str]) -> Matrix:
        with self.changed:
            self.running += 1
            self.max_running = max(self.max_running, self.running)
            self.changed.notify_all()
            if self.concurrency > 1 and self.max_running < self.concurrency:
                self.changed.wait_for(lambda: self.max_running == self.concurrency, WAIT)
        with self.changed:
            self.running -= 1
            self.embedded += texts
            self.changed.notify_all()
        if "broken" in texts:
            raise ValueError("broken")
        return np.array([[float(text)] for text in texts], np.float32)

    queries = passages

    def count_tokens(self, text: str) -> int:
        return len(text)

    def release_memory(self) -> None:
        pass

    def wait_until_embedded(self, count: int) -> bool:
        with self.changed:
            return self.changed.wait_for(lambda: len(self.embedded) >= count, WAIT)


def text_batches(*sizes: int) -> list[list[str]]:
    starts = np.cumsum([0, *sizes]).tolist()
    return [[str(n) for n in range(start, start + size)] for start, size in zip(starts, sizes, strict=False)]


@pytest.mark.parametrize("concurrency", [1, 2])
def test_yields_each_batch_in_order(concurrency: int) -> None:
    model, given = Model(concurrency), text_batches(100, 1, 256, 7, 64)
    embedded = [matrix[:, 0].astype(int).astype(str).tolist() for matrix in embed_batches(model, given)]
    assert embedded == given
    assert sorted(model.embedded, key=int) == [text for batch in given for text in batch]
    assert model.max_running == concurrency


def test_nothing_to_embed() -> None:
    model = Model()
    assert list(embed_batches(model, [])) == []
    assert model.embedded == []


def test_embeds_the_next_batch_in_the_background() -> None:
    model = Model()
    with closing(embed_batches(model, text_batches(64, 64, 64))) as matrices:
        next(matrices)
        assert model.wait_until_embedded(128)  # the second batch is not consumed yet


def test_look_ahead_is_bounded() -> None:
    model = Model()
    with closing(embed_batches(model, text_batches(*[64] * 50))) as matrices:
        next(matrices)
        assert model.wait_until_embedded(128)
    assert len(model.embedded) < 64 * 6


def test_close_waits_for_running_calls_and_cancels_the_others() -> None:
    model, before = Model(), threading.active_count()
    matrices = embed_batches(model, text_batches(*[64] * 50))
    next(matrices)
    matrices.close()
    assert model.running == 0
    assert threading.active_count() == before
    assert len(model.embedded) < 64 * 6


def test_error_of_the_model_propagates() -> None:
    model, given = Model(), text_batches(64, 64)
    given[1][3] = "broken"
    matrices = embed_batches(model, given)
    assert len(next(matrices)) == 64
    with pytest.raises(ValueError, match="broken"):
        next(matrices)
