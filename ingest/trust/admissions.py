"""Admissions: sentences in which the writer of a summary says that it did not read the paper."""

from __future__ import annotations

from .admissions_en import ENGLISH
from .admissions_ko import KOREAN
from .pieces import bare, unquoted
from .rules import Rule


def admission(sentence: str) -> Rule | None:
    """The rule under which a sentence admits that its writer could not read the paper; None where none does."""
    words = unquoted(bare(sentence))
    return next((rule for rule in (*KOREAN, *ENGLISH) if rule.matches(words)), None)
