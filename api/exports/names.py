"""Names of authors: the parts that bibliographies sort and abbreviate by."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .text import one_line, plain

# Hangul, kana and Han characters: such names begin with the family name, and most are written without a space.
_EAST_ASIAN = re.compile(
    "[\u1100-\u11ff\u3040-\u30ff\u3130-\u318f\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff]"
)
# Footnote marks; RIS does not allow an asterisk in the name of an author.
_MARKS = re.compile(r"[*†‡§¶]")
_TIE = re.compile(r"(?<!\\)~")  # LaTeX's space without a line break
_SUFFIXES = frozenset({"Jr", "Jr.", "Sr", "Sr.", "II", "III", "IV"})
_PARTICLES = frozenset(
    "van von der den de del della dela di da do dos das du la le las los 't ten ter te zu zum zur vom op af av al el "
    "ul bin ibn bint".split()
)
_CONJUNCTIONS = frozenset({"y", "i", "e"})  # between two family names: Agüera y Arcas
_GROUPS = frozenset(
    "team teams group lab labs laboratory collaboration consortium contributors community initiative institute "
    "university research project and &".split()
)


@dataclass(frozen=True, slots=True)
class AuthorName:
    """A name of an author.

    Attributes:
        family: the family name, or the whole name where it has no parts that could be told apart: a name in Hangul or
            Han characters, a single word, or a group.
        given: given names and initials; empty for a whole name.
        particle: what precedes the family name and is not sorted by ("van der").
        suffix: what follows it ("Jr.").
    """

    family: str
    given: str = ""
    particle: str = ""
    suffix: str = ""

    @property
    def is_whole(self) -> bool:
        """Whether the name is not divided."""
        return not self.given

    @property
    def last_first(self) -> str:
        """The name as reference managers take it: "van der Maaten, Laurens", "King, Martin, Jr.".

        A whole name loses its commas ("Gemini Team, Google"), as what follows one would be taken for a given name.
        """
        if self.is_whole:
            return " ".join(self.family.replace(",", " ").split())
        return ", ".join(part for part in (self.full_family, self.given, self.suffix) if part)

    @property
    def full_family(self) -> str:
        """The family name with its particle."""
        return f"{self.particle} {self.family}".strip()


def parse_names(names: Iterable[str]) -> Iterator[AuthorName]:
    """Yield the parsed names of authors; those without a letter or digit are left out."""
    for name in names:
        cleaned = one_line(_MARKS.sub("", _TIE.sub(" ", plain(name)))).strip(" ,;")
        if any(map(str.isalnum, cleaned)):
            yield parse_name(cleaned)


def parse_name(name: str) -> AuthorName:
    """Parse a name, given names first ("Laurens van der Maaten") or last ("van der Maaten, Laurens").

    Particles in lower case belong to the family name, as in BibTeX. Where capitals leave it open ("Luc Van Gool"), the
    family name is the last word.
    """
    sections = [" ".join(section.split()) for section in name.split(",")]
    if _is_undivided(name) or not all(sections):
        return AuthorName(" ".join(name.split()))
    match sections:
        case [words]:
            return _given_first(words.split())
        case [words, suffix] if suffix in _SUFFIXES:
            return _given_first(words.split(), suffix)
        case [family, given]:
            return _family_first(family, given)
        case [family, suffix, given] if suffix in _SUFFIXES:
            return _family_first(family, given, suffix)
        case [family, given, suffix] if suffix in _SUFFIXES:
            return _family_first(family, given, suffix)
        case _:
            return AuthorName(" ".join(name.split()))


def _is_undivided(name: str) -> bool:
    words = name.replace(",", " ").split()
    return bool(
        len(words) < 2
        or _EAST_ASIAN.search(name)
        or "AI" in words  # in capitals: Ai is a family name
        or any(word.casefold() in _GROUPS for word in words)
    )


def _given_first(words: list[str], suffix: str = "") -> AuthorName:
    if not suffix and len(words) > 2 and words[-1] in _SUFFIXES:
        *words, suffix = words
    if len(words) < 2:
        return AuthorName(" ".join([*words, suffix]).strip())
    start = _family_start(words)
    return _family_first(" ".join(words[start:]), " ".join(words[:start]), suffix)


def _family_start(words: list[str]) -> int:
    """Return the position of the first word of the family name, or of its particle."""
    for at in range(1, len(words) - 1):
        if words[at] in _PARTICLES:
            start = at
            while start > 1 and words[start - 1].casefold() in _PARTICLES:  # De la Torre
                start -= 1
            return start
        if at > 1 and words[at] in _CONJUNCTIONS:
            return at - 1
    return len(words) - 1


def _family_first(family: str, given: str, suffix: str = "") -> AuthorName:
    words = family.split()
    end = 0
    while end < len(words) - 1 and words[end].casefold() in _PARTICLES:
        end += 1
    if not any(word in _PARTICLES for word in words[:end]):  # Le Cun, Di Stefano: part of the name itself
        end = 0
    return AuthorName(" ".join(words[end:]), given, " ".join(words[:end]), suffix)
