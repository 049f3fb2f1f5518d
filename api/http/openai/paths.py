"""The paths of the OpenAI-compatible routes."""

from __future__ import annotations

MODELS = "/v1/models"
CHAT_COMPLETIONS = "/v1/chat/completions"
COMPLETIONS = "/v1/completions"
RESPONSES = "/v1/responses"

CONVERSATIONS = frozenset({CHAT_COMPLETIONS, COMPLETIONS, RESPONSES})
"""The paths that take whole conversations."""


def is_openai_path(path: str) -> bool:
    """Return whether a path, without the root path, belongs to an OpenAI-compatible route."""
    return path in CONVERSATIONS or path == MODELS or path.startswith(f"{MODELS}/")
