"""One engine for all users of a library: what one publishes, the others see, wherever the engine keeps its state."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace

from .base import EngineOptions, OpenEngine, SearchEngine
from .local import LocalEngine


class SharedEngine:
    """Opens an engine on first use, and keeps it until `close`. Safe to share between threads.

    The embedding model is known only once there are vectors, and changes when the index is re-embedded. Each model has
    an engine of its own: while an index is re-embedded, the one of the former model still answers.

    Args:
        options: what the engine is opened with, apart from the model.
        open_engine: opens the engine.
    """

    def __init__(self, options: EngineOptions, open_engine: OpenEngine = LocalEngine.open) -> None:
        self._options, self._open_engine = options, open_engine
        self._lock = threading.Lock()
        self._engines: dict[EngineOptions, SearchEngine] = {}

    def for_model(self, model_id: str | None, dimension: int) -> SearchEngine:
        """Return the engine for vectors of a model.

        Args:
            model_id: the model; None where the catalog has no vectors yet.
            dimension: length of its vectors.
        """
        options = replace(self._options, model_id=model_id or "", dimension=dimension)
        return self._engine(lambda: options)

    def for_files(self) -> SearchEngine:
        """Return an engine for checks and cleaning, which need no model: the latest one, or one without a model."""
        return self._engine(lambda: next(reversed(self._engines), self._options))

    def close(self) -> None:
        """Close the engines; another use would open them again."""
        with self._lock:
            while self._engines:
                self._engines.popitem()[1].close()

    def _engine(self, select: Callable[[], EngineOptions]) -> SearchEngine:
        with self._lock:
            options = select()
            engine = self._engines.pop(options, None) or self._open_engine(options)
            self._engines[options] = engine  # the latest one comes last
            return engine
