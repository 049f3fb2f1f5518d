"""Every expression of every date rule, and every name of a section, is recognized.

The texts with dates are generated from the rules' own regular expressions.
"""

from __future__ import annotations

import itertools
import random
import re
import re._constants as op  # pyright: ignore[reportMissingImports]
import re._parser as sre  # pyright: ignore[reportMissingImports]
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any

import pytest

from nonmun.index.analysis.lazy_patterns import LazyPattern
from nonmun.index.domain.papers import SectionName
from nonmun.index.query.dates.parser import LANGUAGES, find_window
from nonmun.index.query.sections import detect_section, section_terms

DATES = [pattern for language in LANGUAGES for pattern, _ in language.rules.rows]
TODAY = date(2025, 5, 21)

NO_SECTION = {"방법", "점", "점수"}
"""Index terms of names that ask for no section by themselves: 방법 and 점수 are everyday words, 점 is in two names."""
NO_DAY = {"여섯", "sixth", "시간", "hour"}
"""Alternatives that are read as no day in some rules: no month has a sixth week, hours ago are not days ago."""
TRIES = 4_000
LETTERS = "ab 35가나"

Node = Any  # a node of a parsed expression: (operator, operands)


def parsed(pattern: LazyPattern) -> tuple[Any, frozenset[int]]:
    """Parse an expression; return its tree and the numbers of the groups that are its keys."""
    count = itertools.count()
    named = re.sub("⟦", lambda _: f"(?P<key{next(count)}>", pattern.marked).replace("⟧", ")")
    tree = sre.parse(named, re.IGNORECASE)
    return tree, frozenset(number for name, number in tree.state.groupdict.items() if name.startswith("key"))


def passes_key(nodes: Iterable[Node], keys: frozenset[int]) -> bool:
    """Return whether every match of a sequence of nodes passes one of the groups `keys`."""

    def passes(node: Node) -> bool:
        kind, value = node
        if kind is op.SUBPATTERN:
            return value[0] in keys or passes_key(value[3], keys)
        if kind is op.BRANCH:
            return all(passes_key(branch, keys) for branch in value[1])
        if kind in (op.MAX_REPEAT, op.MIN_REPEAT):
            return value[0] > 0 and passes_key(value[2], keys)
        return kind is op.ASSERT and passes_key(value[1], keys)

    return any(map(passes, nodes))


