"""LangChain: the search of a library as a retriever. Needs the extra `langchain`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import run_in_executor
from pydantic import Field

from ...index.domain.filters import NO_FILTER, Filter
from ..requests import SearchRequest
from .documents import Searchable, retrieve


class NonmunRetriever(BaseRetriever):
    """The search of a library as a LangChain retriever.

    It returns a document for each chunk of evidence, best papers first. The id of a document is that of the chunk; its
    metadata are those of `evidence_documents`, the trust label included, and `score`. `invoke` takes `k` and `filters`
    as well, which replace those of the retriever.

    Attributes:
        library: what to search.
        k: number of documents to return at most.
        filters: a `Filter`, or its fields by name, as in `SearchRequest.from_input`.
    """

    library: Searchable = Field(exclude=True)
    k: int = Field(default=10, ge=1)
    filters: Filter | Mapping[str, Any] = NO_FILTER

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,
        k: int | None = None,
        filters: Filter | Mapping[str, Any] | None = None,
    ) -> list[Document]:
        del run_manager
        request = SearchRequest.from_input(query, where=self.filters if filters is None else filters)
        found = retrieve(self.library, request.question, self.k if k is None else k, request.where)
        return [
            Document(document.text, id=document.id, metadata=document.metadata | {"score": document.score})
            for document in found
        ]

    async def _aget_relevant_documents(
        self,
        query: str,
        *,
        run_manager: AsyncCallbackManagerForRetrieverRun,
        k: int | None = None,
        filters: Filter | Mapping[str, Any] | None = None,
    ) -> list[Document]:
        search = partial(self._get_relevant_documents, run_manager=run_manager.get_sync(), k=k, filters=filters)
        return await run_in_executor(None, search, query)
