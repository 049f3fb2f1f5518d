"""Regular expressions that are compiled on first use, behind a prefilter that is part of the expression itself."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Generic, TypeVar

Value = TypeVar("Value")

_KEY = re.compile("⟦(.*?)⟧", re.DOTALL)
_GROUP_NAME = re.compile(r"\(\?P<\w+>")


class LazyPattern:
    """A case-insensitive regular expression with a prefilter.

    Compiling the expressions that analyze a question takes a sixth of a second, and few questions need them. The key of
    an expression is marked by ⟦ and ⟧ in the expression itself: a short part that every match contains, or one such
    part in each of several alternatives. A text in which no key matches is rejected without compiling the rest.

    `[0-9]{1,2}⟦ ?days⟧` compiles to `[0-9]{1,2}(?: ?days)` once ` ?days` matches in a text.

    Args:
        marked: the expression, with its keys marked.

    Raises:
        ValueError: no key is marked.
    """

    def __init__(self, marked: str) -> None:
        if "⟦" not in marked:
            raise ValueError(f"no key is marked by ⟦⟧ in {marked!r}")
        self.marked = marked

    @cached_property
    def key(self) -> str:
        """The keys as one expression, without group names."""
        return "|".join(dict.fromkeys(_GROUP_NAME.sub("(?:", key) for key in _KEY.findall(self.marked)))

    @cached_property
    def prefilter(self) -> re.Pattern[str]:
        """The compiled key."""
        return re.compile(self.key, re.IGNORECASE)

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The whole compiled expression."""
        return re.compile(self.marked.replace("⟦", "(?:").replace("⟧", ")"), re.IGNORECASE)


class PatternTable(Generic[Value]):
    """An ordered table of lazy patterns, each with a value. A key that several rows share is searched once per text.

    Args:
        rows: expressions with their keys marked (`LazyPattern`), each with its value.
    """

    def __init__(self, rows: Iterable[tuple[str, Value]]) -> None:
        self.rows = tuple((LazyPattern(marked), value) for marked, value in rows)

    def finditer(self, text: str) -> Iterator[tuple[re.Match[str], Value]]:
        """Yield the matches in a text, row by row, each with the value of its row."""
        is_present: dict[str, bool] = {}
        for pattern, value in self.rows:
            if pattern.key not in is_present:
                is_present[pattern.key] = pattern.prefilter.search(text) is not None
            if is_present[pattern.key]:
                for match in pattern.compiled.finditer(text):
                    yield match, value
