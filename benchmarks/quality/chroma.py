"""A tutorial's pipeline: llama-index's VectorStoreIndex over a Chroma collection, with all defaults."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import chromadb
import llama_index.core as llama
from chromadb.config import Settings as ChromaSettings
from corpus import QualityCorpus
from llama_index.core.node_parser import SentenceSplitter
from llama_index.vector_stores.chroma import ChromaVectorStore
from systems import Ranking

from nonmun.api.integrations.llama_index import NonmunEmbedding
from nonmun.index.embeddings.base import Embedder

_BATCH = 64


class LlamaIndex:
    """`VectorStoreIndex.from_documents` and `as_retriever`, with the bundled embedding model.

    Documents have `paper_id` as metadata that is not embedded. Splitter, collection and retriever use the defaults of
    their libraries (Chroma: approximate search by squared Euclidean distance, which ranks unit vectors like cosine).

    Args:
        embedder: the model.
        folder: directory of the collection, without one so far.
    """

    def __init__(self, embedder: Embedder, folder: Path) -> None:
        self._model = NonmunEmbedding(embedder, embed_batch_size=_BATCH)
        self._client = chromadb.PersistentClient(str(folder), settings=ChromaSettings(anonymized_telemetry=False))
        self._index: llama.VectorStoreIndex | None = None
        self._nodes = self._max_nodes = 0

    def index(self, corpus: QualityCorpus) -> dict[str, Any]:
        """Index all documents."""
        collection = self._client.create_collection("papers")
        storage = llama.StorageContext.from_defaults(vector_store=ChromaVectorStore(chroma_collection=collection))
        documents = [
            llama.Document(
                text=document.text, metadata={"paper_id": document.paper_id}, excluded_embed_metadata_keys=["paper_id"]
            )
            for document in corpus.documents
        ]
        self._index = llama.VectorStoreIndex.from_documents(documents, storage_context=storage, embed_model=self._model)
        metadata: list[Any] = collection.get(include=["metadatas"])["metadatas"] or []
        self._nodes, self._max_nodes = len(metadata), max(Counter(node["paper_id"] for node in metadata).values())
        splitter = llama.Settings.node_parser
        assert isinstance(splitter, SentenceSplitter)
        return {
            "libraries": {name: version(name) for name in ("llama-index-core", "llama-index-vector-stores-chroma")}
            | {"chromadb": chromadb.__version__},
            "chunk_size": splitter.chunk_size,
            "chunk_overlap": splitter.chunk_overlap,
            "nodes": self._nodes,
            "nodes_a_paper_at_most": self._max_nodes,
        }

    def search(self, texts: Sequence[str], k: int) -> list[Ranking]:
        """Return the best papers for each text; requests enough nodes to contain `k` papers."""
        assert self._index is not None, "index first"
        retriever = self._index.as_retriever(similarity_top_k=min(k * self._max_nodes, self._nodes))
        return [self._search(retriever, text, k) for text in texts]

    def _search(self, retriever: Any, text: str, k: int) -> Ranking:
        ranking: dict[str, float] = {}
        for node in retriever.retrieve(text):  # best first
            ranking.setdefault(node.metadata["paper_id"], node.score)
        return list(ranking.items())[:k]

    def close(self) -> None:
        """Close the collection."""
        self._client.close()
