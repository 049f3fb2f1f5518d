"""The responses that the OpenAPI document declares besides the results: errors, events and exports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...exports.formats import MEDIA_TYPES
from .. import sse
from ..schemas import Problem

Responses = dict[int | str, dict[str, Any]]


def _problems(descriptions: Mapping[int, str]) -> Responses:
    return {status: {"model": Problem, "description": text} for status, text in descriptions.items()}


ERRORS = _problems(
    {
        401: "the service needs a key, and the request has none that is valid",
        403: "the key lacks a scope",
        413: "the body is too large",
        421: "the service does not answer to this host name",
        422: "the request is outside its limits",
        429: "too many requests from one client (Retry-After)",
        500: "a defect; the log of the service has it",
        503: "the index cannot answer now, or too many requests wait (Retry-After)",
    }
)
NOT_FOUND = _problems({404: "there is no such thing in the index"})
BUSY = _problems({409: "another process changes the index (Retry-After)"})
BUSY_STORE = _problems({409: "others are storing answers or feedback (Retry-After)"})
FULL = _problems({507: "as much is stored as may be; the operator has to make room"})
_EXPORTS = {media_type: {"schema": {"type": "string"}} for media_type in MEDIA_TYPES.values()}
EXPORTS: Responses = {
    200: {
        "content": _EXPORTS,
        "description": "the result, as JSON or as the header Accept or the suffix of the path asks for",
    }
}
ANSWERS: Responses = {
    200: {
        "content": sse.CONTENT | _EXPORTS,
        "description": "the answer, as JSON or as the header Accept asks for; with `stream`, as events",
    }
}
