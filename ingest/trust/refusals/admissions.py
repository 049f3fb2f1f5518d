"""Admissions: sentences in which the author of a summary admits that it did not read the paper."""

from __future__ import annotations

import re

from .admissions_english import ENGLISH_RULES
from .admissions_korean import KOREAN_RULES
from .rules import Rule
from .segments import remove_quotations, strip_markup

_HANGUL = re.compile("[가-힣]")


def find_admission(sentence: str, at_edge: bool = False) -> Rule | None:
    """Return the first rule by which a sentence is an admission; None if there is none.

    Args:
        sentence: the sentence, with its Markdown; its quotations are ignored.
        at_edge: whether it is at the start or the end of a summary, where more rules apply.
    """
    text = remove_quotations(strip_markup(sentence))
    rules = KOREAN_RULES if _HANGUL.search(text) else ENGLISH_RULES
    return next((rule for rule in rules if (at_edge or not rule.at_edge) and rule.matches(text)), None)
