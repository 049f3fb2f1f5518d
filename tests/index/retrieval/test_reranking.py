"""Reranking: cross-encoders with random weights, and paper scores from passage scores."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun import Library, ModelError, Settings
from nonmun.index.engine.base import EngineOptions
from nonmun.index.engine.local import LocalEngine
from nonmun.index.retrieval.config import SearchConfig
from nonmun.index.retrieval.request import RetrievalRequest
from nonmun.index.retrieval.reranking import PASSAGES, CrossEncoderReranker, best_first
from nonmun.index.retrieval.searcher import Searcher

needs_it = pytest.mark.skipif(find_spec("sentence_transformers") is None, reason="sentence-transformers is an extra")
LETTERS = "abcdefghijklmnopqrstuvwxyz가나다라마바사아자차카타파하"


def save_cross_encoder(folder: Path, labels: int = 1) -> Path:
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizerFast

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *LETTERS, *(f"##{letter}" for letter in LETTERS)]
    folder.mkdir(parents=True)
    (folder / "vocab.txt").write_text("\n".join(words) + "\n", "utf-8")
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=64,
        num_labels=labels,
        initializer_range=0.5,  # so that scores differ
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    BertTokenizerFast(vocab_file=str(folder / "vocab.txt"), model_max_length=64).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_cross_encoder(tmp_path_factory.mktemp("cross") / "model")


@needs_it
def test_a_directory_is_a_reranker(model: Path) -> None:
    reranker = CrossEncoderReranker.open(str(model), device="cpu", batch_size=2)
    passages = ["attention", "", "가나다 라마바", "\ud800", "a b c " * 500, "attention"]
    scores = reranker.scores("무엇이 attention인가", passages)
    assert [type(score) for score in scores] == [float] * len(passages)
    assert len(set(np.round(scores, 4))) == 4  # BERT drops lone surrogates, which leaves an empty passage
    assert scores[0] == pytest.approx(scores[-1], abs=1e-5)
    assert reranker.scores("무엇", []) == []
    assert reranker.scores("다른 질문", passages[:1]) != scores[:1]
    assert scores == pytest.approx(
        [reranker.scores("무엇이 attention인가", [passage])[0] for passage in passages], abs=1e-4
    )


@needs_it
def test_scores_are_those_of_the_model_before_its_sigmoid(model: Path) -> None:
    from sentence_transformers import CrossEncoder

    pairs = [("question", "attention"), ("question", "가나다")]
    plain = CrossEncoder(str(model), device="cpu").predict(pairs)
    raw = np.array(CrossEncoderReranker.open(str(model), device="cpu").scores("question", ["attention", "가나다"]))
    np.testing.assert_allclose(1 / (1 + np.exp(-raw)), plain, atol=1e-5)


@needs_it
def test_concurrent_calls_return_the_same_scores(model: Path) -> None:
    reranker = CrossEncoderReranker.open(str(model), device="cpu")
    passages = [LETTERS[at:] for at in range(20)]
    expected, found = reranker.scores("질문", passages), list[list[float]]()
    threads = [threading.Thread(target=lambda: found.append(reranker.scores("질문", passages))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert all(scores == pytest.approx(expected, abs=1e-5) for scores in found)


@needs_it
def test_rejects_models_that_are_no_reranker(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="gives 3 scores a pair"):
        CrossEncoderReranker.open(str(save_cross_encoder(tmp_path / "classifier", labels=3)), device="cpu")
    with pytest.raises(ModelError, match="no such directory"):
        CrossEncoderReranker.open(str(tmp_path / "absent"))
    with pytest.raises(ModelError, match=r"device = 'abacus'"):
        CrossEncoderReranker.open(str(tmp_path / "classifier"), device="abacus")


@needs_it
def test_reranks_searches_of_a_library(model: Path, tmp_path: Path, samples: Path, embedder) -> None:
    """Off by default; if enabled, only the first papers are reordered, and a named paper stays first."""
    question, few = "언어 모델을 적은 비용으로 미세 조정하는 방법", 4

    def ids(rerank: str, asked: str = question) -> list[str]:
        ranking = SearchConfig(rerank=rerank, rerank_papers=few)
        settings = Settings(data=tmp_path / "data", device="cpu", search=ranking)
        with Library.open(settings=settings, embedding=embedder) as library:
            found = library.search(asked)
            assert ("rerank" in found.timings) == bool(rerank)
            return [hit.paper_id for hit in found.hits]

    with Library.open(tmp_path / "data", embedding=embedder) as library:
        library.ingest(samples / "digests", samples / "abstracts.jsonl")
        hits = library.search(question).hits
        passages = {chunk.chunk_id: chunk.passage for chunk in library.chunks()}
    plain, reranked = ids(""), ids(str(model))
    assert plain == [hit.paper_id for hit in hits]
    read = [[passages[item.chunk_id] for item in hit.evidence] for hit in hits[:few]]
    order = best_first(CrossEncoderReranker.open(str(model), device="cpu"), question, read)
    assert reranked[:few] == [plain[at] for at in order] != plain[:few]
    assert reranked[few:] == plain[few:]
    last = plain[-1]
    assert ids(str(model), f"{last} {question}")[0] == last


class Table:
    """A reranker with scores from a table, which counts its calls."""

    def __init__(self, table: dict[str, float]) -> None:
        self.table, self.calls = table, 0

    def scores(self, question: str, passages: Sequence[str]) -> list[float]:
        self.calls += 1
        return [self.table[passage] for passage in passages]


class ByLength:
    """A reranker by length of the passage, which records the questions."""

    def __init__(self) -> None:
        self.questions: list[str] = []

    def scores(self, question: str, passages: Sequence[str]) -> list[float]:
        self.questions.append(question)
        return [float(len(passage)) for passage in passages]


def test_reranks_with_the_corrected_topic_of_the_question(library: Library, samples: Path, embedder) -> None:
    library.ingest(samples / "digests")
    reranker = ByLength()
    options = EngineOptions(library.settings.data / "generations", embedder.model_id, embedder.dimension)
    searcher = Searcher(library._catalog, LocalEngine.open(options), embedder, reranker=reranker)
    searcher.search(RetrievalRequest("dltkd xkawl"))  # typed with an English keyboard layout
    searcher.search(RetrievalRequest("2025년 3월에 올라온 번역 논문"))
    corrected, topic = reranker.questions
    assert corrected == "이상 탐지"
    assert "번역" in topic
    assert "2025" not in topic


def test_scores_a_paper_by_its_best_passage() -> None:
    table = Table({"a": 0.0, "b": 5.0, "c": 1.0, "d": 2.0, "late": 9.0})
    papers = [["a"], ["c", "b"], ["d"], [], ["a", "a", "a", "late"]]
    assert PASSAGES == 3
    assert best_first(table, "question", papers) == [1, 2, 0, 4, 3]
    assert table.calls == 1


@given(st.lists(st.lists(st.integers(-3, 3), max_size=5), max_size=8))
def test_orders_by_the_best_passage_and_keeps_ties(papers: list[list[int]]) -> None:
    table = Table({str(score): float(score) for score in range(-3, 4)})
    order = best_first(table, "question", [[str(score) for score in scores] for scores in papers])
    keys = [(-max(papers[at][:PASSAGES], default=-np.inf), at) for at in order]
    assert sorted(order) == list(range(len(papers)))
    assert keys == sorted(keys)
