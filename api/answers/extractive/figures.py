"""Figure questions: detect the unit that a question asks for, and prefer the sentences that state a figure."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from ....index.domain.vectors import Scores
from ....index.facts.quantities import find_quantities

_FIGURE, _UNIT = 0.1, 0.1  # for any figure, and for one in the unit asked for
_UNITS: tuple[tuple[frozenset[str], re.Pattern[str]], ...] = tuple(
    (frozenset(units.split()), re.compile(words, re.IGNORECASE))
    for units, words in (
        ("percent points", r"퍼센트|프로(?![가-힣])|%|\bpercent(?:age)?\b|비율|향상\s?폭"),
        ("times percent", r"몇\s?배|\bhow many times\b|\bspeed-?up\b"),
        ("seconds rate times", r"몇\s?(?:초|분|시간|일)|\bhow (?:long|many (?:hours|seconds|minutes|days))\b"),
        ("money", r"가격|몇\s?(?:달러|원)|\b(?:price|how many dollars)\b"),
        ("bytes", r"메모리|몇\s?(?:기가|메가|GB|MB)|\b(?:memory|how many (?:giga|mega)?bytes)\b"),
    )
)


def requested_units(question: str) -> frozenset[str]:
    """Return the units that fit a question for a figure; empty if the question does not restrict them."""
    return next((units for units, pattern in _UNITS if pattern.search(question)), frozenset())


def has_requested_figure(question: str, text: str) -> bool:
    """Return whether a text has a figure, in the unit asked for if the question asks for one."""
    units, found = requested_units(question), {quantity.unit for quantity in find_quantities(text)}
    return bool(found & units if units else found)


def figure_scores(question: str, texts: Sequence[str]) -> Scores:
    """Return what sentences gain as answers to a question for a figure, float32 (n,).

    Args:
        question: the question.
        texts: the sentences.
    """
    units = requested_units(question)
    scores = np.zeros(len(texts), np.float32)
    for at, text in enumerate(texts):
        if any(map(str.isdigit, text)):
            found = {quantity.unit for quantity in find_quantities(text)}
            scores[at] = (_FIGURE if found else 0.0) + (_UNIT if found & units else 0.0)
    return scores
