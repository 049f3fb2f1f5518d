"""The page of the service's state."""

from __future__ import annotations

from importlib.metadata import version

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ...keys import KeyStore
from ...web.status import disk_parts, key_views
from ...web.texts import Texts, choose_language
from ..routes.table import requires
from .rendering import page, render, work_of

_PROBLEMS = 200

router = APIRouter(include_in_schema=False)


@router.get("/status")
@requires("status")
@page
async def status(request: Request) -> Response:
    """Show what the index holds, what could not be read, disk use and keys."""
    work = work_of(request)
    library = work.library
    keys: KeyStore | None = request.app.state.keys
    # Without a key, as on loopback, nobody learns whose keys there are.
    sees_keys = keys is None or getattr(request.state, "key", None) is not None
    parts, total = await work.look_up(lambda: disk_parts(library.settings.data))
    return render(
        request,
        "status.html.j2",
        title=Texts(choose_language(request))("status"),
        version=version("nonmun"),
        status=await work.look_up(library.status),
        problems=await work.look_up(lambda: library.problems(_PROBLEMS)),
        parts=parts,
        total=total,
        sees_keys=sees_keys,
        keys=key_views(await work.look_up(keys.all)) if keys is not None and sees_keys else None,
    )
