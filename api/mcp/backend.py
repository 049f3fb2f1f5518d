"""What the tools work with: a library, in the ways that a transport allows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from ...index.domain.errors import NonmunError
from ...index.domain.filters import Filter
from ..async_library import AsyncLibrary
from ..library import Library
from ..requests import AskRequest, SearchRequest
from ..results import Answer, Results

T = TypeVar("T")


class Backend(Protocol):
    """The operations that tools, resources and prompts consist of. All raise the errors of `Library`'s methods."""

    async def ask(self, request: AskRequest) -> Answer:
        """Answer a question; see `Library.ask`."""
        ...

    async def search(self, request: SearchRequest) -> Results:
        """Search for papers; see `Library.search`."""
        ...

    async def similar(self, paper_id: str, k: int, where: Filter) -> Results:
        """Search for papers like another one; see `Library.similar`."""
        ...

    async def look_up(self, work: Callable[[Library], T]) -> T:
        """Run work that reads the catalog and takes milliseconds."""
        ...

    def describe(self, error: NonmunError) -> str:
        """Return what a client is told about an error."""
        ...


class LibraryBackend:
    """The backend for a client on the same machine, which may use everything and be told everything.

    Args:
        library: the library.
    """

    def __init__(self, library: AsyncLibrary) -> None:
        self._library = library

    async def ask(self, request: AskRequest) -> Answer:
        """Answer a question."""
        return await self._library.ask(
            request.question,
            request.k,
            where=request.where,
            as_of=request.as_of,
            history=request.history,
            generate=request.generate,
        )

    async def search(self, request: SearchRequest) -> Results:
        """Search for papers."""
        return await self._library.search(request.question, request.k, where=request.where, as_of=request.as_of)

    async def similar(self, paper_id: str, k: int, where: Filter) -> Results:
        """Search for papers like another one."""
        return await self._library.similar(paper_id, k, where=where)

    async def look_up(self, work: Callable[[Library], T]) -> T:
        """Run work that reads the catalog."""
        return await self._library.pools.lookups.run(lambda _: work(self._library.library))

    def describe(self, error: NonmunError) -> str:
        """Return the message of an error."""
        return str(error)
