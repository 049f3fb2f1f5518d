"""Figures of a text: what number of what, exact or a bound; Korean and English alike, so that both can be compared."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .numerals import Numeral, numerals
from .units import MONEY_BEFORE, RATE_BEFORE, UNIT, bound, things, unit_of

_NEAR = 24  # characters before a number that can bind it
_CLOSE = 10  # characters before it that can name the counted thing
_AHEAD = 48  # characters behind it in which the counted thing is named
_HARD_STOP = re.compile(r"[.;:()\n]")
_STOP = re.compile(r",|\band\b|(?<=[가-힣])(?:과|와|이며|하며|하고)\s")
_YEAR = range(1900, 2100)
_MONTH_OR_DAY = re.compile(r"\s?(?:월|일)|/\d|-\d")
# What stands around a number that only numbers something: stage 1, figure 2, 1위, 3번째, "(1)", "1)", "2023."
_NUMBERING_BEFORE = re.compile(
    r"(?:(?:stage|step|phase|figure|fig\.|table|section|level|type|task|tier|chapter|appendix|equation|version|top"
    r"|단계|그림|표|제|레벨|수준|버전|상위)\s?|\()$",
    re.IGNORECASE,
)
_ORDINAL_BEHIND = re.compile(
    r"(?:st|nd|rd|th)\b|\s?(?:위(?![가-힣])|번째|차(?![가-힣])|세대|등(?![가-힣])|호(?![가-힣]))|\s?[).](?:\s|$)"
)
_STAGE_BEHIND = re.compile(r"\s?단계\s?(?:[:(*]|에서|에는|는|은|의|로는)")
_LETTER_BEHIND = re.compile(r"[A-Za-z_]|-[A-Z]|\^|-\d|\.\d|\s?[x×]\s?\d")
_VERSION_BEFORE = re.compile(r"(?:[A-Za-z][\w+-]*[A-Z][\w+-]*|[A-Z][\w+-]*)\s$")
# Behind a version: a particle, or more of the name.
_NAMED_BEHIND = re.compile(r"(?:은|는|이|가|을|를|와|과|의|로)(?![가-힣])|\s[A-Z][a-z]+\b")
# Links, code, dates and arXiv ids hold digits that count nothing.
_NO_FIGURE = re.compile(
    r"https?://\S+|`[^`\n]*`|\b\d{4}-\d{2}(?:-\d{2})?\b|\b\d{4}\.\d{4,5}(?:v\d+)?\b"
    r"|\d{4}년(?:\s?\d{1,2}월)?(?:\s?\d{1,2}일)?|\d{1,2}월\s?\d{1,2}일"
    r"|\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?\s\d{1,2}(?:,\s\d{4})?\b"
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """One figure.

    Attributes:
        value: the number, on its unit's scale (seconds, bytes; else as written).
        step: value of one unit in its last place, on the same scale.
        unit: "percent", "points", "times", "seconds", "bits", "bytes", "rate", "money", "degrees", "shots", "count",
            or "number" where none stands there.
        bound: "", "about", "at least" or "at most".
        things: what is counted or measured, as concepts ("parameter", "task"); empty where none is named nearby.
        start, end: the span of number and unit in its text.
    """

    value: float
    step: float
    unit: str
    bound: str
    things: frozenset[str]
    start: int
    end: int


def quantities(text: str) -> list[Quantity]:
    """Every figure of a text in order; years, dates, versions, ordinals, names and citation ids are none."""
    text = _NO_FIGURE.sub(lambda match: " " * len(match[0]), text)
    apart: list[Numeral] = []
    for numeral in sorted(numerals(text), key=lambda numeral: numeral.start):
        if not apart or numeral.start >= apart[-1].end:
            apart.append(numeral)
    ends = [*(numeral.start for numeral in apart), len(text)][1:]
    return [
        quantity for numeral, limit in zip(apart, ends, strict=True) for quantity in _quantity(text, numeral, limit)
    ]


def _quantity(text: str, numeral: Numeral, limit: int) -> Iterator[Quantity]:
    before = text[max(0, numeral.start - _NEAR) : numeral.start]
    unit = UNIT.match(text, numeral.unit_at)
    behind = unit.end() if unit else numeral.unit_at
    name, factor = unit_of(unit)
    start, end = numeral.start, behind if numeral.unit_at == numeral.end else numeral.end
    if name in ("number", "count") and (money := MONEY_BEFORE.search(before)):
        name, start = "money", numeral.start - len(money[0])
    elif name == "number" and RATE_BEFORE.search(before):
        name = "rate"
    after = text[behind : max(behind, min(limit, behind + _AHEAD))]
    named = _things(before, unit[0] if unit and name == "count" else "", after)
    if _is_none(numeral, name, before, text[numeral.unit_at : numeral.unit_at + _NEAR], bool(named)):
        return
    if name == "number" and (named or numeral.spelled or numeral.step > 1) and numeral.value.is_integer():
        name = "count"
    bound_by = bound(before, text[numeral.unit_at : behind + _AHEAD])
    yield Quantity(numeral.value * factor, numeral.step * factor, name, bound_by, named, start, end)


def _is_none(numeral: Numeral, unit: str, before: str, behind: str, counts: bool) -> bool:
    """Whether a numeral only names, dates or numbers something. `behind` begins where its unit would."""
    if numeral.spelled:
        # "one" is a pronoun as often as a number.
        pronoun = numeral.value < 2 and unit in ("number", "count")
        return pronoun or bool(_ORDINAL_BEHIND.match(behind))
    whole = numeral.value.is_integer() and numeral.step == 1
    if whole and (_STAGE_BEHIND.match(behind) or behind.startswith("월") or _is_year(numeral, unit, behind)):
        return True
    if whole and _ORDINAL_BEHIND.match(behind) and (unit == "number" or behind[:1].isalpha()):
        return True
    if unit != "number":
        return False
    if _LETTER_BEHIND.match(behind) or _MONTH_OR_DAY.match(behind):
        return True
    if whole and numeral.value < 100 and _NUMBERING_BEFORE.search(before):
        return True
    return (not counts or bool(_NAMED_BEHIND.match(behind))) and _is_version(numeral, before)


def _is_year(numeral: Numeral, unit: str, behind: str) -> bool:
    return numeral.value in _YEAR and (unit == "number" or behind.lstrip().startswith("년"))


def _is_version(numeral: Numeral, before: str) -> bool:
    """Whether it is a version as in "Gemini 2.5", "RTX 5090", "Mistral 7B"; but "MMLU 65.2" is a score."""
    return (numeral.value < 10 or numeral.value.is_integer()) and bool(_VERSION_BEFORE.search(before))


def _things(before: str, counter: str, after: str) -> frozenset[str]:
    for part in (counter, *_STOP.split(_HARD_STOP.split(after)[0])):
        if found := things(part):
            return frozenset(found[:3])
    # "레이어 24개": the thing stands right before the number.
    return frozenset(things(re.split(r"[.;:()\n,]", before[-_CLOSE:])[-1])[-1:])
