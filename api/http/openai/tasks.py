"""Prompts that chat applications send besides questions: titles, tags and the like, answered without a search.

Open WebUI sends them to the model of the conversation, each with the JSON that it expects back, and puts questions
about documents into a template (`open_webui/config.py` and `utils/task.py` of version 0.12.4).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

from ....index.analysis.language import has_hangul
from ....index.domain.papers import Language
from ...answers.rendering.numbered import recover_turn

_TASK = "### Task:"
_SPEAKER = re.compile(r"^(USER|ASSISTANT|SYSTEM): ", re.MULTILINE)
_KEY = re.compile(r'[{,]\s*"(title|tags|follow_ups|queries|text|prompt)"\s*:')
_EMOJI = re.compile(
    r"Your task is to reflect the speaker's likely facial expression through a fitting emoji", re.IGNORECASE
)
_TOOL_CHOICE = "Available Tools:"
_MAX_TITLE = 60  # characters
_TAGS: Mapping[Language, list[str]] = {"ko": ["AI", "논문"], "en": ["AI", "Papers"]}
_ABOUT_ONE: Mapping[Language, list[str]] = {
    "ko": ["그 논문의 한계는?", "그 논문의 실험 결과는?", "그 논문과 비슷한 논문은?"],
    "en": ["What are its limitations?", "What are its results?", "Which papers are similar to it?"],
}
_ABOUT_SECOND: Mapping[Language, str] = {"ko": "두 번째 논문을 설명해 줘", "en": "Explain the second paper"}


def unwrap_question(text: str) -> str:
    """Return the question in a message that may be a template with documents, which are not read."""
    if not text.lstrip().startswith(_TASK):
        return text
    _, tag, query = text.partition("<user_query>")
    question = query.partition("</user_query>")[0] if tag else text.rpartition("</context>")[2]
    return question.strip() or text


def answer_task(prompt: str, system: str) -> str | None:
    """Return the answer to a prompt of a chat application, as JSON or an emoji; None if it is a question of a user.

    Args:
        prompt: the last user message.
        system: the system messages.
    """
    if _EMOJI.match(prompt.lstrip()):
        return "📄"
    if system.lstrip().startswith(_TOOL_CHOICE) and prompt.startswith("Query: "):
        return json.dumps({"tool_calls": []})
    if not prompt.lstrip().startswith(_TASK):
        return None
    instructions, _, history = prompt.partition("<chat_history>")
    key = _KEY.search(instructions)
    if key is None:
        return None
    turns = _turns(history.rpartition("</chat_history>")[0])
    return json.dumps({key[1]: _VALUES[key[1]](turns)}, ensure_ascii=False)


def _turns(history: str) -> list[tuple[str, str]]:
    """Return the questions and answers of a history, the latest last."""
    turns: list[tuple[str, str]] = []
    pieces = _SPEAKER.split(history)
    for speaker, text in zip(pieces[1::2], pieces[2::2], strict=True):
        if speaker == "USER":
            turns.append((text.strip(), ""))
        elif speaker == "ASSISTANT" and turns:
            turns[-1] = turns[-1][0], text
    return turns


def _language(turns: list[tuple[str, str]]) -> Language:
    return "ko" if not turns or has_hangul(turns[-1][0]) else "en"


def _title(turns: list[tuple[str, str]]) -> str:
    """Return the first question, cut between words."""
    words = " ".join(turns[0][0].split()) if turns else ""
    if len(words) <= _MAX_TITLE:
        return words or "nonmun"
    return f"{words[:_MAX_TITLE].rsplit(' ', 1)[0]} …"


def _tags(turns: list[tuple[str, str]]) -> list[str]:
    return _TAGS[_language(turns)]


def _follow_ups(turns: list[tuple[str, str]]) -> list[str]:
    """Return questions about the papers of the last answer; none if it has none."""
    papers = recover_turn(*turns[-1]).papers if turns else ()
    if not papers:
        return []
    lang = _language(turns)
    return _ABOUT_ONE[lang] if len(papers) == 1 else [*_ABOUT_ONE[lang], _ABOUT_SECOND[lang]]


def _nothing(_: list[tuple[str, str]]) -> str:
    return ""


def _no_queries(_: list[tuple[str, str]]) -> list[str]:
    """Return no search queries: what they find would not be read, and its numbers would shift those of the papers."""
    return []


_VALUES: Mapping[str, Callable[[list[tuple[str, str]]], str | list[str]]] = {
    "title": _title,
    "tags": _tags,
    "follow_ups": _follow_ups,
    "queries": _no_queries,
    "text": _nothing,
    "prompt": _nothing,
}
