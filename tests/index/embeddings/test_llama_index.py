"""The llama-index adapter, by itself and in a library."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nonmun import ConfigError, Library, ModelError, Settings
from nonmun.index.embeddings.factory import open_embedder
from nonmun.index.embeddings.llama_index import LlamaEmbedder

from ...letters import Letters

SAMPLES = Path(__file__).parents[3] / "samples"
QUESTION = "저랭크 행렬만 학습하는 방법"


class Broken(Letters):
    """Fails like a remote model whose server is unreachable."""

    def _get_text_embedding(self, text: str) -> list[float]:
        raise ConnectionError("no route to host")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with Library.open(settings=Settings(data=tmp_path_factory.mktemp("llama")), embedding=Letters()) as library:
        library.ingest(SAMPLES / "digests", SAMPLES / "abstracts.jsonl")
        yield library


def test_adapts_any_base_embedding() -> None:
    embedder = LlamaEmbedder(Letters())
    assert (embedder.model_id, embedder.dimension) == ("llama-index/Letters/letters-64", 64)
    for vectors in (embedder.queries(["하나", "둘"]), embedder.passages(["하나", "둘"])):
        assert (vectors.shape, vectors.dtype) == ((2, 64), np.float32)
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    many = [f"문장 {number}" for number in range(45)]  # more than a batch of llama-index
    np.testing.assert_array_equal(embedder.passages(many)[::7], [embedder.passages([text])[0] for text in many[::7]])
    assert embedder.count_tokens("") == 0
    assert embedder.count_tokens("abc") == 2


def test_returns_no_rows_for_no_texts() -> None:
    embedder = LlamaEmbedder(Letters())
    assert embedder.queries([]).shape == embedder.passages([]).shape == (0, 64)


def test_raises_model_errors_for_failures_of_a_model() -> None:
    with pytest.raises(ModelError, match="Broken: no route to host"):
        LlamaEmbedder(Broken())


def test_library_searches_with_a_base_embedding(library: Library) -> None:
    assert library.status().model_id == "llama-index/Letters/letters-64"
    answer = library.ask(f"{QUESTION}, 2106.09685")
    assert answer.hits[0].paper_id == answer.citations[0].paper_id == "2106.09685"
    assert answer.generation == 1


def test_opens_the_model_on_first_use(library: Library) -> None:
    with Library.open(settings=library.settings, embedding=Broken()) as other:
        assert other.status().papers == 17
        assert other.paper("2106.09685").paper.title
        with pytest.raises(ModelError, match="no route to host"):
            other.ask(QUESTION)


def test_rejects_another_model_with_advice(library: Library, tmp_path: Path) -> None:
    digest = tmp_path / "2025-04-01.md"
    digest.write_text("## 2501.00001\n\n**Summary**:\n새로운 논문에 대한 요약입니다. 새 방법을 제안합니다.\n", "utf-8")
    with Library.open(settings=library.settings, embedding=Letters(model_name="letters-b")) as other:
        for call in (lambda: other.ask(QUESTION), lambda: other.search(QUESTION), lambda: other.ingest(digest)):
            with pytest.raises(ConfigError, match=r"letters-64.*letters-b.*`nonmun reembed`"):
                call()
        assert other.status() == library.status()


def test_opens_the_attribute_of_a_module(library: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "letters_module", sys.modules[__name__])
    for attribute in ("Letters", "READY", "made"):
        embedder = open_embedder(f"llama-index:letters_module:{attribute}", tmp_path)
        assert embedder.model_id == "llama-index/Letters/letters-64"
    settings = Settings(data=library.settings.data, embedding="llama-index:letters_module:READY")
    with Library.open(settings=settings) as other:
        assert other.ask(QUESTION) == library.ask(QUESTION)


@pytest.mark.parametrize(
    "spec",
    [
        "llama-index:",
        "llama-index:json",
        "llama-index:a:b:c",
        "llama-index:no.module:x",
        "llama-index:json:nothing",
        "llama-index:json:",
        "llama-index::",
        "llama-index::x",
        "llama-index:.json:x",
        "llama-index:os:path",
        "llama-index:os:sep",
    ],
)
def test_rejects_settings_that_name_no_embedding(tmp_path: Path, spec: str) -> None:
    with pytest.raises((ConfigError, ModelError)):
        open_embedder(spec, tmp_path)


READY = Letters()


def made() -> Letters:
    return Letters()
