"""Every extension point of CONTRIBUTING.md, used from outside through its public interface."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from nonmun import ConfigError, FileError, Library, Settings
from nonmun.api.answers.extractive.composer import compose_list
from nonmun.api.answers.extractive.intents import register_intent, unregister_intent
from nonmun.api.http.app import create_app
from nonmun.api.http.routes import Shared, router
from nonmun.eval.datasets.formats import open_dataset
from nonmun.eval.experiments.runner import RunConfig, run_dataset
from nonmun.eval.runs.model import QueryOutcome
from nonmun.index.analysis.lazy_patterns import PatternTable
from nonmun.index.domain.papers import Abstract, Entry, Section
from nonmun.index.engine.base import EngineOptions
from nonmun.index.engine.memory import InMemoryEngine
from nonmun.index.query.dates.calendar import date_range
from nonmun.index.query.dates.english import ENGLISH
from nonmun.index.query.dates.parser import find_window
from nonmun.index.retrieval.channels import DEFAULT_CHANNELS
from nonmun.index.retrieval.config import SearchConfig
from nonmun.ingest.formats.base import Digest, ParsedFile
from nonmun.ingest.formats.registry import register_format, unregister_format
from nonmun.ingest.sources.base import FetchOutcome, FetchResult
from nonmun.ingest.sources.config import SourceConfig
from nonmun.ingest.sources.fetch import SOURCES, fetch_abstracts

TODAY = date(2025, 5, 16)


def test_a_date_expression_is_a_row() -> None:
    text, year = "papers of the transformer's year", date_range(date(2017, 1, 1), date(2017, 12, 31))
    assert find_window(text, TODAY) is None
    rows = [(pattern.marked, reader) for pattern, reader in ENGLISH.rules.rows]
    extended = replace(ENGLISH, rules=PatternTable([*rows, ("⟦transformer's year⟧", lambda _: year)]))
    window = find_window(text, TODAY, [extended])
    assert window is not None
    assert (window.start, window.end) == year


class PopularityChannel:
    """Scores the chunks of one paper, whatever the question."""

    name, evidence = "popularity", "citations"

    def __init__(self, paper_id: str) -> None:
        self._paper_id = paper_id

    def weight(self, config: Any) -> float:
        return 1.0

    def score(self, query: Any, snapshot: Any) -> PopularityScores:
        return PopularityScores(self._paper_id)


class PopularityScores:
    def __init__(self, paper_id: str) -> None:
        self._paper_id = paper_id

    def best(self, limit: int) -> list[int]:
        return []

    def raw(self, rows: Any) -> Any:
        return np.zeros(len(rows), np.float32)

    def scores(self, chunks: Sequence[Any]) -> Any:
        return np.array([5.0 * (chunk.paper_id == self._paper_id) for chunk in chunks], np.float32)


def test_a_channel_is_a_class(library: Library, samples: Path, embedder: Any) -> None:
    question = "어텐션 번역 모델"
    library.ingest(samples / "digests")
    popular = library.search(question).hits[4].paper_id
    channels = [*DEFAULT_CHANNELS, PopularityChannel(popular)]
    with Library.open(library.settings.data, embedding=embedder, channels=channels) as extended:
        found = extended.search(question)
        assert found.hits[0].paper_id == popular
        assert "popularity" in found.timings
        [explanation] = extended.explain(question, [popular])
        assert [channel.channel for channel in explanation.channels] == ["dense", "lexical", "lexicon", "popularity"]
        assert sum(channel.share for channel in explanation.channels) == pytest.approx(explanation.score, abs=3e-6)


def test_a_library_needs_a_channel(tmp_path: Path, embedder: Any) -> None:
    with pytest.raises(ConfigError, match="channels: is empty"):
        Library.open(tmp_path, embedding=embedder, channels=[])


def test_an_intent_comes_with_its_composer(library: Library, samples: Path) -> None:
    library.ingest(samples / "digests")
    question = "2006.11239 논문에서 아무 문장이나 인용해 줘"
    lead = {"ko": "아무 문장이나 인용합니다.", "en": "Any sentence."}
    register_intent(
        "anything",
        lambda context: "아무 문장" in context.text,
        lambda context: compose_list(context, "anything"),
        lead=lead,
        before="list",
    )
    try:
        answer = library.ask(question)
        assert (answer.interpretation.shape, answer.answer.splitlines()[0]) == ("anything", lead["ko"])
        assert {citation.paper_id for citation in answer.citations} == {"2006.11239"}
    finally:
        unregister_intent("anything")
    assert library.ask(question).interpretation.shape != "anything"


class TsvFormat:
    """Date, paper id and summary, separated by tabs."""

    suffixes = (".tsv",)
    version = "1"
    max_bytes = 1_000_000
    split_hint = "split the file"

    def parse(self, text: str, name: str) -> ParsedFile:
        day, paper_id, body = text.strip().split("\t")
        section = Section("other", "", 0, len(body))
        entry = Entry(day, paper_id, None, f"https://arxiv.org/abs/{paper_id}", "", body, (section,), 1)
        return ParsedFile([(Digest(name, day, (entry,), ()), text)])


def test_a_digest_format_is_a_class(library: Library, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "day.tsv").write_text("2025-05-16\t2505.00001\t확산 모델로 음성을 인식한다.", "utf-8")
    with pytest.raises(FileError, match=r"holds no \.md or \.jsonl file"):
        library.ingest(tmp_path / "in")
    tsv = TsvFormat()
    register_format(tsv)
    try:
        assert library.ingest(tmp_path / "in").entries == 1
        assert library.search("확산 모델 음성 인식").hits[0].paper_id == "2505.00001"
    finally:
        unregister_format(tsv)


class MirrorSource:
    """Abstracts from memory."""

    name, batch_size = "mirror", 2

    def __init__(self, config: SourceConfig, http: object) -> None:
        self.batches: list[list[str]] = []

    def fetch(self, paper_ids: Sequence[str]) -> FetchResult:
        self.batches.append([*paper_ids])
        abstracts = [Abstract(paper_id, "Title", "We detect anomalies.") for paper_id in paper_ids]
        return FetchResult([FetchOutcome(abstract.paper_id, "found", abstract) for abstract in abstracts])


def test_an_abstract_source_is_a_class(tmp_path: Path) -> None:
    ids = ["2505.00001", "2505.00002", "2505.00003"]
    config = SourceConfig(state=tmp_path)
    outcomes = [outcome for batch in fetch_abstracts(ids, config, sources=[MirrorSource]) for outcome in batch]
    assert [(outcome.paper_id, outcome.status) for outcome in outcomes] == [(paper_id, "found") for paper_id in ids]
    assert MirrorSource not in SOURCES


class LetterEmbedder:
    """Letter frequencies, with only the required members of an embedder."""

    model_id, dimension, window = "letters", 26, 400

    def queries(self, texts: Sequence[str]) -> Any:
        counts = np.array([[text.lower().count(chr(97 + at)) + 0.01 for at in range(26)] for text in texts], np.float32)
        return counts / np.linalg.norm(counts, axis=1, keepdims=True)

    passages = queries

    def count_tokens(self, text: str) -> int:
        return len(text) // 2 + 1


def test_an_embedding_model_is_a_class(tmp_path: Path, samples: Path) -> None:
    with Library.open(tmp_path, embedding=LetterEmbedder()) as library:
        report = library.ingest(samples / "digests", samples / "abstracts.jsonl")
        assert report.generation == 1
        assert library.status().model_id == "letters"
        assert library.search("attention is all you need", 3).hits


def test_a_search_engine_is_a_class(tmp_path: Path, samples: Path, embedder: Any, library: Library) -> None:
    """Ranks the same papers in the same order as the local engine, and writes none of its files."""
    library.ingest(samples / "digests", samples / "abstracts.jsonl")
    with Library.open(tmp_path / "memory", embedding=embedder, engine=InMemoryEngine.open) as other:
        assert other.status().generation is None
        report = other.ingest(samples / "digests", samples / "abstracts.jsonl")
        assert report.generation == other.status().generation == 1
        steps: list[str] = []
        again = other.ingest(
            samples / "digests", samples / "abstracts.jsonl", observe=lambda step: steps.append(step.what)
        )
        assert again.generation == other.status().generation == other.search("attention").generation == 1
        assert "check" in steps
        assert not [step for step in steps if step.startswith("publish")]
        assert other.examine() == ()
        for question in ("어텐션만으로 번역", "low-rank adaptation of large models", "1706.03762의 한계"):
            expected = [(hit.paper_id, hit.score) for hit in library.search(question, 100).hits]
            found = [(hit.paper_id, hit.score) for hit in other.search(question, 100).hits]
            assert [paper_id for paper_id, _ in found] == [paper_id for paper_id, _ in expected]
            assert [score for _, score in found] == pytest.approx([score for _, score in expected], abs=1e-4)
        assert other.ask("어텐션만으로 번역하는 모델은?").citations
    assert not (tmp_path / "memory" / "generations").exists()


def test_a_library_opens_one_search_engine_for_each_model(tmp_path: Path, samples: Path, embedder: Any) -> None:
    settings = Settings(data=tmp_path, search=SearchConfig(scanned=7, centring=False))
    models: list[str] = []

    def open_engine(options: EngineOptions) -> InMemoryEngine:
        assert (options.exact_scan_rows, options.centering) == (7, False)
        models.append(options.model_id)
        return InMemoryEngine.open(options)

    with Library.open(settings=settings, embedding=embedder, engine=open_engine) as library:
        library.ingest(samples / "digests")
        assert library.search("attention").generation == library.status().generation == 1
    with Library.open(settings=settings, embedding=LetterEmbedder(), engine=open_engine) as library:
        generation = library.reembed().generation
        assert generation is not None
        assert generation == library.status().generation == library.search("attention").generation
        assert library.ingest(samples / "digests").generation == generation
    assert models == [embedder.model_id, "letters"]


def test_an_http_route_is_a_function(library: Library) -> None:
    @router.get("/v1/ping")
    def ping(library: Shared) -> dict[str, int]:
        return {"papers": library.status().papers}

    try:
        assert TestClient(create_app(library), base_url="http://localhost").get("/v1/ping").json() == {"papers": 0}
    finally:
        router.routes.pop()
    assert TestClient(create_app(library), base_url="http://localhost").get("/v1/ping").status_code == 404


class RelevantShare:
    """A measure that is not in the registry."""

    name, korean, description = "relevant_share", "정답 비율", "Share of the ranking that is relevant."
    direction, primary, paired = 1, False, True

    def values(self, outcomes: Sequence[QueryOutcome]) -> dict[str, float]:
        return {
            outcome.query_id: sum(hit.paper_id in outcome.relevant for hit in outcome.ranking)
            / max(len(outcome.ranking), 1)
            for outcome in outcomes
            if outcome.relevant
        }


def test_a_measure_is_a_class(library: Library, samples: Path) -> None:
    library.ingest(samples / "digests", samples / "abstracts.jsonl")
    run = run_dataset(
        library, open_dataset(samples / "evaluation"), "extended", RunConfig(k=5, measures=("r@5", RelevantShare()))
    )
    judged = [outcome for outcome in run.outcomes if outcome.relevant]
    assert judged
    assert all(0 <= outcome.measures["relevant_share"] <= 1 for outcome in judged)
    assert any(outcome.measures["relevant_share"] > 0 for outcome in judged)
    assert all("r@5" in outcome.measures for outcome in judged)
