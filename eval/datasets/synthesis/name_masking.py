"""Removal of names from queries: rare Latin words with the Korean particles attached to them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Set
from dataclasses import dataclass

from ....index.analysis.analyzer import terms
from ....index.domain.papers import Language

_MIN_SHARE, _MIN_PAPERS = 0.01, 3  # a word in fewer papers than either is rare
_LETTERS = "A-Za-zÀ-ɏ"
_WORD = re.compile(rf"[{_LETTERS}0-9]+(?:[-._+‑–][{_LETTERS}0-9]+)*[+#]*")
_LATIN = re.compile(rf"[{_LETTERS}]")
_MARK = "\ue000"  # placeholder of a removed name; a private-use character
_PARTICLES = (
    r"(?:은|는|이|가|을|를|의|와|과|로|으로|에|에서|에게|에게서|한테|께|도|만|보다|부터|까지|처럼|만큼|마다|조차|뿐"
    r"|으로서|로서|으로써|로써|으로부터|로부터|이나|나|이며|며|이고|고|이란|란|이라는|라는|이라고|라고|이라|라|인|이자|자"
    r"|용|별|등|들|식|류|형|입니다|이다|였다|이었다|였습니다|이었습니다|이므로|이지만|인데)"
    r"(?:은|는|이|가|을|를|의|와|과|도|만|에서|에|에게|로|으로|인)?"
)
_POSTPOSITION = (
    r"(?:위[한해]|위하여|통[한해]|통하여|대[한해]|대하여|관[한해]|비해|따[른라]|의[한해]|인[한해]|같은|같이|함께|달리)"
)
_SEPARATOR = r"\s*(?:[,;、·/&+~→-]|및|와|과|또는|or\b|and\b)?\s*"
_QUOTED = re.compile(rf"[\"'“‘「『<]\s*({_MARK}(?:{_SEPARATOR}{_MARK})*)\s*[\"'”’」』>]")
_BRACKETED = re.compile(rf"\s*[(\[]\s*{_MARK}(?:{_SEPARATOR}{_MARK})*\s*(?:{_PARTICLES})?\s*[)\]](?P<next>[가-힣]?)")
_MARK_SEQUENCE = re.compile(rf"{_MARK}(?:{_SEPARATOR}{_MARK})+")
_LEFT_CONTEXT = r"(?:\s+(?:및|and|or)\s+)?"
_RIGHT_CONTEXT = rf"['’](?:s\b|(?!\w))|{_PARTICLES}(?:\s+{_POSTPOSITION})?(?![가-힣])|\s+및(?![가-힣])"
_MARK_WITH_PARTICLE = re.compile(rf"{_LEFT_CONTEXT}{_MARK}(?:{_RIGHT_CONTEXT})?")
_CLEANUP = (
    (re.compile(r"(?<=[(\[])\s*[,;、·/]\s*|(?<=[(\[])\s+|\s+(?=[)\],;:?!]|\.(?!\w))"), ""),
    (re.compile(r"[(\[]\s*[)\]]"), " "),
    (re.compile(r"\s*[,、](?=\s*[,、.?!])|\s*[,、](?=\s*등(?:의|을|를|에|과|에서)?(?!\w))"), ""),
    (re.compile(r"\s+"), " "),
    (re.compile(r"^[\s,;:.、·/&+~)\]’”-]+|^(?:등|및)(?:의|을|를|에서)?\s+|[\s,;:、·/&+~(\[-]+$"), ""),
)


def latin_words(text: str) -> list[str]:
    """Return the Latin words and identifiers of a text as they are written; numbers are not words."""
    return [word for word in _WORD.findall(text) if _LATIN.search(word)]


@dataclass(frozen=True, slots=True)
class NameDetector:
    """Detects names: Latin words that few papers of a corpus contain.

    Attributes:
        paper_counts: number of papers by lower-case word.
        threshold: a word in fewer papers is rare.
        lowercase_stems: stems of the words that are written without capitals somewhere in the corpus.
    """

    paper_counts: Mapping[str, int]
    threshold: float
    lowercase_stems: Set[str]

    @classmethod
    def fit(cls, papers: Iterable[str]) -> NameDetector:
        """Count the words of a corpus.

        Args:
            papers: the whole text of each paper.
        """
        counts: Counter[str] = Counter()
        lowercase: set[str] = set()
        total = 0
        for text in papers:
            words = set(latin_words(text))
            counts.update({word.lower() for word in words})
            lowercase |= {word for word in words if word.islower()}
            total += 1
        return cls(counts, max(_MIN_PAPERS, _MIN_SHARE * total), frozenset(terms(" ".join(sorted(lowercase)))))

    def is_rare(self, word: str) -> bool:
        """Return whether fewer than three papers, or than one in a hundred, contain a word."""
        return self.paper_counts.get(word.lower(), 0) < self.threshold

    def names(self, text: str, lang: Language) -> set[str]:
        """Return the rare words of a text that are names.

        In Korean text every rare Latin word is a name. In English text a rare word is a name unless it is spelled like
        a common word: letters only, no capital except the first, and a capitalized word only where one of its forms is
        written in lower case elsewhere in the corpus. Words joined by hyphens are checked one by one.
        """
        rare = {word for word in latin_words(text) if self.is_rare(word)}
        return rare if lang == "ko" else {word for word in rare if not all(map(self._is_common_word, word.split("-")))}

    def _is_common_word(self, part: str) -> bool:
        if not part.isalpha() or not (part.islower() or part.istitle()):
            return False
        return part.islower() or self.lowercase_stems >= set(terms(part))


def remove_names(text: str, names: Collection[str]) -> str:
    """Remove words from a text, together with particles, brackets and commas that belonged to them only.

    Returns:
        The shortened text; the unchanged text if it contains none of the words; an empty string if no letters are left.
    """
    removed = False

    def replace_name(match: re.Match[str]) -> str:
        nonlocal removed
        removed = removed or match[0] in names
        return _MARK if match[0] in names else match[0]

    marked = _WORD.sub(replace_name, text.replace(_MARK, " "))
    if not removed:
        return text
    marked = _QUOTED.sub(r"\1", marked)
    marked = _BRACKETED.sub(lambda match: match["next"] or " ", marked)
    marked = _MARK_WITH_PARTICLE.sub(" ", _MARK_SEQUENCE.sub(_MARK, marked))
    for pattern, replacement in _CLEANUP:
        marked = pattern.sub(replacement, marked)
    return marked if any(map(str.isalpha, marked)) else ""
