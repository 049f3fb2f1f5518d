"""Embed passages in background threads, while the caller stores earlier vectors."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from ...index.domain.vectors import Matrix
from ...index.embeddings.base import ManagedEmbedder
from ...index.util.batching import batches

_PASSAGES_PER_CALL = 64  # an interrupt waits for a call to end: a second or two


def embed_batches(model: ManagedEmbedder, text_batches: Sequence[Sequence[str]]) -> Generator[Matrix]:
    """Yield the vectors of each batch, float32 (len(batch), d), while the next ones are embedded in the background.

    Close the generator to end early: it waits for running calls and cancels the others.

    Args:
        model: the embedding model; at most `concurrency` calls run at once.
        text_batches: the passages of each batch.
    """
    calls_by_batch = [[*batches(texts, _PASSAGES_PER_CALL)] for texts in text_batches]
    remaining = iter([call for calls in calls_by_batch for call in calls])
    # Bounds the memory if storing is slower than embedding.
    max_pending = max(map(len, calls_by_batch), default=0) + model.concurrency
    pool = ThreadPoolExecutor(model.concurrency, "embed")
    try:
        pending = deque[Future[Matrix]]()

        def submit() -> None:
            while len(pending) < max_pending and (call := next(remaining, None)) is not None:
                pending.append(pool.submit(model.passages, call))

        for calls in calls_by_batch:
            matrices: list[Matrix] = []
            for _ in calls:
                submit()
                matrices.append(pending.popleft().result())
            submit()
            yield np.concatenate(matrices)
    finally:
        pool.shutdown(cancel_futures=True)
