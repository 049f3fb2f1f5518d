"""Exports: results in the representation that a request asks for, by its header Accept or the suffix of its path."""

from __future__ import annotations

from typing import TypeVar

from fastapi import Request, Response

from ...exports.export import Exportable
from ...exports.negotiation import Representation, content_type, negotiate, negotiate_accept
from ..work import Work

T = TypeVar("T", bound=Exportable)


def wanted(request: Request) -> Representation:
    """Return the representation that a request accepts best."""
    return negotiate_accept(request.headers.get("accept", ""))


def split(path: str, request: Request) -> tuple[str, Representation]:
    """Return the last part of a path without the suffix of a representation, and the one that is asked for."""
    return negotiate(path, request.headers.get("accept", ""))


async def represent(result: T, representation: Representation, work: Work, response: Response) -> T | Response:
    """Return a result to be sent as JSON, or the response that holds its export.

    Args:
        result: the result.
        representation: what is asked for.
        work: reads what an export needs besides.
        response: takes the headers of a result that is sent as JSON.
    """
    vary = {"vary": "Accept"}
    if representation == "json":
        response.headers.update(vary)
        return result
    text = await work.look_up(lambda: work.library.export(result, representation))
    return Response(text.encode("utf-8", "replace"), media_type=content_type(representation), headers=vary)
