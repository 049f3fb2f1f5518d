"""llama-index: nonmun's embedding models as a `BaseEmbedding`, and its search as a `BaseRetriever`."""

from __future__ import annotations

import asyncio
from typing import Any

from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from pydantic import PrivateAttr

from ...index.domain.hits import Hit
from ...index.embeddings.base import Embedder
from ..library import Library


class NonmunEmbedding(BaseEmbedding):
    """An `Embedder` as a llama-index `BaseEmbedding`.

    Args:
        embedder: the embedding model, such as `Library.embedder`.
        **kwargs: fields of `BaseEmbedding`.
    """

    _embedder: Embedder = PrivateAttr()

    def __init__(self, embedder: Embedder, **kwargs: Any) -> None:
        super().__init__(model_name=embedder.model_id, **kwargs)
        self._embedder = embedder

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._embedder.queries([query])[0].tolist()

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return await asyncio.to_thread(self._get_query_embedding, query)

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._embedder.passages([text])[0].tolist()

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return self._embedder.passages(texts).tolist()

    async def _aget_text_embedding(self, text: str) -> list[float]:
        return await asyncio.to_thread(self._get_text_embedding, text)


class NonmunRetriever(BaseRetriever):
    """The search of a library as a llama-index retriever.

    It returns a node for each chunk of evidence, best papers first. The id of a node is that of the chunk, its score
    the chunk's, and its metadata holds `paper_id`, `title`, `url`, `source`, `section` and `digest_dates`.

    Args:
        library: the library to search.
        k: number of papers to retrieve.
        **kwargs: arguments of `BaseRetriever`.
    """

    def __init__(self, library: Library, k: int = 5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._library, self._k = library, k

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        hits = self._library.search(query_bundle.query_str, self._k).hits
        return [node for hit in hits for node in _nodes(hit)]

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._retrieve, query_bundle)


def _nodes(hit: Hit) -> list[NodeWithScore]:
    return [
        NodeWithScore(
            node=TextNode(
                id_=evidence.chunk_id,
                text=evidence.text,
                metadata={
                    "paper_id": hit.paper_id,
                    "title": hit.title,
                    "url": hit.url,
                    "source": evidence.source,
                    "section": evidence.section,
                    "digest_dates": ", ".join(hit.digest_dates),
                },
            ),
            score=evidence.score,
        )
        for evidence in hit.evidence
    ]
