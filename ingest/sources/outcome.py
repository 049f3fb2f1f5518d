"""What came of asking the sources for one paper."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ...index.domain.papers import Abstract


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of one paper's search for its abstract.

    Attributes:
        paper_id: as it was asked for.
        status: `found`; `not_found` where the sources answered and do not have it; `failed` where one that may have
            it could not be asked, which is worth another try later.
        abstract: where found.
        reason: one line, where not found or failed.
    """

    paper_id: str
    status: Literal["found", "not_found", "failed"]
    abstract: Abstract | None = None
    reason: str = ""
