"""Facts: the names and figures of a sentence, which can be looked up in the text of its quotations."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from ....index.analysis.korean import Morpheme, korean_analyzer
from ....index.analysis.language import has_hangul
from ....index.facts.agreement import agrees, count_different_things
from ....index.facts.entities import entity_key, entity_keys, find_entities, word_keys
from ....index.facts.numerals import find_numerals
from ....index.facts.quantities import Quantity, find_quantities

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_PLAIN_NUMBER = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?")
# A capitalized word inside an English sentence is a proper name: Google, Korean, March.
_PROPER_NAME = re.compile(r"(?<=[a-z0-9,;:)] )[A-Z][a-z]{2,}\b")
_CLAUSE_BOUNDARY = re.compile(
    r"(?<!\d),|,(?!\d)|[;()、，]|\band\b|\bwhile\b|(?<=[가-힣])(?:고|며|지만),?\s|및|\s(?:와|과)\s"
)
_LOWERCASE_WORD = re.compile(r"[a-z]{3,}")
_AGENT_TAGS = frozenset({"JKS", "JX", "JKG"})  # the particles 이/가, 은/는, 의
_NEGATION = re.compile(
    r"않|없|못하|못한|못했|아니|아닌|불가능|\bnot\b|n[o'’]t\b|\bno\b|\bnever\b|\bwithout\b|\bcannot\b|\bneither\b"
    r"|\bnor\b|\bnone\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A quantity with the names in its clause.

    Attributes:
        quantity: value, unit and what is counted.
        names: normalized spellings of the names.
    """

    quantity: Quantity
    names: frozenset[str]

    def matches(self, other: Figure, paper_names: frozenset[str]) -> bool:
        """Return whether another figure has the same value of the same thing, and shares a name if both have any.

        Args:
            other: a figure of the text.
            paper_names: names of the paper itself, which distinguish none of its figures.
        """
        own_names = self.names - paper_names
        return (
            agrees(self.quantity, other.quantity)
            and not count_different_things(self.quantity, other.quantity)
            and (not own_names or not other.names or bool(own_names & other.names))
        )


@dataclass(frozen=True, slots=True)
class Facts:
    """What a sentence states that can be looked up; false if there is nothing.

    Attributes:
        names: names as written.
        figures: quantities with the names in their clauses.
        numbers: numbers as written that are no quantities: years, versions, ordinals.
    """

    names: frozenset[str]
    figures: tuple[Figure, ...]
    numbers: frozenset[str]

    @classmethod
    def of(cls, sentence: str) -> Facts:
        """Return the facts of one sentence without citation markers."""
        entities, stated = find_entities(sentence), find_quantities(sentence)
        spans = [(match.start, match.end) for match in (*entities, *stated)]
        numbers = (
            match[0]
            for match in _NUMBER.finditer(sentence)
            if not any(start <= match.start() < end for start, end in spans)
        )
        written = (sentence[entity.start : entity.end] for entity in entities)
        proper = _korean_agents(sentence) if has_hangul(sentence) else _PROPER_NAME.findall(sentence)
        figures = tuple(Figure(quantity, _clause_names(sentence, quantity)) for quantity in stated)
        return cls(frozenset(written) | frozenset(proper), figures, frozenset(numbers))

    def __bool__(self) -> bool:
        return bool(self.names or self.figures or self.numbers)

    def missing_from(self, text: str, title: str = "") -> Facts:
        """Return the facts that a paper's text does not state.

        A name in Latin letters is stated by any equal word of text or title, one in Hangul by any occurrence there. A
        figure is stated if value and unit agree, it counts the same thing, and its clause has no other name: 14.3% on
        one benchmark is not 14.3% on another.

        Args:
            text: sentences of the paper.
            title: title of the paper.
        """
        with_title = f"{text}\n{title}"
        known, paper_names = word_keys(with_title), word_keys(title)
        stated = [
            Figure(quantity, _clause_names(text, quantity) - paper_names or entity_keys(text) - paper_names)
            for quantity in find_quantities(text)
        ]
        return Facts(
            frozenset(
                name for name in self.names if not (_is_known(name, known) or (has_hangul(name) and name in with_title))
            ),
            tuple(figure for figure in self.figures if not any(figure.matches(other, paper_names) for other in stated)),
            frozenset(number for number in self.numbers if not _states_number(text, number)),
        )


def is_negated(sentence: str) -> bool:
    """Return whether a sentence contains a negation."""
    return bool(_NEGATION.search(sentence))


def _korean_agents(sentence: str) -> list[str]:
    """Return the Hangul names of agents, subjects and owners: "구글이 만든", "서울대학교에서", "네이버의".

    Other names in Hangul are mostly terms of the field, which an English quotation has in Latin letters. Of 3,278
    sentences of 90 real papers, 32 contain such an agent; for 30 of these, the paper's other Korean texts contain it.
    """
    return [
        token.form
        for token, following in pairwise(korean_analyzer().tokens(sentence))
        if token.tag == "NNP" and len(token.form) > 1 and _marks_agent(sentence, following)
    ]


def _marks_agent(sentence: str, token: Morpheme) -> bool:
    return token.tag in _AGENT_TAGS or sentence.startswith(("에서", "에 의해"), token.start)


def _clause_names(text: str, quantity: Quantity) -> frozenset[str]:
    """Return normalized spellings of the names in a quantity's clause."""
    left = _CLAUSE_BOUNDARY.split(text[: quantity.start])[-1]
    right = _CLAUSE_BOUNDARY.split(text[quantity.end :])[0]
    return entity_keys(left) | entity_keys(right)


def _is_known(name: str, known: frozenset[str]) -> bool:
    """Return whether a text's words include a name, in singular or plural; of "RWKV-variant" only RWKV is a name."""
    proper = "-".join(part for part in name.split("-") if not _LOWERCASE_WORD.fullmatch(part))
    spellings = {
        entity_key(name),
        entity_key(name).removesuffix("s"),
        entity_key(proper),
        entity_key(proper).removesuffix("s"),
    }
    return bool(spellings & known) or (proper != name and not find_entities(proper))


def _states_number(text: str, number: str) -> bool:
    """Return whether a text contains a number as written, or as a numeral in words."""
    if number in _NUMBER.findall(text):
        return True
    if not _PLAIN_NUMBER.fullmatch(number):
        return False
    value = float(number.replace(",", ""))
    return any(numeral.value == value for numeral in find_numerals(text))
