"""Which sentences of a summary or an abstract make a query: decoration off, and something said."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from ....index.analysis.language import language
from ....index.analysis.sentences import sentences
from ....index.domain.papers import Language
from ....ingest.trust.refusals.content_words import specific_words
from ....ingest.trust.refusals.empty_sentences import apologises, says_nothing

SHORTEST, LONGEST = 20, 200
"""Characters of a sentence that is asked."""

_SPECIFIC = {"ko": 4, "en": 6}  # words that name something; fewer could be said of any paper
_LINK = re.compile(r"!?\[([^\[\]\n]{0,200})\]\([^()\n]{0,300}\)")
_MARKS = re.compile(r"\*+|`+|~~+|(?<!\w)_+|_+(?!\w)|^[\s>#|•·▪-]+")
_TEX = re.compile(r"\\(?=[%&#$_])|\{?\\(?:em|emph|textit|textbf|texttt|it|bf)\b\s*\{?([^{}\n]{0,200})\}")
_LABEL = re.compile(r"^(?:\d{1,2}[.)]\s*)?[^.:：?!\"“'‘]{1,30}[:：]\s+(?=\S)")
_ADDRESS = re.compile(r"https?://|www\.|\b(?:github|huggingface)\.(?:com|co|io)\b", re.IGNORECASE)
# What only opens a list, or speaks of the summary itself.
_EMPTY = re.compile(
    r"(?:다음|아래|위)(?:과|와)\s*같|다음은|아래는|요약(?:한|해|하면|합|입|이)|정리(?:한|하면|했|합)|본\s*요약"
)
# What points back at a sentence before it cannot be understood alone.
_REFERS = re.compile(
    r"(?:It|They|These|Those|That|Such|Its|Their|This(?! (?:paper|work|study|report|survey|article)))\b"
    r"|이(?:는|를|로|에|와|들|런|러한|때|들은|를 통해)\s|이로써|그(?:는|들은|리고|래서)?\s|해당\s|이\s(?!논문|연구)"
)
_BEGINS = re.compile(r"[\"'“‘「『(]?[A-Z0-9가-힣À-ɏ]")
_KOREAN_BEGINS = re.compile(r"[\"'“‘「『(]?[A-Za-z0-9가-힣]")
_ENDS = re.compile(r"[.!?][\"'”’)]?$")
_PAIRS = (("(", ")"), ("[", "]"), ("{", "}"), ("“", "”"), ("‘", "’"))
_PRESSED = re.compile(r"[\W_]+")


def pressed(text: str) -> str:
    """A text's letters and digits only, in one case: two texts hold the same words where these hold each other."""
    bare = _LINK.sub(r"\1", _TEX.sub(r"\1", text))
    return _PRESSED.sub("", unicodedata.normalize("NFKC", bare).casefold())


def plain(text: str) -> str:
    """A text on one line without the decoration of Markdown and TeX."""
    bare = _MARKS.sub("", _LINK.sub(r"\1", _TEX.sub(r"\1", " ".join(text.split()))))
    return " ".join(bare.split())


def unlabelled(sentence: str) -> str:
    """A Korean list item without the label before its colon."""
    return _LABEL.sub("", sentence)


def says_something(sentence: str, lang: Language) -> bool:
    """Whether a sentence, without decoration, could be asked: whole, of its language, and about its paper."""
    if not SHORTEST <= len(sentence) <= LONGEST or language(sentence) != lang or sentence.endswith((":", "：", ",")):
        return False
    if any(sentence.count(left) != sentence.count(right) for left, right in _PAIRS) or _ADDRESS.search(sentence):
        return False
    begins = _BEGINS if lang == "en" else _KOREAN_BEGINS
    if not begins.match(sentence) or (lang == "en" and not _ENDS.search(sentence)):
        return False
    if _REFERS.match(sentence) or _EMPTY.search(sentence) or says_nothing(sentence) or apologises(sentence):
        return False
    return specific_words(sentence) >= _SPECIFIC[lang]


def asked_sentences(text: str, lang: Language) -> Iterator[str]:
    """The sentences of a text in a language that could be asked, in order."""
    for start, end in sentences(text):
        sentence = plain(text[start:end])
        sentence = unlabelled(sentence) if lang == "ko" else sentence
        if says_something(sentence, lang):
            yield sentence
