"""llama-index: the embedding model as a `BaseEmbedding`, the search as a retriever, answers as a query engine."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.base.response.schema import Response
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from llama_index.core.tools import QueryEngineTool
from llama_index.core.vector_stores.types import FilterCondition, MetadataFilter, MetadataFilters
from pydantic import Field, PrivateAttr

from ...index.domain.errors import ConfigError
from ...index.domain.filters import NO_FILTER, Filter
from ...index.embeddings.base import Embedder, with_stored_model_id
from ...index.embeddings.factory import open_embedder
from ...settings import load_settings
from ..async_library import AsyncLibrary
from ..library import Library
from ..results import Answer
from .documents import RetrievedDocument, Searchable, citation_documents, retrieve
from .filters import Condition, filter_of, unsupported_condition

_FOR_MODELS = ("paper_id", "title", "section", "digest_dates", "trust")  # the metadata that say something in a prompt


class NonmunEmbedding(BaseEmbedding):
    """nonmun's embedding model as a llama-index `BaseEmbedding`: multilingual-e5-small, unless another is configured.

    It is serialized and pickled by name, and opened again with the settings. A process opens a model once.

    Args:
        embedder: an open model, such as `Library.embedder`; None opens the one that `embedding` names.
        embedding: name of a model, as in the setting `embedding`; empty takes the setting.
        model_name: id that the model must have, as when vectors are stored; None accepts any.
        **kwargs: fields of `BaseEmbedding`.

    Raises:
        ConfigError: `embedding` is unknown, or the model has another id than `model_name`.
        ModelError: the model cannot be found, built or run.
    """

    embedding: str = Field(default="", description="Name of the model, as in the setting `embedding`.")
    _embedder: Embedder | None = PrivateAttr(default=None)

    def __init__(
        self, embedder: Embedder | None = None, *, embedding: str = "", model_name: str | None = None, **kwargs: Any
    ) -> None:
        embedder = _with_model_id(embedder or _open(embedding), model_name)
        fields: dict[str, Any] = {**kwargs, "model_name": embedder.model_id, "embedding": embedding}
        super().__init__(**fields)
        self._embedder = embedder

    @classmethod
    def class_name(cls) -> str:
        """Return the name of the class in serialized data."""
        return "NonmunEmbedding"

    def __getstate__(self) -> dict[str, Any]:
        return BaseEmbedding.__getstate__(self._without_model())

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> NonmunEmbedding:
        copied: Any = BaseEmbedding.__deepcopy__(self._without_model(), memo)
        copied._embedder = self._embedder
        return copied

    def _get_query_embedding(self, query: str) -> list[float]:
        return self._model.queries([query])[0].tolist()

    async def _aget_query_embedding(self, query: str) -> list[float]:
        return await asyncio.to_thread(self._get_query_embedding, query)

    def _get_text_embedding(self, text: str) -> list[float]:
        return self._model.passages([text])[0].tolist()

    def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return self._model.passages(texts).tolist()

    async def _aget_text_embedding(self, text: str) -> list[float]:
        return await asyncio.to_thread(self._get_text_embedding, text)

    async def _aget_text_embeddings(self, texts: list[str]) -> list[list[float]]:
        return await asyncio.to_thread(self._get_text_embeddings, texts)

    @property
    def _model(self) -> Embedder:
        if self._embedder is None:  # llama-index ignores errors of `__init__` when it restores a pickled model
            self._embedder = _with_model_id(_open(self.embedding), self.model_name)
        return self._embedder

    def _without_model(self) -> NonmunEmbedding:
        copied = self.model_copy()
        copied._embedder = None
        return copied


class NonmunRetriever(BaseRetriever):
    """The search of a library as a llama-index retriever.

    It returns a node for each chunk of evidence, best papers first. The id of a node is that of the chunk, its score
    the chunk's, and its metadata those of `evidence_documents`, the trust label included.

    Args:
        library: what to search.
        similarity_top_k: number of nodes to return at most.
        filters: a `Filter`, or `MetadataFilters` on `paper_id`, `section`, `trust` (`==` and `in`), `lang`, `source`
            (`==`), `digest_dates` (`==`, `>=`, `<=`), or the fields of `Filter`, combined by `and`.
        **kwargs: arguments of `BaseRetriever`.

    Raises:
        InputError: `filters` are not supported.
    """

    def __init__(
        self,
        library: Searchable,
        similarity_top_k: int = 10,
        filters: Filter | MetadataFilters | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._library, self._count, self._where = library, similarity_top_k, _filter(filters)

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return _nodes(retrieve(self._library, query_bundle.query_str, self._count, self._where))

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return await asyncio.to_thread(self._retrieve, query_bundle)


class NonmunQueryEngine(BaseQueryEngine):
    """The answers of a library as a llama-index query engine: quotations, or what its language model writes from them.

    The source nodes of a response are the exact quotations behind it, in the order of its text; their metadata are
    those of `citation_documents`. The metadata of a response are the fields `abstained`, `reason`, `confidence`,
    `unsupported`, `trust`, `writer` and `why` of the `Answer`.

    Args:
        library: the library that answers.
        k: number of papers to retrieve, 1 to 100.
        filters: as for `NonmunRetriever`.
        generate: whether a language model writes the answers; None uses one if the library has one.
        **kwargs: arguments of `BaseQueryEngine`.

    Raises:
        InputError: `filters` are not supported.
    """

    def __init__(
        self,
        library: Library,
        k: int = 10,
        filters: Filter | MetadataFilters | None = None,
        generate: bool | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**{"callback_manager": None} | kwargs)
        self._library, self._async_library = library, AsyncLibrary(library)
        self._k, self._where, self._generate = k, _filter(filters), generate

    def _get_prompt_modules(self) -> dict[str, Any]:
        return {}

    def _query(self, query_bundle: QueryBundle) -> Response:
        question = query_bundle.query_str
        return _response(self._library.ask(question, self._k, where=self._where, generate=self._generate))

    async def _aquery(self, query_bundle: QueryBundle) -> Response:
        ask = self._async_library.ask(query_bundle.query_str, self._k, where=self._where, generate=self._generate)
        return _response(await ask)


def query_engine_tool(
    library: Library,
    name: str = "ask_papers",
    description: str = (
        "Answers questions about AI papers, in Korean or English, with arXiv ids and exact quotations from digests and "
        "abstracts. Says so if no paper answers."
    ),
    **kwargs: Any,
) -> QueryEngineTool:
    """Return a tool for agents that answers questions with a `NonmunQueryEngine`.

    Args:
        library: the library that answers.
        name: name of the tool.
        description: tells the agent's model when to use the tool.
        **kwargs: arguments of `NonmunQueryEngine`.
    """
    return QueryEngineTool.from_defaults(NonmunQueryEngine(library, **kwargs), name, description)


@cache
def _open_model(embedding: str, cache_dir: Path, device: str, batch_size: int) -> Embedder:
    return open_embedder(embedding, cache_dir, device=device, batch_size=batch_size)


def _open(embedding: str) -> Embedder:
    settings = load_settings()
    return _open_model(embedding or settings.embedding, settings.cache, settings.device, settings.batch_size)


def _with_model_id(embedder: Embedder, model_id: str | None) -> Embedder:
    """Return the embedder under an id that its vectors may have.

    Raises:
        ConfigError: they may not.
    """
    embedder = with_stored_model_id(embedder, model_id)
    if model_id not in (None, embedder.model_id):
        raise ConfigError(
            f"model_name: is {model_id!r}, but the model is {embedder.model_id!r}; name another model by `embedding`, "
            "or pass an open one"
        )
    return embedder


def _filter(filters: Filter | MetadataFilters | None) -> Filter:
    if isinstance(filters, MetadataFilters):
        return filter_of(_conditions(filters))
    return filters or NO_FILTER


def _conditions(filters: MetadataFilters) -> Iterator[Condition]:
    if filters.condition not in (None, FilterCondition.AND) and (
        len(filters.filters) > 1 or filters.condition == FilterCondition.NOT
    ):
        raise unsupported_condition(filters.condition.value)
    for item in filters.filters:
        if isinstance(item, MetadataFilter):
            yield Condition(item.key, item.operator.value, item.value)
        else:
            yield from _conditions(item)


def _nodes(documents: Iterable[RetrievedDocument]) -> list[NodeWithScore]:
    nodes: list[NodeWithScore] = []
    for document in documents:
        hidden = [key for key, value in document.metadata.items() if key not in _FOR_MODELS or value is None]
        node = TextNode(
            id_=document.id,
            text=document.text,
            metadata=document.metadata,
            excluded_llm_metadata_keys=hidden,
            excluded_embed_metadata_keys=hidden,
        )
        nodes.append(NodeWithScore(node=node, score=document.score))
    return nodes


def _response(answer: Answer) -> Response:
    names = ("abstained", "reason", "confidence", "unsupported", "trust", "writer", "why")
    return Response(answer.answer, _nodes(citation_documents(answer)), {name: getattr(answer, name) for name in names})
