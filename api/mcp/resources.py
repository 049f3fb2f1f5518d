"""The resources: papers, digests and the status of the index, addressed by URIs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeVar

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError

from ...index.domain.errors import InputError, NonmunError, NotFoundError
from ..library import Library
from ..results import DigestDay, PaperDetails, Status
from ..schemas import response_model
from .backend import Backend
from .withholding import withhold_in_details, withhold_in_digest

T = TypeVar("T")

_MARKDOWN, _JSON = "text/markdown", "application/json"


class Resources:
    """The resources.

    Args:
        backend: what they are read with.
    """

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def paper(self, paper_id: str) -> str:
        """Return what is stored about a paper: its abstract, and its summaries from daily digests."""
        return await self._look_up(
            lambda library: paper_document(library, withhold_in_details(library.paper(paper_id)))
        )

    async def digest(self, digest_date: str) -> str:
        """Return the papers in the digests of a day, YYYY-MM-DD."""

        def export(library: Library) -> str:
            return library.export(withhold_in_digest(library.digest(digest_date)), "markdown")

        return await self._look_up(export)

    async def digests(self) -> str:
        """Return the days with digests, newest first."""
        return _list_days(await self._look_up(Library.digests))

    async def status(self) -> str:
        """Return what the index holds: counts, days, the embedding model, the published version and the last ingest."""
        found = await self._look_up(Library.status)
        return response_model(Status).model_validate(found).model_dump_json(indent=2)

    async def _look_up(self, work: Callable[[Library], T]) -> T:
        try:
            return await self._backend.look_up(work)
        except (InputError, NotFoundError) as error:
            raise ResourceNotFoundError(self._backend.describe(error)) from error
        except NonmunError as error:
            raise ResourceError(self._backend.describe(error)) from error


def paper_document(library: Library, details: PaperDetails) -> str:
    """Return what is stored about a paper as Markdown, without summaries that their author refused to write.

    Args:
        library: exports it.
        details: the paper, without what is to be withheld.
    """
    written = (entry for entry in details.entries if not entry.trust or entry.trust.label != "refused")
    return library.export(replace(details, entries=tuple(written)), "markdown")


def _list_days(days: Iterable[DigestDay]) -> str:
    items = (f"- {day.digest_date}: {day.papers} papers, {day.new} of them new" for day in days)
    return "\n".join(["# Digests", "", *items])


def add_resources(server: MCPServer, backend: Backend) -> None:
    """Add the resources to a server."""
    resources = Resources(backend)
    # Older arXiv ids hold a slash.
    server.resource("nonmun://papers/{+paper_id}", title="A paper", mime_type=_MARKDOWN)(resources.paper)
    server.resource("nonmun://digests/{digest_date}", title="The digest of a day", mime_type=_MARKDOWN)(
        resources.digest
    )
    server.resource("nonmun://digests", title="Digests", mime_type=_MARKDOWN)(resources.digests)
    server.resource("nonmun://status", title="Status of the index", mime_type=_JSON)(resources.status)
