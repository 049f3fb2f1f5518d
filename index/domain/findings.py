"""Findings of the health checks: what is wrong with an index, and the cure."""

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
        repairable: whether `nonmun doctor --repair` cures it.
    """

    code: str
    message: str
    cure: str
    repairable: bool


def repairable_finding(code: str, message: str, cure: str = REPAIR) -> Finding:
    """Return a finding that `nonmun doctor --repair` cures."""
    return Finding(code, message, cure, repairable=True)


def unrepairable_finding(code: str, message: str, cure: str = RESTORE) -> Finding:
    """Return a finding that only the user can cure."""
    return Finding(code, message, cure, repairable=False)
