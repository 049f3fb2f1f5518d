"""The days that a question asks about, by rules: words and figures in Korean and English to one window.

A date without a year is the latest such date not after today. Two expressions that are joined (from one to the other,
or one and the other) give the span that holds both; of several that are not, the first counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from itertools import zip_longest
from typing import NamedTuple

from . import english as dates_en
from . import korean as dates_ko
from .calendar import EARLIEST, Days, days, shifted
from .window import Rule, Window

_RULES = (*dates_ko.RULES, *dates_en.RULES)
_JOIN = re.compile(
    r"(?:\s?(?:부터|에서)|의)?\s?(?:~|〜|–|—|-|,|to|until|till|through|thru|and|or|와|과|랑|이랑|하고|및|또는)?\s?(?:the\s)?",
    re.IGNORECASE,
)
_PUBLISHED = "published|submitted|released|posted|uploaded|announced"
_LEAD = re.compile(
    rf"(?:\b(?P<published>{_PUBLISHED})\s(?:(?:on|to|in)\s(?:the\s)?arxiv\s)?)?"
    r"(?:\b(?P<word>since|starting(?:\sfrom|\son)?|after|until|till|up\sto|before|prior\sto|by|on|in|from|between|during|"
    r"over|within|throughout|through|for|of|at)\s)?(?:\bthe\s)?$",
    re.IGNORECASE,
)
_TAIL = re.compile(
    r"(?:\s?(?:자|날|간|동안|사이|내))?(?P<open>\s?(?:이후로?|이래로?|부터|까지|이전|전까지|전(?=에|의|\s|$))|"
    r"\s(?:onwards?|and\slater|or\slater|and\searlier|or\searlier)\b)?(?:에서는|에는|에도|에서|에|의|엔|은|는|로)?"
    r"(?:\s?(?P<arxiv>arxiv|아카이브)(?:에서|에))?"
    r"(?:\s?(?P<verb>나온|나왔던|올라온|실린|소개된|다룬|추가된|출판|발표|공개|게재|제출|등재|출간)(?:된|되었던|됐던|한)?(?![가-힣]))?",
    re.IGNORECASE,
)
_PUBLISHING = frozenset("출판 발표 공개 게재 제출 등재 출간".split())
_SINCE = frozenset({"since", "after", "starting", "starting from", "starting on"})
_UNTIL = frozenset({"until", "till", "up to", "before", "prior to", "by", "through"})


class _Said(NamedTuple):
    """One expression: where it stands, what it says today, and how it is read on another day."""

    start: int
    end: int
    days: Days | None
    rule: Rule
    match: re.Match[str]

    @property
    def is_dated(self) -> bool:
        """Whether it names its year, so that it means the same on every day."""
        groups = self.match.groupdict()
        return any(groups.get(name) for name in ("year", "short"))


def find_window(text: str, today: date) -> Window | None:
    """The window of dates that a question asks for; None where it asks for none, or for days that no calendar has.

    Weeks run from Monday to Sunday. The first ten days of a month are its beginning, the last are its end.

    Args:
        text: the question, its Hangul composed (NFC).
        today: the day that words such as "yesterday" are seen from.
    """
    said = list(_said(text, today))
    for one, other in zip_longest(said, said[1:]):
        if not one.days:
            continue
        if other and _JOIN.fullmatch(text, one.end, other.start):
            found = _joined(one, other)
            return _window(_Context.of(text, one.start, other.end), found) if found else None
        context = _Context.of(text, one.start, one.end)
        found = one.days if "last" in one.match.groupdict() else _opened(one.days, context, today)
        return _window(context, found) if found else None
    return None


def _said(text: str, today: date) -> Iterator[_Said]:
    """The expressions of a text, left to right; where some overlap, the one that begins first, then the longest."""
    found: list[tuple[int, int, Rule, re.Match[str]]] = []
    for rule in _RULES:
        for match in rule.words.finditer(text):
            start, end = match.span("at") if "at" in match.re.groupindex else match.span()
            found.append((start, end, rule, match))
    at = 0
    for start, end, rule, match in sorted(found, key=lambda one: (one[0], -one[1])):
        if start >= at:
            at = end
            yield _Said(start, end, rule.read(match, today), rule, match)


def _joined(one: _Said, other: _Said) -> Days | None:
    """The span that holds two expressions; the one without a year goes with the other."""
    first, last = one.days, other.days
    if not first or not last:
        return None
    if other.is_dated and not one.is_dated:
        first = one.rule.read(one.match, last.last) or first
    elif last.last < first.first and not other.is_dated:
        ahead = 6 if "weekday" in other.match.groupdict() else 364
        last = other.rule.read(other.match, shifted(first.first, ahead)) or last
    return days(min(first.first, last.first), max(first.last, last.last))


class _Context(NamedTuple):
    """An expression with the words around it that belong to it: prepositions, particles, verbs of publishing."""

    text: str
    start: int
    end: int
    before: str
    after: str
    is_published: bool

    @classmethod
    def of(cls, text: str, start: int, end: int) -> _Context:
        lead, tail = _LEAD.search(text[:start]), _TAIL.match(text, end)
        assert lead, "matches the empty text"
        assert tail, "matches the empty text"
        published = lead["published"] or tail["arxiv"] or tail["verb"] in _PUBLISHING
        words = text[lead.start() : tail.end()]
        first = lead.start() + len(words) - len(words.lstrip())
        before, after = (lead["word"] or "").lower(), (tail["open"] or "").strip().lower()
        return cls(text, first, first + len(words.strip()), before, after, bool(published))


def _window(context: _Context, found: Days) -> Window:
    words = context.text[context.start : context.end]
    by = "published" if context.is_published else "digest"
    return Window(found.first, found.last, words, (context.start, context.end), by)


def _opened(said: Days, context: _Context, today: date) -> Days | None:
    """The span to today, or from the earliest day, where the words around it say so."""
    before, after = context.before, context.after
    if before in _SINCE or after.startswith(("이후", "이래", "부터", "onward", "and later", "or later")):
        first = shifted(said.last, 1) if before == "after" else said.first
        return days(first, max(first, today, said.last))
    if before in _UNTIL or after.startswith(("까지", "이전", "전", "and earlier", "or earlier")):
        is_before = before in {"before", "prior to"} or after == "전"
        return days(EARLIEST, shifted(said.first, -1) if is_before else said.last)
    return said
