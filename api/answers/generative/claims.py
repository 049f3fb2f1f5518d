"""Claims: split a generated sentence into parts of plain text, each with the numbers of the passages that it cites."""

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
_BULLET = re.compile(r"^\s*(?:(?:[-*•#>]+|\d{1,2}[.)])\s+)*")
_DECORATION = re.compile(r"\*{1,3}|_{2,3}|`+|~~")
_MIN_CHARACTERS = 10  # of a claim; shorter text belongs to the claim before it
_MIN_LETTERS = 3
_ACCORDING_TO = re.compile(r"^(?:에 따르면|에 의하면|에서는|에서)[,\s]*|^:\s*")
# A particle that agreed with the removed marker, and does not agree with the word in front of it now.
_AGREEMENT = {"논문는": "논문은", "논문가": "논문이", "논문를": "논문을"}
_DISAGREEMENT = re.compile("|".join(_AGREEMENT))
_PARTICLE = re.compile(r"(?:은|는|이|가|의|을|를|도)\s")
_INVISIBLE = frozenset({"Cc", "Cf", "Co", "Cs", "Cn"})  # Unicode categories


@dataclass(frozen=True, slots=True)
class CitedClaim:
    """A part of a sentence with the citation markers that follow it.

    Attributes:
        text: the words without markers.
        passages: numbers of the existing passages that the markers name; empty if there are none.
    """

    text: str
    passages: tuple[int, ...]


def to_plain_text(sentence: str) -> str:
    """Return a sentence on one line without markup, links and invisible characters; citation markers stay."""
    visible = "".join(
        " " if letter.isspace() else letter
        for letter in sentence
        if letter.isspace() or unicodedata.category(letter) not in _INVISIBLE
    )
    plain = _DECORATION.sub("", _LINK.sub(r"\1", _TAG.sub(" ", visible)))
    return " ".join(_BULLET.sub("", plain).split())


def has_words(sentence: str) -> bool:
    """Return whether a text has enough letters outside its markers to be a sentence."""
    return sum(letter.isalpha() for letter in _MARKER.sub("", sentence)) >= _MIN_LETTERS


def split_claims(sentence: str, passage_numbers: dict[str, int]) -> tuple[CitedClaim, ...]:
    """Split a sentence into claims, each of which ends with the markers behind it.

    Args:
        sentence: plain text, as `to_plain_text` returns it.
        passage_numbers: number of each passage, by that number as text ("1") and by its paper's id.
    """
    parts: list[tuple[str, tuple[int, ...]]] = []
    text, cited, end = "", (), 0
    for marker in _MARKER.finditer(sentence):
        text += sentence[end : marker.start()]
        cited = (*cited, *_cited_passages(marker["ids"], passage_numbers))
        end = marker.end()
        if len(text.strip()) >= _MIN_CHARACTERS:
            parts.append((text, cited))
        elif parts:
            parts[-1] = parts[-1][0] + text, (*parts[-1][1], *cited)
        else:
            continue  # a marker at the beginning belongs to the text behind it
        text, cited = "", ()
    text += sentence[end:]
    if not parts:
        parts.append((_with_subject(text) if cited or end else text, cited))
    elif len(text.strip()) >= _MIN_CHARACTERS:
        parts.append((text, ()))
    else:
        parts[-1] = parts[-1][0] + text, parts[-1][1]
    return tuple(CitedClaim(" ".join(text.split()), tuple(dict.fromkeys(cited))) for text, cited in parts)


def _with_subject(text: str) -> str:
    """Replace a marker that was the subject of a sentence ("[1] proposes", "[1]은"), and drop "[1]에 따르면"."""
    rest = _with_agreement(_ACCORDING_TO.sub("", text.strip()))
    if _PARTICLE.match(rest):
        return _with_agreement(f"이 논문{rest}")
    return f"The paper {rest}" if rest[:1].islower() and rest[:1].isascii() else rest


def _with_agreement(text: str) -> str:
    return _DISAGREEMENT.sub(lambda match: _AGREEMENT[match[0]], text)


def _cited_passages(ids: str, passage_numbers: dict[str, int]) -> tuple[int, ...]:
    keys = [match.paper_id for match in find_arxiv_ids(ids)] or re.findall(r"\d+", ids)
    return tuple(passage_numbers[key] for key in keys if key in passage_numbers)
