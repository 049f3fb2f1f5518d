"""The window of days that a question asks for: date expressions of all languages, joined and opened to one range.

A date without a year is the latest such date up to today. Two expressions that are joined (from one to the other, or
one and the other) give the range that contains both; of several that are not joined the first counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import zip_longest

from .calendar import EARLIEST, DateRange, date_range, shift_days
from .english import ENGLISH
from .korean import KOREAN
from .rules import DateExpression, DateLanguage, Reader
from .window import Window

LANGUAGES: tuple[DateLanguage, ...] = (ENGLISH, KOREAN)


@dataclass(frozen=True, slots=True)
class _Mention:
    """A date expression in a text.

    Attributes:
        start, end: its span.
        expression: what was matched.
        read: the reader of its rule.
    """

    start: int
    end: int
    expression: DateExpression
    read: Reader

    def on(self, today: date) -> DateRange | None:
        """Return the days that it denotes relative to another day."""
        return self.read(replace(self.expression, today=today))


def find_window(text: str, today: date, languages: Sequence[DateLanguage] = LANGUAGES) -> Window | None:
    """Return the window of days that a question asks for; None if it asks for none, or for days that do not exist.

    Weeks run from Monday to Sunday. The first ten days of a month are its beginning, the days from the 21st its end.

    Args:
        text: the question, its Hangul composed (NFC).
        today: the day to which words such as "yesterday" refer.
        languages: the tables of date expressions.
    """
    mentions = list(_mentions(text, today, languages))
    for mention, following in zip_longest(mentions, mentions[1:]):
        dates = mention.on(today)
        if not dates:
            continue
        if following and any(language.join.fullmatch(text, mention.end, following.start) for language in languages):
            context = _Context.of(text, mention.start, following.end, languages)
            joined = _join(mention, following, today)
            return context.window(joined) if joined else None
        context = _Context.of(text, mention.start, mention.end, languages)
        opened = dates if "last" in mention.expression.groups else _open(dates, context.bounds, today)
        return context.window(opened) if opened else None
    return None


def _mentions(text: str, today: date, languages: Sequence[DateLanguage]) -> Iterator[_Mention]:
    """Iterate over the date expressions from left to right; of overlapping ones the first counts, then the longest."""
    mentions: list[_Mention] = []
    for language in languages:
        for match, read in language.rules.finditer(text):
            start, end = match.span("at") if "at" in match.re.groupindex else match.span()
            mentions.append(_Mention(start, end, DateExpression.of(match, today, language), read))
    position = 0
    for mention in sorted(mentions, key=lambda mention: (mention.start, -mention.end)):
        if mention.start >= position:
            position = mention.end
            yield mention


def _join(mention: _Mention, following: _Mention, today: date) -> DateRange | None:
    """Return the range that contains two expressions; one without a year is of the year of the other."""
    first, last = mention.on(today), following.on(today)
    if not first or not last:
        return None
    if following.expression.has_year and not mention.expression.has_year:
        first = mention.on(last.last) or first
    elif last.last < first.first and not following.expression.has_year:
        ahead = 6 if "weekday" in following.expression.groups else 364
        last = following.on(shift_days(first.first, ahead)) or last
    return date_range(min(first.first, last.first), max(first.last, last.last))


@dataclass(frozen=True, slots=True)
class _Context:
    """A date expression with the words around it that belong to it: prepositions, particles, verbs of publication.

    Attributes:
        text: the words.
        start: where they start in the question.
        bounds: the groups of the languages' leads and tails that matched.
    """

    text: str
    start: int
    bounds: frozenset[str]

    @classmethod
    def of(cls, text: str, start: int, end: int, languages: Sequence[DateLanguage]) -> _Context:
        """Extend a span by the words around it."""
        bounds: set[str] = set()
        leads = [lead for language in languages if (lead := language.lead.search(text, 0, start))]
        for lead in leads:
            bounds |= {name for name, words in lead.groupdict().items() if words}
        start = min(start, *(lead.start() for lead in leads))
        for language in languages:
            if tail := language.tail.match(text, end):
                bounds |= {name for name, words in tail.groupdict().items() if words}
                end = tail.end()
        words = text[start:end]
        return cls(words.strip(), start + len(words) - len(words.lstrip()), frozenset(bounds))

    def window(self, dates: DateRange) -> Window:
        """Return the window of some days."""
        by = "published" if self.bounds & {"published", "arxiv"} else "digest"
        return Window(dates.first, dates.last, self.text, (self.start, self.start + len(self.text)), by)


def _open(dates: DateRange, bounds: frozenset[str], today: date) -> DateRange | None:
    """Return the range up to today, or from the earliest day, if the words around an expression open it."""
    if bounds & {"since", "after"}:
        first = shift_days(dates.last, 1) if "after" in bounds else dates.first
        return date_range(first, max(first, today, dates.last))
    if bounds & {"until", "before"}:
        return date_range(EARLIEST, shift_days(dates.first, -1) if "before" in bounds else dates.last)
    return dates
