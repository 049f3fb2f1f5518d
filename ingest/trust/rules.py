"""Rules over one sentence: words that must stand in it together, in any order, and words that must not."""

from __future__ import annotations

import re
from dataclasses import dataclass


def words(*alternatives: str) -> re.Pattern[str]:
    """One pattern of several alternatives, upper and lower case alike."""
    return re.compile("|".join(alternatives), re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rule:
    """When a sentence is an admission, and what a reader is told.

    Attributes:
        code, message: of the reason that it gives.
        all: patterns that must each be found. Each is searched on its own: two words apart cost two searches, not the
            product of their places, so that hostile repetition stays linear.
        none: patterns of which none may be found.
    """

    code: str
    message: str
    all: tuple[re.Pattern[str], ...]
    none: tuple[re.Pattern[str], ...] = ()

    def matches(self, sentence: str) -> bool:
        """Whether the sentence is such an admission."""
        return all(found.search(sentence) for found in self.all) and not any(
            found.search(sentence) for found in self.none
        )
