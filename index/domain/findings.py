"""Findings of the health checks: defects of an index, each with its remedy."""

from __future__ import annotations

from dataclasses import dataclass

RESTORE = "restore a backup (`nonmun restore FILE`), or move the catalog away and ingest again"
REPAIR = "run `nonmun doctor --repair`"
INGEST = "the next ingest repairs it, and so does `nonmun doctor --repair`"


@dataclass(frozen=True, slots=True)
class Finding:
    """One defect of an index.

    Attributes:
        code: kind of the defect, stable for programs: "vectors-missing" ...
        message: the defect, on one line.
        cure: what to do about it, on one line.
        repairable: whether `nonmun doctor --repair` removes the defect.
    """

    code: str
    message: str
    cure: str
    repairable: bool


def repairable_finding(code: str, message: str, remedy: str = REPAIR) -> Finding:
    """Return a finding that `nonmun doctor --repair` removes."""
    return Finding(code, message, remedy, repairable=True)


def unrepairable_finding(code: str, message: str, remedy: str = RESTORE) -> Finding:
    """Return a finding that only the user can resolve."""
    return Finding(code, message, remedy, repairable=False)
