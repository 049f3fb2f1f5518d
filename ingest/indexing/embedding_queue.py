"""Embeds passages in the background, a little ahead of whoever stores them."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np

from ...index.domain.vectors import Matrix
from ...index.embeddings.base import ManagedEmbedder
from ...index.util.batching import batches

_PASSAGES_A_CALL = 64  # what an interrupt may have to wait for: a second or two


def embed_ahead(model: ManagedEmbedder, parts: Sequence[Sequence[str]]) -> Generator[Matrix]:
    """The vectors of each part in turn, float32 (len(part), d), while the next parts are embedded already.

    Close it where it is left early: what is under way is waited for, what has not begun is dropped.
    """
    calls = [[*batches(part, _PASSAGES_A_CALL)] for part in parts]
    rest = iter([call for some in calls for call in some])
    # A transaction's worth waits at most, so that memory does not grow where storing is the slower side.
    ahead = max(map(len, calls), default=0) + model.concurrency
    pool = ThreadPoolExecutor(model.concurrency, "embed")
    try:
        waiting = deque[Future[Matrix]]()

        def refill() -> None:
            while len(waiting) < ahead and (call := next(rest, None)) is not None:
                waiting.append(pool.submit(model.passages, call))

        for some in calls:
            found: list[Matrix] = []
            for _ in some:
                refill()
                found.append(waiting.popleft().result())
            refill()
            yield np.concatenate(found)
    finally:
        pool.shutdown(cancel_futures=True)
