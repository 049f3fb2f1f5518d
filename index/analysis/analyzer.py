"""Tokenizer: text to index terms. Korean morphemes, stemmed Latin words, identifiers whole and in parts."""

from __future__ import annotations

import unicodedata

from .korean import korean_terms
from .language import has_hangul
from .latin import latin_terms

TERMS_VERSION = "3"
"""Changes whenever the same text may give other terms; the lexical index is then rebuilt."""


def terms(text: str) -> list[str]:
    """Return the index terms of a text with repetitions: Latin words, then Korean morphemes, then Korean compounds.

    Each of the three groups keeps the order of the text. A compound is two adjacent nouns written as one word, whether
    or not the text separates them: 이상 탐지 and 이상탐지 both give 이상, 탐지, 이상탐지.

    Compatibility forms (full-width letters, decomposed Hangul) are normalized first (NFKC). No term contains white
    space or a quotation mark.
    """
    # Lone surrogates and NUL belong to no word, and Kiwi does not accept them.
    normalized = unicodedata.normalize("NFKC", text.encode("utf-8", "replace").decode()).replace("\0", " ")
    index_terms = latin_terms(normalized)
    if has_hangul(normalized):
        index_terms += korean_terms(normalized)
    return [term.replace('"', "") for term in index_terms if term and not term.isspace()]
