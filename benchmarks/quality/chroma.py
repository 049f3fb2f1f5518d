"""The tutorial's way: llama-index's VectorStoreIndex over a Chroma collection, everything at its default."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import chromadb
import llama_index.core as llama
from chromadb.config import Settings as ChromaSettings
from corpus import Corpus
from llama_index.core.node_parser import SentenceSplitter
from llama_index.vector_stores.chroma import ChromaVectorStore
from systems import SearchConfig

from nonmun.api.integrations.llama_index import NonmunEmbedding
from nonmun.index.embeddings.base import Embedder

_BATCH = 64


class LlamaIndex:
    """`VectorStoreIndex.from_documents` and `as_retriever`, with the same weights as all others.

    Documents carry `paper_id` as metadata that is not embedded. Splitter, collection and retriever keep the defaults of
    their libraries (Chroma: approximate search by squared Euclidean distance, which ranks unit vectors as cosines do).

    Args:
        embedder: the model.
        folder: for the collection; there is none in it yet.
    """

    def __init__(self, embedder: Embedder, folder: Path) -> None:
        self._model = NonmunEmbedding(embedder, embed_batch_size=_BATCH)
        self._client = chromadb.PersistentClient(str(folder), settings=ChromaSettings(anonymized_telemetry=False))
        self._index: llama.VectorStoreIndex | None = None
        self._nodes = self._most = 0

    def index(self, corpus: Corpus) -> dict[str, Any]:
        """Take in all documents."""
        collection = self._client.create_collection("papers")
        storage = llama.StorageContext.from_defaults(vector_store=ChromaVectorStore(chroma_collection=collection))
        given = [
            llama.Document(
                text=one.text, metadata={"paper_id": one.paper_id}, excluded_embed_metadata_keys=["paper_id"]
            )
            for one in corpus.documents
        ]
        self._index = llama.VectorStoreIndex.from_documents(given, storage_context=storage, embed_model=self._model)
        owners: list[Any] = collection.get(include=["metadatas"])["metadatas"] or []
        self._nodes, self._most = len(owners), max(Counter(one["paper_id"] for one in owners).values())
        splitter = llama.Settings.node_parser
        assert isinstance(splitter, SentenceSplitter)
        return {
            "libraries": {name: version(name) for name in ("llama-index-core", "llama-index-vector-stores-chroma")}
            | {"chromadb": chromadb.__version__},
            "chunk_size": splitter.chunk_size,
            "chunk_overlap": splitter.chunk_overlap,
            "nodes": self._nodes,
            "nodes_a_paper_at_most": self._most,
        }

    def search(self, texts: Sequence[str], k: int) -> list[SearchConfig]:
        """The best papers for each text: enough nodes are asked for that `k` papers are among them."""
        assert self._index is not None, "index first"
        retriever = self._index.as_retriever(similarity_top_k=min(k * self._most, self._nodes))
        return [self._search(retriever, text, k) for text in texts]

    def _search(self, retriever: Any, text: str, k: int) -> SearchConfig:
        found: dict[str, float] = {}
        for node in retriever.retrieve(text):  # best first
            found.setdefault(node.metadata["paper_id"], node.score)
        return list(found.items())[:k]

    def close(self) -> None:
        """Release the collection's files."""
        self._client.close()
