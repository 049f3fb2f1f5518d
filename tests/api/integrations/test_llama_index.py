"""nonmun under llama-index: its embedding model, its search as a retriever, its answers as a query engine."""

from __future__ import annotations

import asyncio
import copy
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from llama_index.core import Settings, VectorStoreIndex, get_response_synthesizer
from llama_index.core.base.embeddings.base import BaseEmbedding
from llama_index.core.llms import MockLLM
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.schema import MetadataMode, TextNode
from llama_index.core.storage.kvstore import SimpleKVStore
from llama_index.core.vector_stores import FilterCondition, FilterOperator, MetadataFilter, MetadataFilters

from nonmun import ConfigError, Filter, InputError, Library
from nonmun.api.integrations.llama_index import NonmunEmbedding, NonmunQueryEngine, NonmunRetriever, query_engine_tool
from nonmun.index.embeddings.llama_index import LlamaEmbedder

QUESTION = "저랭크 행렬만 학습하는 방법"
LORA = "2106.09685"
METADATA = {"paper_id", "title", "url", "digest_dates", "source", "section", "lang", "trust", "entry"}
PATIENCE = 300


def where(
    *conditions: tuple[str, Any, Any], condition: FilterCondition | None = FilterCondition.AND
) -> MetadataFilters:
    filters = [MetadataFilter(key=key, operator=FilterOperator(op), value=value) for key, op, value in conditions]
    return MetadataFilters(filters=[*filters], condition=condition)


