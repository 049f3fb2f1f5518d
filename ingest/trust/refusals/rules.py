"""Rules on one sentence: patterns that must all match, in any order, and patterns that must not."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .content_words import count_content_words


def any_of(*alternatives: str) -> re.Pattern[str]:
    """Return a case-insensitive pattern that matches any of the alternatives."""
    return re.compile("|".join(alternatives), re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule by which a sentence is an admission, and the reason to report.

    Attributes:
        code, message: of the reason.
        required: patterns that must all match. Each is searched separately, so that the time is linear in the sentence
            length, even for hostile repetition.
        excluded: patterns that must not match.
        at_edge: whether the rule applies only at the start and end of a summary, where authors comment on it.
        max_content_words: the most content words; a sentence with more is about the paper. None for no limit.
    """

    code: str
    message: str
    required: tuple[re.Pattern[str], ...]
    excluded: tuple[re.Pattern[str], ...] = ()
    at_edge: bool = False
    max_content_words: int | None = None

    def matches(self, sentence: str) -> bool:
        """Return whether a sentence is an admission by this rule."""
        return (
            all(pattern.search(sentence) for pattern in self.required)
            and not any(pattern.search(sentence) for pattern in self.excluded)
            and (self.max_content_words is None or count_content_words(sentence) <= self.max_content_words)
        )
