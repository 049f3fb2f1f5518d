"""Measure the stages of a request."""

from __future__ import annotations

import time


class Stopwatch:
    """Wall-clock time by stage, each measured from the end of the one before.

    Attributes:
        laps: milliseconds by stage, in the order of the stages.
    """

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        """End a stage; a stage that ends several times adds up."""
        now = time.perf_counter()
        self.laps[stage] = self.laps.get(stage, 0.0) + round((now - self._last) * 1000, 3)
        self._last = now
