"""The measure protocol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol

from ..runs.model import QueryOutcome

Direction = Literal[1, -1]
"""1 if higher values are better, -1 if lower ones are."""


class Measure(Protocol):
    """An evaluation measure: what it is called, what it means, and its value for each query.

    To add a measure, add one entry to the table in `retrieval.py` (computed from rankings by ir-measures) or in
    `answers.py` (computed from answers). Default lists, comparison, gate and the legend of the report follow from the
    entry.
    """

    @property
    def name(self) -> str:
        """Canonical name, such as `ndcg@10`."""
        ...

    @property
    def korean(self) -> str:
        """Korean name, for the report's legend."""
        ...

    @property
    def description(self) -> str:
        """Definition in one sentence, for the report's legend."""
        ...

    @property
    def direction(self) -> Direction:
        """Whether higher or lower values are better."""
        ...

    @property
    def primary(self) -> bool:
        """Whether a comparison tests it unless other measures are named."""
        ...

    @property
    def paired(self) -> bool:
        """Whether two runs can be compared by it query by query."""
        ...

    def values(self, outcomes: Sequence[QueryOutcome]) -> Mapping[str, float]:
        """Return the value for each query that the measure is defined for, by query id."""
        ...
