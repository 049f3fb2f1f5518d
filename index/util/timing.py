"""Where the time of a question goes."""

from __future__ import annotations

import time


class Stopwatch:
    """Milliseconds by stage, each from the end of the one before.

    Attributes:
        laps: wall-clock milliseconds by stage, in the order of the stages.
    """

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = time.perf_counter()

    def lap(self, stage: str) -> None:
        """The stage ends here."""
        now = time.perf_counter()
        self.laps[stage] = self.laps.get(stage, 0.0) + round((now - self._last) * 1000, 3)
        self._last = now
