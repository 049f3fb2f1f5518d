"""Validation of a language model's reply as a question about a chunk."""

from __future__ import annotations

import re

from ....index.analysis.language import language
from ....index.analysis.sentences import sentences
from ....index.domain.arxiv_ids import find_arxiv_ids
from ....index.domain.chunks import Chunk
from ....index.domain.papers import Language
from .sentences import fold_text, strip_markup

MIN_CHARS, MAX_CHARS = 8, 200
"""Length of a question."""

_THINKING = re.compile(r"<think>.*?</think>", re.DOTALL)  # some servers do not remove a model's reasoning
_PREFIX = re.compile(r"^(?:question|query|질문|q)\s*[:：]\s*", re.IGNORECASE)
_QUOTES = "\"'“”‘’「」`*"
_MIN_COPIED = 15  # letters and digits of a sentence that count as copied; shorter overlaps can be chance
_MAX_NAME_CHARS = 30  # of the part before a title's colon that is still a name
_NAME = re.compile(r"[\w.+-]+(?: [\w.+-]+){0,2}")


def extract_question(reply: str) -> str:
    """Return the question in a reply, without reasoning, label, quotation marks and markup."""
    bare = _THINKING.sub("", reply).strip().strip(_QUOTES).strip()
    return _PREFIX.sub("", bare).strip().strip(_QUOTES).strip()


def rejection_reason(question: str, chunk: Chunk, title: str, lang: Language) -> str:
    """Return why a question about a chunk is rejected; empty if it is accepted.

    Args:
        question: the question.
        chunk: the chunk that it is about.
        title: title of the chunk's paper; empty if unknown.
        lang: required language of the question.
    """
    if not MIN_CHARS <= len(question) <= MAX_CHARS:
        return f"it does not have {MIN_CHARS} to {MAX_CHARS} characters"
    if len(question.splitlines()) != 1 or not question.endswith(("?", "？")) or len(re.findall("[?？]", question)) != 1:
        return "it is not exactly one question"
    if language(question) != lang:
        return f"it is not in {'Korean' if lang == 'ko' else 'English'}"
    if find_arxiv_ids(question) or chunk.paper_id in question or _contains_name(question, title):
        return "it names the paper"
    folded_question = fold_text(question)
    passages = [
        fold_text(strip_markup(chunk.text)),
        *(fold_text(chunk.text[start:end]) for start, end in sentences(chunk.text)),
    ]
    if any(
        len(passage) >= _MIN_COPIED and (passage in folded_question or folded_question in passage)
        for passage in passages
    ):
        return "it copies the passage"
    return ""


def _contains_name(question: str, title: str) -> bool:
    """Return whether a question contains a title, or the name before its colon (`AdaptCLIP: Adapting ...`)."""
    folded_question, folded_title = fold_text(question), fold_text(title)
    if len(folded_title) >= MIN_CHARS and folded_title in folded_question:
        return True
    name, colon, _ = strip_markup(title).partition(":")
    if not colon or len(name) > _MAX_NAME_CHARS or not _NAME.fullmatch(name):
        return False
    return re.search(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])", question, re.IGNORECASE) is not None
