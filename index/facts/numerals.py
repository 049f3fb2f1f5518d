"""Numerals in text, with values and offsets: digits, Korean myriads, English scales, number words of both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_DIGITS = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_ONES: dict[str, int] = dict(
    zip(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen".split(),
        range(20),
        strict=True,
    )
)
_TENS: dict[str, int] = dict(
    zip("twenty thirty forty fifty sixty seventy eighty ninety".split(), range(20, 100, 10), strict=True)
)
_NATIVE = {
    "두": 2, "세": 3, "네": 4, "다섯": 5, "여섯": 6, "일곱": 7, "여덟": 8, "아홉": 9, "열": 10,
    "열한": 11, "열두": 12, "열세": 13, "열네": 14, "스무": 20, "스물": 20,
}  # fmt: skip
_SCALES = {
    "hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12,
    "k": 1e3, "m": 1e6, "b": 1e9, "t": 1e12,
}  # fmt: skip
_SMALL = {"천": 1e3, "백": 1e2, "십": 10.0}
_MYRIADS = {"만": 1e4, "억": 1e8, "조": 1e12}
# Not the 만 of "만큼" (as much as) and "만이" (only).
_MYRIAD = r"(?:[천백십]?[만억조](?!큼|이\b)|[천백십](?=[만억조\s개명장편건회여가]|$))"
_MANY = "|".join(sorted((*_ONES, *_TENS), key=len, reverse=True))
_WORD = re.compile(
    rf"\b(?P<tens>{'|'.join(_TENS)})-(?P<ones>{'|'.join(_ONES)})\b"
    r"|\b(?P<a>an?)(?= (?:minute|hour|day|week|month|year)\b)"
    rf"|\b(?P<word>{_MANY})\b(?:[ -](?P<scale>hundred|thousand|million|billion|trillion)\b)?",
    re.IGNORECASE,
)
_NATIVE_WORD = re.compile(
    rf"(?<![가-힣A-Za-z0-9])(?P<native>{'|'.join(sorted(_NATIVE, key=len, reverse=True))})"
    r"(?:(?=\s?(?:개|가지|단계|종류|종|명|배|번|차례|쌍|편|장|곳|축|층|시간|달))|(?<!열)(?=\s[가-힣A-Za-z]))"
)
_SCALE = r"(?:[\s-]?(?:hundred|thousand|million|billion|trillion)\b|[KkMBT](?![A-Za-z0-9]))"
_FULL = rf"{_DIGITS}(?:\s?{_MYRIAD}(?:\s?{_DIGITS}\s?{_MYRIAD}|\s\d[\d,]*(?=\s?[개명장]))*)?{_SCALE}?"
_NUMBER = re.compile(
    # After a letter, a hyphen or a point it is part of a name, a version or an identifier: GPT-4, v2.0, pass@1.
    r"(?<![A-Za-z0-9_@#^./\\±×])(?:(?<![A-Za-z0-9]-)|(?<=-of-))"
    rf"(?P<first>{_FULL})(?:(?:\s?[-–~∼]\s?| to )(?P<last>{_FULL}))?"
)
_TOKEN = re.compile(rf"({_DIGITS})|([천백십])|([만억조])")
_FIRST = re.compile(_DIGITS)
_MAX_LENGTH = 24  # characters
_ENGLISH_SCALE = re.compile(_SCALE)
_MYRIAD_SIGN = re.compile("[천백십만억조]")


@dataclass(frozen=True, slots=True)
class Numeral:
    """A numeral in a text.

    Attributes:
        value: its value.
        step: the value of one unit in its last place: .01 for "28.83", 1e6 for "15M", 1e4 for "1,500만".
        start, end: its span, without the unit.
        unit_at: the offset at which its unit would begin; for both ends of "3~5배" it is after the range.
        spelled: whether it is written in words ("eight", "여덟").
    """

    value: float
    step: float
    start: int
    end: int
    unit_at: int
    spelled: bool = False


def _plain(digits: str, scale: float = 1.0) -> tuple[float, float]:
    """Return value and step of plain digits; zeros count as places, so the step of "1,500" is 1."""
    decimals = len(digits.partition(".")[2])
    return float(digits.replace(",", "")) * scale, scale / 10**decimals


def _korean(text: str) -> tuple[float, float]:
    """Return value and step of "1,500만", "3억 2천만", "32만 5,800"."""
    total = section = number = 0.0
    step, pending = 1.0, False
    for digits, small, myriad in _TOKEN.findall(text):
        if digits:
            (number, step), pending = _plain(digits), True
        elif small:
            section += (number if pending else 1.0) * _SMALL[small]
            number, step, pending = 0.0, step * _SMALL[small], False
        else:
            total += (section + number or 1.0) * _MYRIADS[myriad]
            section, number, step, pending = 0.0, 0.0, step * _MYRIADS[myriad], False
    return total + section + number, step


def _value(text: str) -> tuple[float, float]:
    """Return value and step of a numeral that begins with a digit."""
    if scale := _ENGLISH_SCALE.search(text):
        return _plain(text[: scale.start()], _SCALES[scale[0].strip(" -\t\n").lower()])
    return _korean(text) if _MYRIAD_SIGN.search(text) else _plain(text)


def _scale(text: str) -> float:
    """Return the factor of the scale words after the digits of a numeral."""
    digits = _FIRST.match(text)
    return 1.0 if digits is None or digits.end() == len(text) else _value(text)[1] / _plain(digits[0])[1]


def _digits(match: re.Match[str]) -> Iterator[Numeral]:
    """Yield the one numeral or both ends of the range that `_NUMBER` matched."""
    first, last = match["first"], match["last"]
    if max(len(first), len(last or "")) > _MAX_LENGTH:
        return
    value, step = _value(first)
    if last:
        last_value, last_step = _value(last)
        # "10-20K", "3~5만": a scale after the last number applies to both.
        is_shared = first[-1].isdigit() and value * _scale(last) <= last_value
        factor = _scale(last) if is_shared else 1.0
        yield Numeral(value * factor, step * factor, match.start("first"), match.end("first"), match.end())
        yield Numeral(last_value, last_step, match.start("last"), match.end("last"), match.end())
    else:
        yield Numeral(value, step, match.start(), match.end(), match.end())


def _word(match: re.Match[str]) -> Numeral:
    """Return the numeral that `_WORD` matched."""
    if match["a"]:
        value = 1.0
    elif match["tens"]:
        value = float(_TENS[match["tens"].lower()] + _ONES[match["ones"].lower()])
    else:
        word = match["word"].lower()
        value = float(_ONES.get(word, 0) or _TENS.get(word, 0))
    scale = _SCALES[match["scale"].lower()] if match["scale"] else 1.0
    return Numeral(value * scale, scale, match.start(), match.end(), match.end(), spelled=True)


def find_numerals(text: str) -> Iterator[Numeral]:
    """Yield the numerals of a text that are not part of a name, in no particular order."""
    for match in _NUMBER.finditer(text):
        yield from _digits(match)
    for match in _WORD.finditer(text):
        yield _word(match)
    for match in _NATIVE_WORD.finditer(text):
        yield Numeral(float(_NATIVE[match["native"]]), 1.0, match.start(), match.end(), match.end(), spelled=True)
