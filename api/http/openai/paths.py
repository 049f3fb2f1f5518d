"""The paths of the OpenAI-compatible routes."""

from __future__ import annotations

MODELS = "/v1/models"
CHAT_COMPLETIONS = "/v1/chat/completions"
COMPLETIONS = "/v1/completions"
RESPONSES = "/v1/responses"

EMBEDDINGS = "/v1/embeddings"
"""Not served; the 404 has OpenAI's shape, which clients display."""

CONVERSATIONS = frozenset({CHAT_COMPLETIONS, COMPLETIONS, RESPONSES})
"""The paths that take whole conversations."""


_VERSION = "/v1"


def is_openai_path(path: str) -> bool:
    """Return whether a path, without the root path, is one that OpenAI's clients request, with or without the version.

    Without it, and for embeddings, there is no route: such requests are refused in OpenAI's shape, too.
    """
    path = _with_version(path)
    return path in CONVERSATIONS or path in {MODELS, EMBEDDINGS} or path.startswith(f"{MODELS}/")


def cure(path: str) -> str:
    """Return what to tell a client that requests a path of OpenAI's (`is_openai_path`) that has no route."""
    if _with_version(path) == EMBEDDINGS:
        return "this service has no embeddings"
    return f"request {_with_version(path)}: the base URL ends in {_VERSION}"


def has_route(path: str) -> bool:
    """Return whether there is a route for a path of OpenAI's (`is_openai_path`)."""
    return path == _with_version(path) != EMBEDDINGS


def _with_version(path: str) -> str:
    return path if path.startswith(f"{_VERSION}/") else f"{_VERSION}{path}"
