"""Admissions: sentences in which the writer of a summary says that it did not read the paper."""

from __future__ import annotations

import re

from .admissions_english import ENGLISH
from .admissions_korean import KOREAN
from .rules import Rule
from .segments import bare, unquoted

_HANGUL = re.compile("[가-힣]")


def admission(sentence: str, at_edge: bool = False) -> Rule | None:
    """The rule under which a sentence admits that its writer could not read the paper; None where none does.

    Args:
        sentence: one sentence, decoration and all; what it quotes is not held against it.
        at_edge: whether it stands at the start or the end of a summary, where less is proof enough.
    """
    words = unquoted(bare(sentence))
    rules = KOREAN if _HANGUL.search(words) else ENGLISH
    return next((rule for rule in rules if (at_edge or not rule.at_edge) and rule.matches(words)), None)
