"""Selection of sentences that can be used as queries: markup stripped, self-contained and specific."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from ....index.analysis.language import language
from ....index.analysis.sentences import sentences
from ....index.domain.papers import Language
from ....ingest.trust.refusals.content_words import count_content_words
from ....ingest.trust.refusals.empty_sentences import is_apology, is_uninformative

MIN_CHARS, MAX_CHARS = 20, 200
"""Length of a sentence that is used as a query."""

_MIN_SPECIFIC_WORDS = {"ko": 4, "en": 6}  # with fewer, a sentence could be about any paper
_LINK = re.compile(r"!?\[([^\[\]\n]{0,200})\]\([^()\n]{0,300}\)")
_MARKDOWN = re.compile(r"\*+|`+|~~+|(?<!\w)_+|_+(?!\w)|^[\s>#|•·▪-]+")
_TEX = re.compile(r"\\(?=[%&#$_])|\{?\\(?:em|emph|textit|textbf|texttt|it|bf)\b\s*\{?([^{}\n]{0,200})\}")
_LABEL = re.compile(r"^(?:\d{1,2}[.)]\s*)?[^.:：?!\"“'‘]{1,30}[:：]\s+(?=\S)")
_URL = re.compile(r"https?://|www\.|\b(?:github|huggingface)\.(?:com|co|io)\b", re.IGNORECASE)
# Sentences that only introduce a list, or are about the summary itself.
_EMPTY = re.compile(
    r"(?:다음|아래|위)(?:과|와)\s*같|다음은|아래는|요약(?:한|해|하면|합|입|이)|정리(?:한|하면|했|합)|본\s*요약"
)
# Sentences that begin with a reference to the sentence before them.
_ANAPHORIC = re.compile(
    r"(?:It|They|These|Those|That|Such|Its|Their|This(?! (?:paper|work|study|report|survey|article)))\b"
    r"|이(?:는|를|로|에|와|들|런|러한|때|들은|를 통해)\s|이로써|그(?:는|들은|리고|래서)?\s|해당\s|이\s(?!논문|연구)"
)
_ENGLISH_START = re.compile(r"[\"'“‘「『(]?[A-Z0-9가-힣À-ɏ]")
_KOREAN_START = re.compile(r"[\"'“‘「『(]?[A-Za-z0-9가-힣]")
_END = re.compile(r"[.!?][\"'”’)]?$")
_BRACKETS = (("(", ")"), ("[", "]"), ("{", "}"), ("“", "”"), ("‘", "’"))
_NON_ALPHANUMERIC = re.compile(r"[\W_]+")


def fold_text(text: str) -> str:
    """Return the letters and digits of a text, NFKC-normalized and case-folded, without markup.

    A text contains the words of another where its folded form contains the other's.
    """
    bare = _LINK.sub(r"\1", _TEX.sub(r"\1", text))
    return _NON_ALPHANUMERIC.sub("", unicodedata.normalize("NFKC", bare).casefold())


def strip_markup(text: str) -> str:
    """Return a text on one line without Markdown and TeX markup."""
    bare = _MARKDOWN.sub("", _LINK.sub(r"\1", _TEX.sub(r"\1", " ".join(text.split()))))
    return " ".join(bare.split())


def strip_label(sentence: str) -> str:
    """Return a Korean list item without the label before its colon."""
    return _LABEL.sub("", sentence)


def is_usable_query(sentence: str, lang: Language) -> bool:
    """Return whether a sentence without markup can be used as a query: complete, in its language, about its paper."""
    if not MIN_CHARS <= len(sentence) <= MAX_CHARS or language(sentence) != lang or sentence.endswith((":", "：", ",")):
        return False
    if any(sentence.count(left) != sentence.count(right) for left, right in _BRACKETS) or _URL.search(sentence):
        return False
    start = _ENGLISH_START if lang == "en" else _KOREAN_START
    if not start.match(sentence) or (lang == "en" and not _END.search(sentence)):
        return False
    if _ANAPHORIC.match(sentence) or _EMPTY.search(sentence) or is_uninformative(sentence) or is_apology(sentence):
        return False
    return count_content_words(sentence) >= _MIN_SPECIFIC_WORDS[lang]


def query_sentences(text: str, lang: Language) -> Iterator[str]:
    """Yield the sentences of a text in a language that can be used as queries, in order and without markup."""
    for start, end in sentences(text):
        sentence = strip_markup(text[start:end])
        sentence = strip_label(sentence) if lang == "ko" else sentence
        if is_usable_query(sentence, lang):
            yield sentence
