"""Conversations in OpenAI's formats: the question, and the turns before it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ....index.domain.errors import InputError
from ....index.query.question import is_valid_question
from ...answers.rendering.numbered import recover_turn
from ...conversation.turns import MAX_TURNS, Turn
from .schemas import ChatCompletionRequest, CompletionRequest, InputItem, Message, Part, ResponseRequest
from .tasks import unwrap_question

_SPEAKER = re.compile(r"^(system|developer|user|assistant|tool|function): ?", re.MULTILINE)
_REPLY_EXPECTED = re.compile(r"^assistant:\s*\Z", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation that waits for an answer.

    Attributes:
        field: the field of the request that holds it.
        question: its last user message.
        history: the turns before, oldest first, at most `MAX_TURNS`.
        system: its system messages, which are not searched for.
        text: all of its text.
    """

    field: str
    question: str
    history: tuple[Turn, ...]
    system: str
    text: str


def read_conversation(body: ChatCompletionRequest | CompletionRequest | ResponseRequest) -> Conversation:
    """Return the conversation of a request.

    Raises:
        InputError: there is no user message, several prompts, or a reference to what is not stored.
    """
    if isinstance(body, ChatCompletionRequest):
        return _read("messages", _spoken(body.messages))
    if isinstance(body, CompletionRequest):
        prompts = [body.prompt] if isinstance(body.prompt, str) else body.prompt
        if len(prompts) != 1:
            raise InputError("prompt", f"holds {len(prompts)} prompts; send one")
        return _read("prompt", _read_transcript(prompts[0]))
    for field in ("previous_response_id", "conversation"):
        if getattr(body, field) is not None:
            raise InputError(
                field, "is not supported, since no response is stored; send the messages of the conversation as `input`"
            )
    return _read("input", [("user", body.input)] if isinstance(body.input, str) else _spoken(body.input))


def _spoken(messages: Iterable[Message | InputItem]) -> list[tuple[str, str]]:
    """Return the roles and texts of messages."""
    return [(message.role or "", _text(message.content)) for message in messages]


def _text(content: str | Sequence[Part] | None) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    return "\n".join(part.text for part in content if part.text)


def _read_transcript(prompt: str) -> list[tuple[str, str]]:
    """Return the roles and texts of a conversation in one prompt, as llama-index writes it; or the prompt alone."""
    if not (_SPEAKER.match(prompt) and _REPLY_EXPECTED.search(prompt)):
        return [("user", prompt)]
    pieces = _SPEAKER.split(prompt)
    return list(zip(pieces[1::2], (text.strip() for text in pieces[2::2]), strict=True))


def _read(field: str, spoken: Sequence[tuple[str, str]]) -> Conversation:
    turns: list[tuple[str, str]] = []
    for role, text in spoken:
        if role == "user":
            turns.append((unwrap_question(text), ""))
        elif role == "assistant" and turns:
            question, answer = turns[-1]
            turns[-1] = question, f"{answer}\n{text}"
    if not turns:
        raise InputError(field, "holds no message with the role user")
    # What was refused before stays in the conversation, and is no reason to refuse what follows.
    earlier = [turn for turn in turns[:-1] if is_valid_question(turn[0])][-MAX_TURNS:]
    return Conversation(
        field,
        turns[-1][0],
        tuple(recover_turn(question, answer) for question, answer in earlier),
        "\n".join(text for role, text in spoken if role in {"system", "developer"}),
        "\n".join(text for _, text in spoken),
    )