class Generator:
    """Generates texts until each alternative of an expression, outside of lookarounds, is in an accepted text.

    Attributes:
        untried: alternatives that are in no accepted text so far, by branching and number.
    """

    def __init__(self, tree: Any) -> None:
        self._tree = tree
        self._random = random.Random(14)
        self._text = ""
        self._ahead: list[Iterable[Node]] = []
        self._groups: dict[int, str] = {}
        self._taken: set[tuple[int, int]] = set()
        self._within: dict[tuple[int, int], set[tuple[int, int]]] = {}
        self.untried: dict[tuple[int, int], str] = {}
        self.untried = dict(self._alternatives(tree))

    def run(self, accepts: Callable[[str], bool]) -> list[str]:
        """Return accepted texts, each with an alternative that is in no earlier one."""
        texts: list[str] = []
        for _ in range(TRIES):
            if texts and not self.untried:
                break
            self._groups, self._taken = {}, set()
            text = self._generate(self._tree)
            text = text.title() if self._random.random() < 0.2 else text
            if (not texts or not self._taken.isdisjoint(self.untried)) and accepts(text):
                self.untried = {at: words for at, words in self.untried.items() if at not in self._taken}
                texts.append(text)
        return texts

    def _alternatives(self, nodes: Iterable[Node]) -> Iterator[tuple[tuple[int, int], str]]:
        for kind, value in nodes:
            if kind is op.BRANCH:
                for number, branch in enumerate(value[1]):
                    nested = dict(self._alternatives(branch))
                    self._within[id(value), number] = set(nested)
                    yield (id(value), number), self._generate(branch)
                    yield from nested.items()
            elif kind is op.IN and value[0][0] is not op.NEGATE and len(value) > 1:
                yield from (((id(value), number), self._member(member)) for number, member in enumerate(value))
            elif kind is op.SUBPATTERN:
                yield from self._alternatives(value[3])
            elif kind in (op.MAX_REPEAT, op.MIN_REPEAT):
                yield from self._alternatives(value[2])

    def _generate(self, nodes: Iterable[Node]) -> str:
        self._text, self._ahead = "", []
        self._append(nodes)
        for ahead in self._ahead[:3]:
            self._text += " "
            self._append(ahead)
        return self._text

    def _append(self, nodes: Iterable[Node]) -> None:
        for kind, value in nodes:
            if kind is op.LITERAL:
                self._text += chr(value)
            elif kind is op.IN and value[0][0] is not op.NEGATE:
                self._text += self._member(value[self._choice(id(value), len(value))])
            elif kind in (op.ANY, op.NOT_LITERAL, op.IN):
                self._text += self._random.choice(LETTERS)
            elif kind is op.BRANCH:
                self._append(value[1][self._choice(id(value), len(value[1]))])
            elif kind is op.SUBPATTERN:
                start = len(self._text)
                self._append(value[3])
                self._groups[value[0]] = self._text[start:]
            elif kind in (op.MAX_REPEAT, op.MIN_REPEAT):
                for _ in range(self._random.randint(value[0], min(int(value[1]), value[0] + 2))):
                    self._append(value[2])
            elif kind is op.GROUPREF:
                self._text += self._groups[value]
            elif kind is op.ASSERT and value[0] < 0 and not self._text:
                self._append(value[1])
            elif kind is op.ASSERT and value[0] > 0:
                # The text of a lookahead is inserted here or at the end, or is part of the following nodes anyway.
                place = self._random.choice(("here", "at the end", "anywhere"))
                if place == "here":
                    self._append(value[1])
                elif place == "at the end":
                    self._ahead.append(value[1])

    def _choice(self, branching: int, count: int) -> int:
        """Choose an alternative; half of the time one that is untried or contains untried ones."""
        places = [(branching, number) for number in range(count)]
        untried = [
            at for at in places if at in self.untried or not self._within.get(at, set()).isdisjoint(self.untried)
        ]
        _, number = self._random.choice(untried if untried and self._random.random() < 0.5 else places)
        self._taken.add((branching, number))
        return number

    def _member(self, member: Node) -> str:
        kind, value = member
        if kind is op.RANGE:
            return chr(self._random.randint(*value))
        if kind is op.CATEGORY:
            return " " if value is op.CATEGORY_SPACE else self._random.choice("0123456789")
        return chr(value)


@pytest.mark.parametrize("pattern", DATES)
def test_every_match_of_a_rule_contains_a_key(pattern: LazyPattern) -> None:
    assert passes_key(*parsed(pattern))


def test_an_optional_group_is_no_key() -> None:
    assert passes_key(*parsed(LazyPattern(r"(?:a⟦b⟧|(?=⟦c⟧)d)+")))
    assert not passes_key(*parsed(LazyPattern(r"(?:a⟦b⟧)?c")))
    assert not passes_key(*parsed(LazyPattern(r"a⟦b⟧|c")))
    assert not passes_key(*parsed(LazyPattern(r"a(?!⟦b⟧)")))


@pytest.mark.parametrize("pattern", DATES)
def test_every_alternative_of_a_date_rule_gives_a_window(pattern: LazyPattern) -> None:
    def accepts(text: str) -> bool:
        window = find_window(text, TODAY) if (match := pattern.compiled.search(text)) else None
        return bool(match and window and window.span[0] < match.end() and match.start() < window.span[1])

    generator = Generator(parsed(pattern)[0])
    assert generator.run(accepts)
    assert set(generator.untried.values()) - NO_DAY == set()


@pytest.mark.parametrize("section", section_terms())
def test_every_name_of_a_section_gives_the_section(section: SectionName) -> None:
    found = {term: detect_section([term], others=0) for term in section_terms()[section]}
    assert {term for term, detected in found.items() if detected != section} <= NO_SECTION
    assert len(found) > len(NO_SECTION)
