"""Quantities in Korean and English text: value, unit, bound and what is counted, comparable across languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from .latex import blank_arrows
from .numerals import Numeral, find_numerals
from .units import MONEY_BEFORE, RATE_BEFORE, UNIT, bound_of, find_concepts, unit_of

_BOUND_WINDOW = 24  # characters before and after a number in which its bound and its kind are looked for
_CONCEPT_BEFORE = 10  # characters before it in which the counted thing is looked for
_CONCEPT_AFTER = 48  # characters after it in which the counted thing is looked for
_HARD_STOP = re.compile(r"[.;:()\n]")
_STOP = re.compile(r",|\band\b|(?<=[가-힣])(?:과|와|이며|하며|하고)\s")
_YEAR = range(1900, 2100)
_MONTH_OR_DAY = re.compile(r"\s?(?:월|일)|/\d|-\d")
# Around a number that numbers something and counts nothing: stage 1, figure 2, 1위, 3번째, "(1)", "1)", "2023."
_NUMBERING_BEFORE = re.compile(
    r"(?:(?:stage|step|phase|figure|fig\.|table|section|level|type|task|tier|chapter|appendix|equation|version|top"
    r"|단계|그림|표|제|레벨|수준|버전|상위)\s?|\()$",
    re.IGNORECASE,
)
_ORDINAL_AFTER = re.compile(
    r"(?:st|nd|rd|th)\b|\s?(?:위(?![가-힣])|번째|차(?![가-힣])|세대|등(?![가-힣])|호(?![가-힣]))|\s?[).](?:\s|$)"
)
_STAGE_AFTER = re.compile(r"\s?단계\s?(?:[:(*]|에서|에는|는|은|의|로는)")
_LETTER_AFTER = re.compile(r"[A-Za-z_]|-[A-Z]|\^|-\d|\.\d|\s?[x×]\s?\d")
_VERSION_BEFORE = re.compile(r"(?:[A-Za-z][\w+-]*[A-Z][\w+-]*|[A-Z][\w+-]*)\s$")
# After a version: a particle, or more of the name.
_NAME_AFTER = re.compile(r"(?:은|는|이|가|을|를|와|과|의|로)(?![가-힣])|\s[A-Z][a-z]+\b")
# Links, code, dates and arXiv ids: their digits count nothing.
_NO_FIGURE = re.compile(
    r"https?://\S+|`[^`\n]*`|\b\d{4}-\d{2}(?:-\d{2})?\b|\b\d{4}\.\d{4,5}(?:v\d+)?\b"
    r"|\d{4}년(?:\s?\d{1,2}월)?(?:\s?\d{1,2}일)?|\d{1,2}월\s?\d{1,2}일"
    r"|\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?\s\d{1,2}(?:,\s\d{4})?\b"
)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A figure.

    Attributes:
        value: the number on the scale of its unit (seconds, bytes; else as written).
        step: the value of one unit in its last place, on the same scale.
        unit: "percent", "points", "times", "seconds", "bits", "bytes", "rate", "money", "degrees", "shots", "count",
            or "number" if it has none.
        bound: "", "about", "at least", "at most" or "up to".
        concepts: what is counted or measured ("parameter", "task"); empty if the text does not name it nearby.
        start, end: the span of number and unit in the text.
    """

    value: float
    step: float
    unit: str
    bound: str
    concepts: frozenset[str]
    start: int
    end: int


def find_quantities(text: str) -> list[Quantity]:
    """Return the figures of a text in order, without years, dates, versions, ordinals, names and arXiv ids."""
    text = blank_arrows(_NO_FIGURE.sub(lambda match: " " * len(match[0]), text))
    numerals: list[Numeral] = []
    for numeral in sorted(find_numerals(text), key=lambda numeral: numeral.start):
        if not numerals or numeral.start >= numerals[-1].end:
            numerals.append(numeral)
    limits = [*(numeral.start for numeral in numerals), len(text)][1:]
    return [
        quantity
        for numeral, limit in zip(numerals, limits, strict=True)
        for quantity in _quantity(text, numeral, limit)
    ]


def _quantity(text: str, numeral: Numeral, limit: int) -> Iterator[Quantity]:
    """Yield the quantity of a numeral, if it is one. What it counts is named before `limit`, the next numeral."""
    before = text[max(0, numeral.start - _BOUND_WINDOW) : numeral.start]
    unit = UNIT.match(text, numeral.unit_at)
    unit_end = unit.end() if unit else numeral.unit_at
    name, factor = unit_of(unit)
    start, end = numeral.start, unit_end if numeral.unit_at == numeral.end else numeral.end
    if name in ("number", "count") and (money := MONEY_BEFORE.search(before)):
        name, start = "money", numeral.start - len(money[0])
    elif name == "number" and RATE_BEFORE.search(before):
        name = "rate"
    after = text[unit_end : max(unit_end, min(limit, unit_end + _CONCEPT_AFTER))]
    concepts = _concepts(before, unit[0] if unit and name == "count" else "", after)
    if _counts_nothing(numeral, name, before, text[numeral.unit_at : numeral.unit_at + _BOUND_WINDOW], bool(concepts)):
        return
    if name == "number" and (concepts or numeral.spelled or numeral.step > 1) and numeral.value.is_integer():
        name = "count"
    bound = bound_of(before, text[numeral.unit_at : unit_end + _CONCEPT_AFTER])
    yield Quantity(numeral.value * factor, numeral.step * factor, name, bound, concepts, start, end)


def _counts_nothing(numeral: Numeral, unit: str, before: str, after: str, has_concepts: bool) -> bool:
    """Return whether a numeral only names, dates or numbers something. `after` begins where its unit would."""
    if numeral.spelled:
        # "one" is a pronoun as often as a number.
        pronoun = numeral.value < 2 and unit in ("number", "count")
        return pronoun or bool(_ORDINAL_AFTER.match(after))
    whole = numeral.value.is_integer() and numeral.step == 1
    if whole and (_STAGE_AFTER.match(after) or after.startswith("월") or _is_year(numeral, unit, after)):
        return True
    if whole and _ORDINAL_AFTER.match(after) and (unit == "number" or after[:1].isalpha()):
        return True
    if unit != "number":
        return False
    if _LETTER_AFTER.match(after) or _MONTH_OR_DAY.match(after):
        return True
    if whole and numeral.value < 100 and _NUMBERING_BEFORE.search(before):
        return True
    return (not has_concepts or bool(_NAME_AFTER.match(after))) and _is_version(numeral, before)


def _is_year(numeral: Numeral, unit: str, after: str) -> bool:
    return numeral.value in _YEAR and (unit == "number" or after.lstrip().startswith("년"))


def _is_version(numeral: Numeral, before: str) -> bool:
    """Return whether a numeral is a version ("Gemini 2.5", "RTX 5090", "Mistral 7B") and not a score ("MMLU 65.2")."""
    return (numeral.value < 10 or numeral.value.is_integer()) and bool(_VERSION_BEFORE.search(before))


def _concepts(before: str, counter: str, after: str) -> frozenset[str]:
    """Return what a number counts: named by its counter, else after it, else right before it ("레이어 24개")."""
    for part in (counter, *_STOP.split(_HARD_STOP.split(after)[0])):
        if concepts := find_concepts(part):
            return frozenset(concepts[:3])
    return frozenset(find_concepts(re.split(r"[.;:()\n,]", before[-_CONCEPT_BEFORE:])[-1])[-1:])
