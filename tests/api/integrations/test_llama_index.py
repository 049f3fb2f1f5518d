"""nonmun under llama-index: its embedding model as a `BaseEmbedding`, its search under a query engine."""

from __future__ import annotations

import asyncio

from llama_index.core import get_response_synthesizer
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.llms import MockLLM
from llama_index.core.query_engine import RetrieverQueryEngine

from nonmun import Library
from nonmun.api.integrations.llama_index import NonmunEmbedding, NonmunRetriever
from nonmun.index.embeddings.llama_index import LlamaEmbedder

QUESTION = "저랭크 행렬만 학습하는 방법"


def test_an_embedder_is_a_base_embedding(sample_library: Library) -> None:
    embedder = sample_library.embedder
    embedding: BaseEmbedding = NonmunEmbedding(embedder)
    assert embedding.model_name == embedder.model_id
    assert embedding.get_query_embedding(QUESTION) == embedder.queries([QUESTION])[0].tolist()
    assert embedding.get_text_embedding(QUESTION) == embedder.passages([QUESTION])[0].tolist()
    assert embedding.get_text_embedding_batch([QUESTION, "b"]) == embedder.passages([QUESTION, "b"]).tolist()
    assert asyncio.run(embedding.aget_query_embedding(QUESTION)) == embedding.get_query_embedding(QUESTION)
    assert asyncio.run(embedding.aget_text_embedding("b")) == embedding.get_text_embedding("b")
    assert LlamaEmbedder(embedding).dimension == embedder.dimension


def test_retrieves_a_node_for_each_chunk_of_evidence(sample_library: Library) -> None:
    hits = sample_library.search(QUESTION, 3).hits
    nodes = NonmunRetriever(sample_library, k=3).retrieve(QUESTION)
    assert [node.node_id for node in nodes] == [item.chunk_id for hit in hits for item in hit.evidence]
    assert [node.text for node in nodes] == [item.text for hit in hits for item in hit.evidence]
    first = nodes[0]
    assert first.score == hits[0].evidence[0].score
    assert first.metadata["paper_id"] == hits[0].paper_id
    assert set(first.metadata) == {"paper_id", "title", "url", "source", "section", "digest_dates"}
    async_nodes = asyncio.run(NonmunRetriever(sample_library, k=3).aretrieve(QUESTION))
    assert [node.node_id for node in async_nodes] == [node.node_id for node in nodes]


def test_serves_a_query_engine(sample_library: Library) -> None:
    synthesizer = get_response_synthesizer(llm=MockLLM(), response_mode="compact")
    engine = RetrieverQueryEngine(NonmunRetriever(sample_library, k=2), synthesizer)
    response = engine.query(QUESTION)
    hits = sample_library.search(QUESTION, 2).hits
    assert {node.metadata["paper_id"] for node in response.source_nodes} == {hit.paper_id for hit in hits}
    assert hits[0].evidence[0].text[:40] in str(response)  # the mock repeats its prompt
