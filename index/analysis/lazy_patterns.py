"""Regular expressions that are compiled on first use, behind a prefilter that is part of the expression itself."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

_KEY = re.compile("⟦(.*?)⟧", re.DOTALL)
_GROUP_NAME = re.compile(r"\(\?P<\w+>")


class LazyPattern:
    """A case-insensitive regular expression with a prefilter.

    Compiling the expressions that read a question takes a sixth of a second, and few questions need them. The key of an
    expression is written between ⟦ and ⟧ in the expression itself: a short part that every match passes through, or
    several of them in alternative branches. A text in which no key matches is rejected without compiling the rest.

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
    def compiled(self) -> re.Pattern[str]:
        """The whole expression."""
        return re.compile(self.marked.replace("⟦", "(?:").replace("⟧", ")"), re.IGNORECASE)

    @cached_property
    def _prefilter(self) -> re.Pattern[str]:
        keys = dict.fromkeys(_GROUP_NAME.sub("(?:", key) for key in _KEY.findall(self.marked))
        return re.compile("|".join(keys), re.IGNORECASE)

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """Iterate over the matches in a text."""
        if self._prefilter.search(text):
            yield from self.compiled.finditer(text)
