"""What is wrong with an index: one finding each, in words."""

from __future__ import annotations

from dataclasses import dataclass

RESTORE = "restore a backup (`nonmun restore FILE`), or move the catalog away and ingest anew"
REPAIR = "run `nonmun doctor --repair`"
INGEST = "the next ingest cures it, and so does `nonmun doctor --repair`"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be.

    Attributes:
        code: names the kind of it, for programs: "vectors-missing" ...
        message: what is wrong, on one line.
        cure: what to do about it, on one line.
        repairable: whether `repair` cures it.
    """

    code: str
    message: str
    cure: str
    repairable: bool


def repairable_finding(code: str, message: str, cure: str = REPAIR) -> Finding:
    """A finding that `repair` cures."""
    return Finding(code, message, cure, repairable=True)


def unrepairable_finding(code: str, message: str, cure: str = RESTORE) -> Finding:
    """A finding that only its reader can do something about."""
    return Finding(code, message, cure, repairable=False)
