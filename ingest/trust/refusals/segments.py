"""Normalization of sentences for the rules: without Markdown and without quotations."""

from __future__ import annotations

from ....index.analysis.sentences import QUOTATION

_MARKUP = " \t\r\f\v>#*_-•·`|※⚠️[](){}"


def strip_markup(sentence: str) -> str:
    """Return a sentence without Markdown at its start and without bold marks."""
    return sentence.replace("**", "").lstrip(_MARKUP)


def remove_quotations(sentence: str) -> str:
    """Return a sentence without its quotations, which the author does not assert; unless all of it is quoted."""
    remainder = QUOTATION.sub(" … ", sentence)
    return remainder if any(letter.isalnum() for letter in remainder) else sentence
