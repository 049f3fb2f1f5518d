"""Long regular expressions that few texts need: compiled with the first text that holds what they match."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property


class LazyPattern:
    """A regular expression, case ignored. To compile all that read questions takes a sixth of a second.

    Args:
        pattern: the expression.
        needs: a short one, which every text holds that `pattern` matches in.
    """

    def __init__(self, pattern: str, needs: str) -> None:
        self._pattern, self._needs = pattern, re.compile(needs, re.IGNORECASE)

    @cached_property
    def compiled(self) -> re.Pattern[str]:
        """The expression."""
        return re.compile(self._pattern, re.IGNORECASE)

    def found(self, text: str) -> Iterator[re.Match[str]]:
        """Its matches in a text."""
        if self._needs.search(text):
            yield from self.compiled.finditer(text)
