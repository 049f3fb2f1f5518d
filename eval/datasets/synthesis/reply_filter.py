"""Whether a language model's reply is a question that can be asked."""

from __future__ import annotations

import re

from ....index.analysis.language import language
from ....index.analysis.sentences import sentences
from ....index.domain.arxiv_ids import find_arxiv_ids
from ....index.domain.chunks import Chunk
from ....index.domain.papers import Language
from .sentences import plain, pressed

SHORTEST, LONGEST = 8, 200
"""Characters of a question."""

_THOUGHTS = re.compile(r"<think>.*?</think>", re.DOTALL)  # servers that do not take a model's thinking off
_PREFIX = re.compile(r"^(?:question|query|질문|q)\s*[:：]\s*", re.IGNORECASE)
_QUOTES = "\"'“”‘’「」`*"
_COPIED = 15  # letters and digits of a sentence that count as copied; shorter ones may be said by chance
_NAME_LIMIT = 30  # letters of what stands before a title's colon that still is a name
_NAME = re.compile(r"[\w.+-]+(?: [\w.+-]+){0,2}")


def question_of(reply: str) -> str:
    """A reply without thoughts, label, quotation marks and decoration."""
    bare = _THOUGHTS.sub("", reply).strip().strip(_QUOTES).strip()
    return _PREFIX.sub("", bare).strip().strip(_QUOTES).strip()


def fault(question: str, chunk: Chunk, title: str, lang: Language) -> str:
    """Why a question cannot be asked about a chunk; empty where it can.

    Args:
        question: what was written.
        chunk: what it asks about.
        title: of the chunk's paper; empty where none is known.
        lang: the language that it has to be in.
    """
    if not SHORTEST <= len(question) <= LONGEST:
        return f"it does not have {SHORTEST} to {LONGEST} characters"
    if len(question.splitlines()) != 1 or not question.endswith(("?", "？")) or len(re.findall("[?？]", question)) != 1:
        return "it is not exactly one question"
    if language(question) != lang:
        return f"it is not in {'Korean' if lang == 'ko' else 'English'}"
    if find_arxiv_ids(question) or chunk.paper_id in question or _named(question, title):
        return "it names the paper"
    asked = pressed(question)
    text = plain(chunk.text)
    said = [pressed(text), *(pressed(chunk.text[start:end]) for start, end in sentences(chunk.text))]
    if any(len(one) >= _COPIED and (one in asked or asked in one) for one in said):
        return "it copies the passage"
    return ""


def _named(question: str, title: str) -> bool:
    """Whether a question holds a paper's title, or the name before its colon (`AdaptCLIP: Adapting ...`)."""
    asked, whole = pressed(question), pressed(title)
    if len(whole) >= SHORTEST and whole in asked:
        return True
    name, colon, _ = plain(title).partition(":")
    if not colon or len(name) > _NAME_LIMIT or not _NAME.fullmatch(name):
        return False
    return re.search(rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])", question, re.IGNORECASE) is not None
