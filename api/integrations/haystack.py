"""Haystack: the search of a library as a component. Needs the extra `haystack`."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Mapping
from os import fspath
from typing import Any

from haystack import Document, component, default_from_dict, default_to_dict

from ...index.domain.errors import ConfigError, InputError
from ..library import FilePath, Library
from .documents import Searchable, retrieve
from .filters import Condition, filter_of, unsupported_condition


@component
class NonmunRetriever:
    """The search of a library as a Haystack retriever.

    It returns a document for each chunk of evidence, best papers first. The id of a document is that of the chunk, its
    score the chunk's, and its `meta` are those of `evidence_documents`, the trust label included.

    A component that is made of a data directory opens it when it is warmed up or first run, and can be serialized; so
    can one of a `Library`, by its data directory. To load a pipeline that holds one, allow the module:
    `Pipeline.loads(text, allowed_modules=["nonmun.*"])`.

    Args:
        library: what to search, an open `Library` or a data directory; None takes the directory of the settings.
        filters: conditions on `meta.paper_id`, `meta.section`, `meta.trust` (`==` and `in`), `meta.lang`,
            `meta.source` (`==`), `meta.digest_dates` (`==`, `>=`, `<=`), or the fields of `Filter`, combined by `AND`.
        top_k: number of documents to return at most.

    Raises:
        InputError: `filters` are not supported.
    """

    def __init__(
        self,
        library: Searchable | FilePath | None = None,
        *,
        filters: dict[str, Any] | None = None,
        top_k: int = 10,
    ) -> None:
        filter_of(_conditions(filters))
        self.library, self.filters, self.top_k = library, filters, top_k
        self._lock = threading.Lock()
        self._opened: Library | None = None

    def warm_up(self) -> None:
        """Open the data directory, unless the component was made of an open library.

        Raises:
            ConfigError: it holds no index, or cannot be used.
        """
        self._searchable()

    def close(self) -> None:
        """Close what the component has opened; another run opens it again."""
        with self._lock:
            if self._opened:
                self._opened.close()
            self._opened = None

    def to_dict(self) -> dict[str, Any]:
        """Return the component as serializable data.

        Raises:
            ConfigError: it was made of something else than a `Library` or a data directory.
        """
        library = self.library.settings.data if isinstance(self.library, Library) else self.library
        if isinstance(library, Searchable):
            raise ConfigError(
                f"library: a {type(library).__name__} cannot be serialized; make the component of a data directory"
            )
        path = None if library is None else fspath(library)
        return default_to_dict(self, library=path, filters=self.filters, top_k=self.top_k)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> NonmunRetriever:
        """Return the component that `to_dict` made the data of."""
        return default_from_dict(cls, data)

    @component.output_types(documents=list[Document])
    def run(
        self, query: str, filters: dict[str, Any] | None = None, top_k: int | None = None
    ) -> dict[str, list[Document]]:
        """Search.

        Args:
            query: the question.
            filters: as in the constructor, whose filters they replace.
            top_k: number of documents to return at most; None takes that of the constructor.

        Raises:
            InputError: the query is empty or too long, `top_k` is less than 1, or `filters` are not supported.
            ConfigError: the data directory holds no index, or cannot be used.
        """
        where = filter_of(_conditions(self.filters if filters is None else filters))
        found = retrieve(self._searchable(), query, self.top_k if top_k is None else top_k, where)
        return {
            "documents": [
                Document(id=document.id, content=document.text, meta=document.metadata, score=document.score)
                for document in found
            ]
        }

    @component.output_types(documents=list[Document])
    async def run_async(
        self, query: str, filters: dict[str, Any] | None = None, top_k: int | None = None
    ) -> dict[str, list[Document]]:
        """Search in a thread; see `run`."""
        return await asyncio.to_thread(self.run, query, filters, top_k)

    def _searchable(self) -> Searchable:
        if isinstance(self.library, Searchable):
            return self.library
        with self._lock:
            if self._opened is None:
                self._opened = Library.open(self.library, create=False)
            return self._opened


def _conditions(filters: Mapping[str, Any] | None) -> Iterator[Condition]:
    """Yield the comparisons of Haystack filters (https://docs.haystack.deepset.ai/docs/metadata-filtering).

    Raises:
        InputError: they are malformed, or combined by another operator than AND.
    """
    if not filters:
        return
    if "conditions" in filters and "operator" in filters:
        if filters["operator"] != "AND":
            raise unsupported_condition(filters["operator"])
        for condition in filters["conditions"]:
            yield from _conditions(condition)
    elif missing := [name for name in ("field", "operator", "value") if name not in filters]:
        raise InputError("filters", f"{str(dict(filters))[:80]}: {missing[0]} is missing")
    else:
        yield Condition(str(filters["field"]).removeprefix("meta."), str(filters["operator"]), filters["value"])
