"""Sentences that hold the figure that a question asks for."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ....index.facts.quantities import find_quantities
from ..quotations import Quotation

_UNITS: tuple[tuple[frozenset[str], re.Pattern[str]], ...] = tuple(
    (frozenset(units.split()), re.compile(words, re.IGNORECASE))
    for units, words in (
        ("percent points", r"퍼센트|프로(?![가-힣])|%|\bpercent(?:age)?\b|비율|향상\s?폭"),
        ("times percent", r"몇\s?배|\bhow many times\b|\bspeed-?up\b"),
        ("seconds rate times", r"몇\s?(?:초|분|시간|일)|\bhow (?:long|many (?:hours|seconds|minutes|days))\b"),
        ("bytes", r"메모리|몇\s?(?:기가|메가|GB|MB)|\b(?:memory|how many (?:giga|mega)?bytes)\b"),
    )
)


def asked_unit(text: str) -> frozenset[str]:
    """The units that a figure can have that a question asks for; empty where it leaves them open."""
    return next((units for units, pattern in _UNITS if pattern.search(text)), frozenset())


def with_figures(pool: Sequence[Quotation], units: frozenset[str]) -> list[Quotation]:
    """The sentences that hold a figure: of one of these units where any does, else of any."""
    held = [(one, {figure.unit for figure in find_quantities(one.citation.quote)}) for one in pool]
    fitting = [one for one, found in held if found & units]
    return fitting or [one for one, found in held if found]
