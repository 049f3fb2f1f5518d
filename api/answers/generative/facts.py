"""What of a sentence can be looked up word by word: its names and its figures, and whether quotations hold them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ....index.korean import has_hangul
from ....ingest.trust.agreement import agrees, apart
from ....ingest.trust.names import key, names, words
from ....ingest.trust.numerals import numerals
from ....ingest.trust.quantities import Quantity, quantities

_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
# A capitalised word inside an English sentence names somebody or something: Google, Korean, March.
_PROPER = re.compile(r"(?<=[a-z0-9,;:)] )[A-Z][a-z]{2,}\b")
_PLAIN_WORD = re.compile(r"[a-z]{3,}")
_DENIES = re.compile(
    r"않|없|못하|못한|못했|아니|아닌|불가능|\bnot\b|n[o'’]t\b|\bno\b|\bnever\b|\bwithout\b|\bcannot\b|\bneither\b"
    r"|\bnor\b|\bnone\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What a sentence states that can be looked up.

    Attributes:
        names: its names, as written.
        figures: its quantities, with their units and what they count.
        digits: numbers that are no quantity, as written: years, versions, places in an order.
    """

    names: frozenset[str]
    figures: tuple[Quantity, ...]
    digits: frozenset[str]

    @classmethod
    def of(cls, sentence: str) -> Facts:
        """The facts of one sentence, without markers of citations."""
        named = names(sentence)
        proper = () if has_hangul(sentence) else _PROPER.findall(sentence)
        figures = tuple(quantities(sentence))
        spans = [(one.start, one.end) for one in (*named, *figures)]
        loose = (
            match[0]
            for match in _DIGITS.finditer(sentence)
            if not any(start <= match.start() < end for start, end in spans)
        )
        written = (sentence[one.start : one.end] for one in named)
        return cls(frozenset(written) | frozenset(proper), figures, frozenset(loose))

    def __bool__(self) -> bool:
        return bool(self.names or self.figures or self.digits)

    def without(self, text: str, *, title: bool = False) -> Facts:
        """Those that a text does not hold; a paper's title vouches for names, not for figures.

        A name is found in any Latin word of the text, a figure where value and unit agree and it counts no other thing.
        """
        known = words(text)
        left = frozenset(name for name in self.names if not _is_known(name, known))
        if title:
            return Facts(left, self.figures, self.digits)
        stated = quantities(text)
        figures = tuple(one for one in self.figures if not any(_same(one, other) for other in stated))
        return Facts(left, figures, frozenset(one for one in self.digits if not _holds(text, one)))


def _is_known(name: str, known: frozenset[str]) -> bool:
    """Whether a name is among a text's words, in the singular or plural; of "RWKV-variant" only RWKV is a name."""
    own = "-".join(part for part in name.split("-") if not _PLAIN_WORD.fullmatch(part))
    spellings = {key(name), key(name).removesuffix("s"), key(own), key(own).removesuffix("s")}
    return bool(spellings & known) or (own != name and not names(own))


def _same(claim: Quantity, stated: Quantity) -> bool:
    return agrees(claim, stated) and not apart(claim, stated)


def _holds(text: str, digits: str) -> bool:
    """Whether a number stands in a text, as written or in words."""
    if digits in set(_DIGITS.findall(text)):
        return True
    return any(one.value == float(digits.replace(",", "")) for one in numerals(text)) if _plain(digits) else False


def _plain(digits: str) -> bool:
    return bool(re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?", digits))


def denies(sentence: str) -> bool:
    """Whether a sentence says that something is not so, or goes without something."""
    return bool(_DENIES.search(sentence))
