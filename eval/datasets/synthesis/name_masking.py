"""Queries without names: rare Latin words are taken out, with the particles that hung on them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable

from ....index.analysis.analyzer import terms
from ....index.domain.papers import Language

_SHARE, _FEWEST = 0.01, 3  # of papers; a word in fewer than this is rare
_LETTERS = "A-Za-zÀ-ɏ"
_WORD = re.compile(rf"[{_LETTERS}0-9]+(?:[-._+‑–][{_LETTERS}0-9]+)*[+#]*")
_LATIN = re.compile(rf"[{_LETTERS}]")
_MARK = "\ue000"  # where a name stood; a private character
_PARTICLES = (
    r"(?:은|는|이|가|을|를|의|와|과|로|으로|에|에서|에게|에게서|한테|께|도|만|보다|부터|까지|처럼|만큼|마다|조차|뿐"
    r"|으로서|로서|으로써|로써|으로부터|로부터|이나|나|이며|며|이고|고|이란|란|이라는|라는|이라고|라고|이라|라|인|이자|자"
    r"|용|별|등|들|식|류|형|입니다|이다|였다|이었다|였습니다|이었습니다|이므로|이지만|인데)"
    r"(?:은|는|이|가|을|를|의|와|과|도|만|에서|에|에게|로|으로|인)?"
)
_BOUND = (
    r"(?:위[한해]|위하여|통[한해]|통하여|대[한해]|대하여|관[한해]|비해|따[른라]|의[한해]|인[한해]|같은|같이|함께|달리)"
)
_JOINT = r"\s*(?:[,;、·/&+~→-]|및|와|과|또는|or\b|and\b)?\s*"
_QUOTED = re.compile(rf"[\"'“‘「『<]\s*({_MARK}(?:{_JOINT}{_MARK})*)\s*[\"'”’」』>]")
_BRACKET = re.compile(rf"\s*[(\[]\s*{_MARK}(?:{_JOINT}{_MARK})*\s*(?:{_PARTICLES})?\s*[)\]](?P<next>[가-힣]?)")
_ROW = re.compile(rf"{_MARK}(?:{_JOINT}{_MARK})+")
_BEFORE = r"(?:\s+(?:및|and|or)\s+)?"
_AFTER = rf"['’](?:s\b|(?!\w))|{_PARTICLES}(?:\s+{_BOUND})?(?![가-힣])|\s+및(?![가-힣])"
_ORPHAN = re.compile(rf"{_BEFORE}{_MARK}(?:{_AFTER})?")
_TIDY = (
    (re.compile(r"(?<=[(\[])\s*[,;、·/]\s*|(?<=[(\[])\s+|\s+(?=[)\],;:?!]|\.(?!\w))"), ""),
    (re.compile(r"[(\[]\s*[)\]]"), " "),
    (re.compile(r"\s*[,、](?=\s*[,、.?!])|\s*[,、](?=\s*등(?:의|을|를|에|과|에서)?(?!\w))"), ""),
    (re.compile(r"\s+"), " "),
    (re.compile(r"^[\s,;:.、·/&+~)\]’”-]+|^(?:등|및)(?:의|을|를|에서)?\s+|[\s,;:、·/&+~(\[-]+$"), ""),
)


def latin_words(text: str) -> list[str]:
    """The Latin words and identifiers of a text, as they are written; numbers alone are none."""
    return [word for word in _WORD.findall(text) if _LATIN.search(word)]


class Rarity:
    """How common Latin words are among the papers of an index.

    Args:
        papers: all that is said of each paper.
    """

    def __init__(self, papers: Iterable[str]) -> None:
        self._papers: Counter[str] = Counter()
        small: set[str] = set()
        count = 0
        for text in papers:
            words = set(latin_words(text))
            self._papers.update({word.lower() for word in words})
            small |= {word for word in words if word.islower()}
            count += 1
        self._stems = set(terms(" ".join(sorted(small))))  # of what somebody writes without capitals
        self.threshold = max(_FEWEST, _SHARE * count)

    def rare(self, word: str) -> bool:
        """Whether fewer than three papers, or than one in a hundred, hold a word."""
        return self._papers[word.lower()] < self.threshold

    def names(self, text: str, lang: Language) -> set[str]:
        """The rare words of a text that are names: in Korean any, in English those that are not written as words are.

        An English word has letters only and no capital but its first, and that one only where the word, in any of its
        forms, is written small elsewhere; hyphens join words.
        """
        rare = {word for word in latin_words(text) if self.rare(word)}
        return rare if lang == "ko" else {word for word in rare if not all(map(self._is_word, word.split("-")))}

    def _is_word(self, part: str) -> bool:
        if not part.isalpha() or not (part.islower() or part.istitle()):
            return False
        return part.islower() or self._stems.issuperset(terms(part))


def without_names(text: str, names: Collection[str]) -> str:
    """A text without some words, and without the particles, brackets and commas that only they held together.

    A text that holds none of them is returned as it is; empty where nothing but them was said.
    """
    found = False

    def mark(match: re.Match[str]) -> str:
        nonlocal found
        found = found or match[0] in names
        return _MARK if match[0] in names else match[0]

    marked = _WORD.sub(mark, text.replace(_MARK, " "))
    if not found:
        return text
    marked = _QUOTED.sub(r"\1", marked)
    marked = _BRACKET.sub(lambda match: match["next"] or " ", marked)
    marked = _ORPHAN.sub(" ", _ROW.sub(_MARK, marked))
    for pattern, instead in _TIDY:
        marked = pattern.sub(instead, marked)
    return marked if any(map(str.isalpha, marked)) else ""
