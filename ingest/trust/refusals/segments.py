"""Sentences as rules read them: without decoration, without quotations."""

from __future__ import annotations

from ....index.analysis.sentences import QUOTATION

_EDGE = " \t\r\f\v>#*_-•·`|※⚠️[](){}"


def bare(sentence: str) -> str:
    """A sentence without Markdown decoration at its start, and without bold marks."""
    return sentence.replace("**", "").lstrip(_EDGE)


def unquoted(sentence: str) -> str:
    """A sentence with its quotations taken out, unless all of it is one quotation: the writer does not say them."""
    left = QUOTATION.sub(" … ", sentence)
    return left if any(letter.isalnum() for letter in left) else sentence
