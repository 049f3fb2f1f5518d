"""A sentence that a model wrote, read as claims: plain words, each with the numbers of the passages it rests on."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from ....index.domain.arxiv_ids import find_arxiv_ids

_MARKER = re.compile(
    r"[ \t]*[\[【]\s*\^?(?:(?:passages?|papers?|sources?|documents?|refs?|글|문서|근거|출처|논문|arxiv)\s?[:#]?\s?)?"
    r"(?P<ids>\d[\d.,;v\s]*?)\s*(?:번)?\s*[\]】]",
    re.IGNORECASE,
)
_TAG = re.compile(r"<!--.*?(?:-->|$)|</?[A-Za-z!][^<>]*(?:>|$)", re.DOTALL)
_LINK = re.compile(r"!?\[([^\[\]\n]*)\]\([^()\n]*\)")
_LABEL = re.compile(r"^\s*(?:(?:[-*•#>]+|\d{1,2}[.)])\s+)*")
_DECORATION = re.compile(r"\*{1,3}|_{2,3}|`+|~~")
_SHORTEST = 10  # characters of a claim; what is shorter belongs to the one before it
_LETTERS = 3
_ACCORDING = re.compile(r"^(?:에 따르면|에 의하면|에서는|에서)[,\s]*|^:\s*")
# A particle that fitted the marker and does not fit the word that stands before it now.
_FITTING = {"논문는": "논문은", "논문가": "논문이", "논문를": "논문을"}
_MISFIT = re.compile("|".join(_FITTING))
_PARTICLE = re.compile(r"(?:은|는|이|가|의|을|를|도)\s")


@dataclass(frozen=True, slots=True)
class Claim:
    """One part of a sentence with the markers behind it.

    Attributes:
        text: the words, without markers.
        numbers: passages that it names and that there are; empty where it names none.
    """

    text: str
    numbers: tuple[int, ...]


def plain(sentence: str) -> str:
    """A sentence as text on one line: no markup, no link, no character that cannot be seen; markers stay."""
    seen = "".join(
        " " if letter.isspace() else letter
        for letter in sentence
        if letter.isspace() or unicodedata.category(letter) not in {"Cc", "Cf", "Co", "Cs", "Cn"}
    )
    bare = _DECORATION.sub("", _LINK.sub(r"\1", _TAG.sub(" ", seen)))
    return " ".join(_LABEL.sub("", bare).split())


def says_anything(sentence: str) -> bool:
    """Whether a sentence has letters enough to be one."""
    return sum(letter.isalpha() for letter in _MARKER.sub("", sentence)) >= _LETTERS


def claims(sentence: str, numbers: dict[str, int]) -> tuple[Claim, ...]:
    """The claims of a plain sentence: each goes up to the markers behind it.

    Args:
        sentence: as `plain` gives it.
        numbers: the number of each passage, by itself ("1") and by its paper's id.
    """
    parts: list[tuple[str, tuple[int, ...]]] = []
    words, named, at = "", (), 0
    for match in _MARKER.finditer(sentence):
        words, named = words + sentence[at : match.start()], (*named, *_named(match["ids"], numbers))
        at = match.end()
        if len(words.strip()) >= _SHORTEST:
            parts.append((words, named))
        elif parts:
            parts[-1] = parts[-1][0] + words, (*parts[-1][1], *named)
        else:
            continue  # what stands at the beginning speaks of what follows
        words, named = "", ()
    words += sentence[at:]
    if not parts:
        parts.append((_with_subject(words) if named or at else words, named))
    elif len(words.strip()) >= _SHORTEST:
        parts.append((words, ()))
    else:
        parts[-1] = parts[-1][0] + words, parts[-1][1]
    return tuple(Claim(" ".join(words.split()), tuple(dict.fromkeys(named))) for words, named in parts)


def _with_subject(words: str) -> str:
    """A sentence whose subject was a marker ("[1] proposes", "[1]은") with one of ours, and without "[1]에 따르면"."""
    bare = _MISFIT.sub(lambda found: _FITTING[found[0]], _ACCORDING.sub("", words.strip()))
    if _PARTICLE.match(bare):
        return _MISFIT.sub(lambda found: _FITTING[found[0]], f"이 논문{bare}")
    return f"The paper {bare}" if bare[:1].islower() and bare[:1].isascii() else bare


def _named(ids: str, numbers: dict[str, int]) -> tuple[int, ...]:
    papers = [found.paper_id for found in find_arxiv_ids(ids)]
    words = papers or re.findall(r"\d+", ids)
    return tuple(numbers[word] for word in words if word in numbers)
