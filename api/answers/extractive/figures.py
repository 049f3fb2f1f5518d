"""Figure questions: detect the unit that a question asks for, and keep the sentences that state a figure."""

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


def requested_units(question: str) -> frozenset[str]:
    """Return the units that fit a question for a figure; empty if the question does not restrict them."""
    return next((units for units, pattern in _UNITS if pattern.search(question)), frozenset())


def quotations_with_figures(quotations: Sequence[Quotation], units: frozenset[str]) -> list[Quotation]:
    """Return the sentences with a figure in one of the units, or those with any figure if there are none."""
    with_units = [
        (quotation, {quantity.unit for quantity in find_quantities(quotation.citation.quote)})
        for quotation in quotations
    ]
    fitting = [quotation for quotation, found in with_units if found & units]
    return fitting or [quotation for quotation, found in with_units if found]