@pytest.fixture
def configured(model_cache: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The settings of a user without any, but with the models that are built already."""
    monkeypatch.setenv("NONMUN_CACHE", str(model_cache))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def default_model() -> Iterator[None]:
    yield
    Settings._embed_model = None


@pytest.mark.usefixtures("configured")
def test_the_bundled_model_is_a_base_embedding(sample_library: Library) -> None:
    embedder = sample_library.embedder
    embedding: BaseEmbedding = NonmunEmbedding()
    assert embedding.model_name == embedder.model_id
    assert embedding.get_query_embedding(QUESTION) == embedder.queries([QUESTION])[0].tolist()
    assert embedding.get_text_embedding(QUESTION) == embedder.passages([QUESTION])[0].tolist()
    assert LlamaEmbedder(embedding).dimension == embedder.dimension


def test_an_open_model_is_embedded_with_in_batches(sample_library: Library) -> None:
    embedder = sample_library.embedder
    batches: list[int] = []

    class Counting:
        def __getattr__(self, name: str) -> Any:
            return getattr(embedder, name)

        def passages(self, texts: list[str]) -> Any:
            batches.append(len(texts))
            return embedder.passages(texts)

    embedding: Any = NonmunEmbedding(Counting(), embed_batch_size=2)
    texts = [QUESTION, "b", "c"]
    expected = [*embedder.passages(texts[:2]).tolist(), *embedder.passages(texts[2:]).tolist()]
    assert embedding.get_text_embedding_batch(texts) == expected
    assert batches == [2, 1]
    assert asyncio.run(embedding.aget_text_embedding_batch(texts)) == expected
    assert sorted(batches[2:]) == [1, 2]
    assert asyncio.run(embedding.aget_query_embedding(QUESTION)) == embedding.get_query_embedding(QUESTION)
    assert asyncio.run(embedding.aget_text_embedding("b")) == embedding.get_text_embedding("b")
    cached: Any = NonmunEmbedding(Counting(), embeddings_cache=SimpleKVStore())
    assert cached.get_text_embedding_batch(texts) == cached.get_text_embedding_batch(texts)
    assert sum(batches[4:]) == 2 + 3  # "b" alone, and once each in the cache


@pytest.mark.usefixtures("configured", "default_model")
def test_an_index_is_built_and_searched_with_the_default_model(sample_library: Library) -> None:
    Settings.embed_model = NonmunEmbedding()
    nodes = [TextNode(text=entry.body, metadata={"paper_id": entry.paper_id}) for entry in sample_library.entries()[:8]]
    index = VectorStoreIndex(nodes)
    retriever = index.as_retriever(similarity_top_k=1)
    for node in nodes[:3]:
        (found,) = retriever.retrieve(node.text[:200])
        assert found.metadata == node.metadata
    (found,) = asyncio.run(retriever.aretrieve(nodes[0].text[:200]))
    assert found.node_id == nodes[0].node_id


@pytest.mark.usefixtures("configured")
def test_an_embedding_is_serialized_by_name(sample_library: Library, caplog: pytest.LogCaptureFixture) -> None:
    for embedding in (NonmunEmbedding(embed_batch_size=3), NonmunEmbedding(sample_library.embedder)):
        vector = embedding.get_query_embedding(QUESTION)
        for restored in (
            NonmunEmbedding.from_dict(embedding.to_dict()),
            NonmunEmbedding.from_json(embedding.to_json()),
            pickle.loads(pickle.dumps(embedding)),
            copy.copy(embedding),
            copy.deepcopy(embedding),
        ):
            assert restored.to_dict() == embedding.to_dict()
            assert restored.get_query_embedding(QUESTION) == vector
    assert embedding.to_dict()["class_name"] == "NonmunEmbedding"
    assert caplog.messages == []


def test_a_pickled_embedding_is_opened_by_another_process(model_cache: Path, tmp_path: Path) -> None:
    code = "import pickle, sys; print(sum(pickle.load(sys.stdin.buffer).get_query_embedding('x')))"
    make = (
        "import pickle, sys; from nonmun.api.integrations.llama_index import NonmunEmbedding;"
        "sys.stdout.buffer.write(pickle.dumps(NonmunEmbedding(embedding='bundled')))"
    )
    env = {name: value for name, value in os.environ.items() if not name.startswith("NONMUN_")}
    env["NONMUN_CACHE"] = str(model_cache)

    def run(code: str, data: bytes = b"") -> bytes:
        command = [sys.executable, "-c", code]
        return subprocess.run(
            command, input=data, env=env, cwd=tmp_path, capture_output=True, check=True, timeout=PATIENCE
        ).stdout

    assert float(run(code, run(make))) != 0


@pytest.mark.usefixtures("configured")
def test_vectors_of_another_model_are_refused(embedder: Any) -> None:
    own = NonmunEmbedding(embedder)
    with pytest.raises(ConfigError, match="model_name: is 'hash-64', but the model is 'multilingual-e5"):
        NonmunEmbedding.from_dict(own.to_dict())
    restored = pickle.loads(pickle.dumps(own))
    with pytest.raises(ConfigError, match="model_name: is 'hash-64'"):
        restored.get_query_embedding(QUESTION)
    with pytest.raises(ConfigError, match="embedding = 'nothing' is unknown"):
        NonmunEmbedding(embedding="nothing")


def test_retrieves_a_node_for_each_chunk_of_evidence(sample_library: Library) -> None:
    evidence = [(hit, item) for hit in sample_library.search(QUESTION, 5).hits for item in hit.evidence][:5]
    nodes = NonmunRetriever(sample_library, similarity_top_k=5).retrieve(QUESTION)
    assert [(node.node_id, node.text, node.score) for node in nodes] == [
        (item.chunk_id, item.text, item.score) for _, item in evidence
    ]
    for node, (hit, item) in zip(nodes, evidence, strict=True):
        assert set(node.metadata) == METADATA
        assert node.metadata["paper_id"] == hit.paper_id
        assert node.metadata["digest_dates"] == ", ".join(hit.digest_dates)
        assert (node.metadata["trust"], node.metadata["source"]) == (item.trust, item.source)
        shown = node.node.get_content(MetadataMode.LLM)
        assert f"paper_id: {hit.paper_id}" in shown
        assert "None" not in shown
    assert {node.metadata["trust"] for node in nodes} > {None}
    async_nodes = asyncio.run(NonmunRetriever(sample_library, similarity_top_k=5).aretrieve(QUESTION))
    assert [node.node_id for node in async_nodes] == [node.node_id for node in nodes]
    assert len(NonmunRetriever(sample_library, similarity_top_k=1_000).retrieve(QUESTION)) > 17
    with pytest.raises(InputError, match="k: is 0"):
        NonmunRetriever(sample_library, similarity_top_k=0).retrieve(QUESTION)


@pytest.mark.parametrize(
    ("filters", "same"),
    [
        (where(("paper_id", "==", LORA)), Filter(papers=(LORA,))),
        (where(("paper_id", "in", [f"{LORA}v2", "1706.03762"])), Filter(papers=(LORA, "1706.03762"))),
        (where(("papers", "in", [LORA])), Filter(papers=(LORA,))),
        (where(("section", "==", "abstract")), Filter(sections=("abstract",))),
        (where(("sections", "in", ["results", "architecture"])), Filter(sections=("results", "architecture"))),
        (where(("lang", "==", "en"), ("source", "==", "abstract")), Filter(lang="en", source="abstract")),
        (where(("trust", "in", ["supported"]), condition=None), Filter(trust=("supported",))),
        (
            where(("authors", "==", "hinton"), ("categories", "in", ["cs"])),
            Filter(authors=("hinton",), categories=("cs",)),
        ),
        (where(("digest_dates", "==", "2025-03-06")), Filter(date(2025, 3, 6), date(2025, 3, 6))),
        (
            where(("digest_dates", ">=", "2025-03-05"), ("digest_dates", "<=", "2025-03-06")),
            Filter(date(2025, 3, 5), date(2025, 3, 6)),
        ),
        (
            where(("since", ">=", "2017-01-01"), ("until", "==", "2021-12-31"), ("by", "==", "published")),
            Filter(date(2017, 1, 1), date(2021, 12, 31), "published"),
        ),
        (
            MetadataFilters(filters=[where(("lang", "==", "ko"), condition=FilterCondition.OR), where()]),
            Filter(lang="ko"),
        ),
        (Filter(lang="ko"), Filter(lang="ko")),
        (None, Filter()),
    ],
)
def test_filters_are_those_of_a_search(sample_library: Library, filters: Any, same: Filter) -> None:
    asked: list[Filter] = []

    class Recording:
        def search(self, question: str, k: int = 10, *, where: Filter = same) -> Any:
            asked.append(where)
            return sample_library.search(question, k, where=where)

    nodes = NonmunRetriever(Recording(), 300, filters).retrieve(QUESTION)
    assert asked == [same]
    hits = sample_library.search(QUESTION, 100, where=same).hits
    assert [node.node_id for node in nodes] == [item.chunk_id for hit in hits for item in hit.evidence]


def test_every_field_of_a_filter_is_supported() -> None:
    values = {"since": "2025-03-06", "until": "2025-03-06", "by": "digest", "lang": "ko", "source": "abstract"}
    values |= {"papers": LORA, "sections": "results", "trust": "supported", "authors": "Hu", "categories": "cs.CL"}
    for field in fields(Filter):
        NonmunRetriever(Any, filters=where((field.name, "==", values[field.name])))


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        (where(("paper_id", "!=", LORA)), "paper_id != is not supported (supported are == for papers, paper_id"),
        (where(("title", "text_match", "LoRA")), "title text_match is not supported"),
        (where(("lang", "==", "ko"), ("lang", "==", "en")), "lang ==: lang is restricted twice"),
        (where(("since", "==", "2025-03-06"), ("digest_dates", ">=", "2025-03-05")), "since is restricted twice"),
        (where(("digest_dates", ">=", "2025-03-05"), ("by", "==", "published")), "digest_dates are not the dates"),
        (where(("lang", "==", "ko"), ("trust", "==", "supported"), condition=FilterCondition.OR), '"or" is not'),
        (where(("lang", "==", "ko"), condition=FilterCondition.NOT), '"not" is not supported'),
        (where(("paper_id", "in", [])), "paper_id in '[]': expected one text or more"),
        (where(("paper_id", "==", [LORA])), "expected a text"),
        (where(("paper_id", "==", 2106.09685)), "paper_id == '2106.09685': expected a text"),
        (where(("lang", "==", "")), "lang == '': expected a text"),
        (where(("lang", "==", "fr")), "lang: 'fr' is unknown (expected ko, en"),
        (where(("digest_dates", ">=", "May")), "since: 'May' is not a valid date"),
    ],
)
def test_filters_that_are_not_supported_are_refused(sample_library: Library, filters: Any, message: str) -> None:
    for make in (NonmunRetriever, NonmunQueryEngine):
        with pytest.raises(InputError) as raised:
            make(sample_library, filters=filters)
        assert message in str(raised.value)


def test_a_retriever_serves_a_query_engine(sample_library: Library) -> None:
    synthesizer = get_response_synthesizer(llm=MockLLM(), response_mode="compact")
    engine = RetrieverQueryEngine(NonmunRetriever(sample_library, similarity_top_k=2), synthesizer)
    response = engine.query(QUESTION)
    hits = sample_library.search(QUESTION, 2).hits
    assert {node.metadata["paper_id"] for node in response.source_nodes} <= {hit.paper_id for hit in hits}
    assert hits[0].evidence[0].text[:40] in str(response)  # the mock repeats its prompt


def test_a_query_engine_answers_with_exact_quotations(sample_library: Library) -> None:
    answer = sample_library.ask(QUESTION)
    engine = NonmunQueryEngine(sample_library)
    for response in (engine.query(QUESTION), asyncio.run(engine.aquery(QUESTION))):
        assert str(response) == answer.answer
        assert response.metadata["confidence"] == answer.confidence
        assert response.metadata["abstained"] is False
        assert [node.text for node in response.source_nodes] == [citation.quote for citation in answer.citations]
        for node, citation in zip(response.source_nodes, answer.citations, strict=True):
            metadata = node.metadata
            text = sample_library.chunk(metadata["chunk_id"]).text
            assert text[metadata["start"] : metadata["end"]] == node.text
            assert metadata["url"] == f"https://arxiv.org/abs/{citation.paper_id}"
            assert metadata["trust"] == citation.trust
        assert len({node.node_id for node in response.source_nodes}) == len(answer.citations)
        assert answer.citations[0].quote[:20] in response.get_formatted_sources()


def test_a_query_engine_abstains(sample_library: Library) -> None:
    response = NonmunQueryEngine(sample_library).query("내일 부산 날씨 어때?")
    assert response.source_nodes == []
    assert response.metadata["abstained"]
    assert str(response) == sample_library.ask("내일 부산 날씨 어때?").answer
    filtered = NonmunQueryEngine(sample_library, filters=where(("paper_id", "==", LORA))).query("어텐션이 뭐야?")
    assert {node.metadata["paper_id"] for node in filtered.source_nodes} <= {LORA}


def test_a_query_engine_has_a_language_model_write(written: Library) -> None:
    assert NonmunQueryEngine(written).query(QUESTION).metadata["writer"] == "generated"
    assert NonmunQueryEngine(written, generate=False).query(QUESTION).metadata["writer"] == "extracted"


def test_a_cancelled_query_stops_the_language_model(written: Library, model_server: Any) -> None:
    begun, ended = threading.Event(), threading.Event()

    def behave(exchange: Any) -> None:
        exchange.begin()
        begun.set()
        if exchange.wait_for_disconnect(PATIENCE):
            ended.set()

    async def run(library: Library) -> None:
        task = asyncio.create_task(NonmunQueryEngine(library).aquery(QUESTION))
        assert await asyncio.to_thread(begun.wait, PATIENCE)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(ended.wait, PATIENCE)

    model_server.behave = behave
    update = {"llm_first_token": 600.0, "llm_gap": 600.0, "llm_timeout": 600.0}
    settings = written.settings.model_copy(update=update)
    with Library.open(settings=settings, embedding=written.embedder, create=False) as library:
        asyncio.run(run(library))


def test_a_tool_answers_an_agent(sample_library: Library) -> None:
    tool = query_engine_tool(sample_library, k=5)
    assert tool.metadata.name == "ask_papers"
    assert tool.metadata.to_openai_tool()["function"]["parameters"]["required"] == ["input"]
    expected = sample_library.ask(QUESTION, 5).answer
    for output in (tool(QUESTION), tool.call(input=QUESTION), asyncio.run(tool.acall(QUESTION))):
        assert output.content == expected
        assert output.raw_output.source_nodes
