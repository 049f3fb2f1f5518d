"""Rules over one sentence: words that must stand in it together, in any order, and words that must not."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .content_words import specific_words


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
        at_edge: whether it holds only at the start or the end of a summary, where writers speak of themselves.
        most: with more words than this that name something, the sentence speaks of a subject, not of its own making.
    """

    code: str
    message: str
    all: tuple[re.Pattern[str], ...]
    none: tuple[re.Pattern[str], ...] = ()
    at_edge: bool = False
    most: int | None = None

    def matches(self, sentence: str) -> bool:
        """Whether the sentence is such an admission."""
        return (
            all(found.search(sentence) for found in self.all)
            and not any(found.search(sentence) for found in self.none)
            and (self.most is None or specific_words(sentence) <= self.most)
        )
