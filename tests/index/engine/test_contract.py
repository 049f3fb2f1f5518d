"""The contract of search engines: one suite over every implementation of `SearchEngine`.

To add an engine, add its `open` to `ENGINES`.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nonmun import ConfigError, Library
from nonmun.index.analysis.term_statistics import group_information
from nonmun.index.analysis.weighted_terms import WeightedTerms
from nonmun.index.catalog.base import CatalogView
from nonmun.index.catalog.database import Catalog
from nonmun.index.domain.filters import NO_FILTER, Filter
from nonmun.index.engine.artifacts import Artifacts, Calibration, Reached
from nonmun.index.engine.base import EngineOptions, SearchEngine
from nonmun.index.engine.local import LocalEngine
from nonmun.index.engine.memory import InMemoryEngine
from nonmun.index.lexicon.lexicon import Lexicon

ENGINES: dict[str, Callable[[EngineOptions], SearchEngine]] = {
    "local, exact scan": LocalEngine.open,
    "local, Chroma": lambda options: LocalEngine.open(replace(options, exact_scan_rows=0)),
    "in memory": InMemoryEngine.open,
}
QUESTIONS = ["어텐션만으로 번역", "low-rank adaptation of large models", "확산 모델의 잡음"]
FILTERS = [
    NO_FILTER,
    Filter(lang="en"),
    Filter(lang="ko", sections=("results",)),
    Filter(source="abstract"),
    Filter(since=date(2025, 3, 4), until=date(2025, 3, 5)),
    Filter(papers=("1706.03762", "2212.04356")),
    Filter(papers=("9999.99999",)),
]
GROUPS = [
    WeightedTerms("번역", {"번역": 1.0}),
    WeightedTerms("attention", {"attent": 0.7, "어텐션": 0.3}, 0.5, 0.5),
    WeightedTerms("absent", {"nowhere": 1.0}),
]
K1, B = 1.2, 0.75


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, samples: Path, hash_embedder: Any) -> Path:
    """A catalog with every sample and no published version."""
    folder = tmp_path_factory.mktemp("contract")
    with Library.open(folder, embedding=hash_embedder()) as library:
        library.ingest(samples / "digests", samples / "abstracts.jsonl")
    return folder


@pytest.fixture
def catalog(filled: Path, tmp_path: Path) -> Iterator[Catalog]:
    catalog = Catalog.open(Path(shutil.copytree(filled, tmp_path / "copy")) / "catalog.sqlite")
    yield catalog
    catalog.close()


@pytest.fixture(params=ENGINES, ids=str)
def opened(request: pytest.FixtureRequest, tmp_path: Path, embedder: Any) -> Iterator[Callable[..., SearchEngine]]:
    """Opens the engine of this run over a folder of its own."""
    engines: list[SearchEngine] = []

    def open_engine(**options: Any) -> SearchEngine:
        given = EngineOptions(tmp_path / "engine", embedder.model_id, embedder.dimension, **options)
        engines.append(ENGINES[request.param](given))
        return engines[-1]

    yield open_engine
    for engine in engines:
        engine.close()


@pytest.fixture(params=[False, True], ids=["unpublished", "published"])
def engine(request: pytest.FixtureRequest, opened: Callable[..., SearchEngine], catalog: Catalog) -> SearchEngine:
    """An engine that has published everything, and one that has published nothing."""
    engine = opened()
    if request.param:
        with catalog.view() as view:
            publish(engine, view)
    return engine


def publish(engine: SearchEngine, view: CatalogView, **options: Any) -> int:
    return engine.publish(view, lambda snapshot: Artifacts.default(snapshot.statistics), chunker="1", **options)


def remove_chunks(catalog: Catalog, paper_id: str) -> None:
    with catalog.write() as transaction:
        transaction.chunks.replace(paper_id, [], {})


def expected_shares(view: CatalogView, where: Filter, lang: str | None, unmatched: float) -> dict[int, float]:
    """Reference BM25 (Robertson & Zaragoza 2009), as a share of the query's information."""
    chunks = {row: (korean, text.split()) for row, korean, text in view.terms.all()}
    admitted = set(view.chunks.rows(where).tolist())
    average = sum(len(terms) for _, terms in chunks.values()) / len(chunks)

    def idf(group: WeightedTerms) -> float:
        held = sum(p * sum(term in terms for _, terms in chunks.values()) for term, p in group.terms.items())
        return group.weight * np.log((len(chunks) - held + 0.5) / (held + 0.5) + 1)

    scale = sum(map(idf, GROUPS)) + unmatched
    scores: dict[int, float] = {}
    for row, (korean, terms) in chunks.items():
        if row not in admitted or (lang and korean != (lang == "ko")):
            continue
        for group in GROUPS:
            frequency = sum(p * terms.count(term) for term, p in group.terms.items())
            share = idf(group) * group.trust * frequency * (K1 + 1)
            share /= (frequency + K1 * (1 - B + B * len(terms) / average)) * scale
            scores[row] = scores.get(row, 0.0) + share
    return scores


@pytest.mark.parametrize("where", FILTERS, ids=str)
def test_nearest_equals_an_exact_scan(engine: SearchEngine, catalog: Catalog, embedder: Any, where: Filter) -> None:
    with catalog.view() as view:
        snapshot = engine.snapshot(view)
        vectors = view.vectors.all(embedder.model_id, embedder.dimension)
        admitted = np.isin(vectors.rows, view.chunks.rows(where))
        for question in QUESTIONS:
            query = embedder.queries([question])[0]
            matches = snapshot.nearest(query, "ko", where)
            cosines = snapshot.means.center(vectors) @ snapshot.means.center_query(query, "ko")
            rows, scores = vectors.rows[admitted], cosines[admitted]
            assert matches.scores(rows).tolist() == pytest.approx(scores.tolist(), abs=1e-5)
            best = matches.best(10)
            assert {*best} <= {*rows.tolist()}
            assert {*best} >= {*rows[np.argsort(-scores)[:10]].tolist()}
            assert matches.best(0) == []


@pytest.mark.parametrize(("lang", "unmatched"), [(None, 0.0), ("ko", 0.0), ("en", 3.5)])
@pytest.mark.parametrize("where", FILTERS, ids=str)
def test_term_matches_equal_bm25(
    engine: SearchEngine, catalog: Catalog, where: Filter, lang: Any, unmatched: float
) -> None:
    with catalog.view() as view:
        matches = engine.snapshot(view).matching(GROUPS, where, lang=lang, unmatched=unmatched)
        expected = expected_shares(view, where, lang, unmatched)
        rows = view.chunks.rows(NO_FILTER)
        assert dict(zip(rows.tolist(), matches.scores(rows).tolist(), strict=True)) == pytest.approx(
            dict.fromkeys(rows.tolist(), 0.0) | expected, abs=1e-5
        )
        positive = sorted((row for row, score in expected.items() if score > 0), key=lambda row: -expected[row])
        for limit in (1, 5, 1_000):
            best = matches.best(limit)
            assert len(best) == len({*best})
            assert {*best} <= {*positive}
            least = expected[positive[min(limit, len(positive)) - 1]] if positive else 0.0
            assert all(row in best for row in positive if expected[row] > least + 1e-6)


def test_no_terms_match_nothing(engine: SearchEngine, catalog: Catalog) -> None:
    with catalog.view() as view:
        matches = engine.snapshot(view).matching([])
        rows = view.chunks.rows(NO_FILTER)
        assert matches.best(10) == []
        assert matches.scores(rows).tolist() == [0.0] * len(rows)


def test_unknown_rows_score_zero(engine: SearchEngine, catalog: Catalog, embedder: Any) -> None:
    rows = np.array([-1, 10**9], np.int64)
    with catalog.view() as view:
        snapshot = engine.snapshot(view)
        query = embedder.queries(["어텐션"])[0]
        for matches in (snapshot.nearest(query, "ko"), snapshot.matching(GROUPS)):
            assert matches.scores(rows).tolist() == [0.0, 0.0]
            assert matches.scores(rows[:0]).tolist() == []
            assert matches.scores(rows).dtype == np.float32


@pytest.mark.parametrize("where", FILTERS, ids=str)
def test_filter_admits_the_rows_of_the_catalog(engine: SearchEngine, catalog: Catalog, where: Filter) -> None:
    with catalog.view() as view:
        rows = view.chunks.rows(NO_FILTER)[::-1]
        admitted = {*view.chunks.rows(where).tolist()}
        kept = engine.snapshot(view).filter(rows, where)
        assert kept.tolist() == [row for row in rows.tolist() if row in admitted]


def test_statistics_are_those_of_the_catalog(engine: SearchEngine, catalog: Catalog) -> None:
    with catalog.view() as view:
        statistics = engine.snapshot(view).statistics
        expected = view.terms.document_frequency()
        assert dict(statistics.items()) == expected
        assert statistics.chunk_count == view.chunks.count()
        assert {term: statistics.document_frequency(term) for term in [*expected][:50]} == dict(
            [*expected.items()][:50]
        )
        assert statistics.document_frequency("nowhere") == 0
    # Statistics outlive their snapshot: a vocabulary keeps them.
    assert group_information(statistics, GROUPS)["absent"] == max(group_information(statistics, GROUPS).values())


def test_snapshots_have_the_revision_of_the_catalog(engine: SearchEngine, catalog: Catalog) -> None:
    with catalog.view() as view:
        snapshot = engine.snapshot(view)
        assert snapshot.revision == view.revision
        assert snapshot.version == engine.status().version


def test_publishing_counts_versions_and_keeps_artifacts(opened: Callable[..., SearchEngine], catalog: Catalog) -> None:
    engine = opened()
    learned = Artifacts(
        Lexicon(3, {}, {}),
        Calibration({"ko": Reached((0.2, 0.1), (1.0, 0.5), 1.2), "en": Reached((0.3, 0.1), (1.0, 0.5), 1.2)}),
    )
    with catalog.view() as view:
        assert engine.status().version is None
        assert engine.is_stale(view)
        assert engine.snapshot(view).artifacts.calibration == Calibration.default()
        assert publish(engine, view) == 1
        assert engine.publish(view, lambda _: learned, chunker="1") == 2
        assert engine.status().version == 2
        assert not engine.is_stale(view)
        assert engine.snapshot(view).artifacts == learned


def test_learning_sees_everything_that_is_published(opened: Callable[..., SearchEngine], catalog: Catalog) -> None:
    seen: list[int] = []
    with catalog.view() as view:
        chunks = view.chunks.count()

        def learn(snapshot: Any) -> Artifacts:
            seen.append(snapshot.statistics.chunk_count)
            assert snapshot.matching(GROUPS).best(1_000)
            return Artifacts.default(snapshot.statistics)

        opened().publish(view, learn, chunker="1")
    assert seen == [chunks]


def test_a_failed_publication_leaves_the_current_version(opened: Callable[..., SearchEngine], catalog: Catalog) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("stop")

    engine = opened()
    with catalog.view() as view:
        publish(engine, view)
        for options in ({"before_switch": fail}, {"observe": fail}):
            with pytest.raises(RuntimeError, match="stop"):
                publish(engine, view, **options)
            assert engine.status().version == 1
        engine.clean()
        assert engine.snapshot(view).version == 1


def test_removed_chunks_do_not_count_as_fresh(
    opened: Callable[..., SearchEngine], catalog: Catalog, embedder: Any
) -> None:
    """Chunks removed since may stay in a published version; chunks added since are found."""
    engine, gone = opened(), "1706.03762"
    with catalog.view() as view:
        publish(engine, view)
        chunks = [chunk for chunk in view.chunks.all() if chunk.paper_id == gone]
        rows = {*view.chunks.of_papers([gone])}
        terms = {chunk.chunk_id: "번역 attent" for chunk in chunks}
    with catalog.write() as transaction:
        transaction.chunks.replace(gone, [], {})
        transaction.chunks.replace(gone, chunks, terms)
    with catalog.view() as view:
        snapshot = engine.snapshot(view)
        fresh = {*view.chunks.of_papers([gone])}
        assert not fresh & rows
        assert fresh <= {*snapshot.matching(GROUPS).best(1_000)}
        assert fresh <= {*snapshot.matching(GROUPS, Filter(papers=(gone,))).best(1_000)}
        assert not rows & {*snapshot.matching(GROUPS, Filter(papers=(gone,))).best(1_000)}
        query = embedder.queries(["어텐션"])[0]
        assert {*snapshot.nearest(query, "ko", Filter(papers=(gone,))).best(1_000)} == fresh


def test_an_older_snapshot_stays_consistent(opened: Callable[..., SearchEngine], catalog: Catalog) -> None:
    engine = opened()
    with catalog.view() as old:
        before = engine.snapshot(old).statistics.chunk_count
        remove_chunks(catalog, "1706.03762")
        assert engine.snapshot(old).statistics.chunk_count == before
        with catalog.view() as new:
            assert engine.snapshot(new).statistics.chunk_count == new.chunks.count() < before


def test_compares_uncentered_vectors_if_centering_is_off(
    opened: Callable[..., SearchEngine], catalog: Catalog, embedder: Any
) -> None:
    engine = opened(centering=False)
    with catalog.view() as view:
        for _ in range(2):
            snapshot = engine.snapshot(view)
            vectors = view.vectors.all(embedder.model_id, embedder.dimension)
            query = embedder.queries(["어텐션"])[0]
            cosines = snapshot.nearest(query, "ko").scores(vectors.rows)
            assert cosines.tolist() == pytest.approx((vectors.matrix @ query).tolist(), abs=1e-4)
            assert not snapshot.means.korean.any()
            publish(engine, view)


def test_vectors_of_another_model_are_refused(opened: Callable[..., SearchEngine], catalog: Catalog) -> None:
    engine = opened()
    with catalog.write() as transaction:
        transaction.metadata.set("model_id", "another")
    with catalog.view() as view, pytest.raises(ConfigError, match="was built with another"):
        engine.snapshot(view)


def test_a_healthy_version_has_no_findings(engine: SearchEngine, catalog: Catalog) -> None:
    with catalog.view() as view:
        if engine.status().version is not None:
            assert [*engine.examine(view, thorough=True, publishing=False)] == []
        assert [finding.code for finding in engine.examine_files(publishing=False) if finding.code != "disk-low"] == []


def test_an_empty_catalog(opened: Callable[..., SearchEngine], tmp_path: Path, embedder: Any) -> None:
    with closing(Catalog.open(tmp_path / "empty.sqlite")) as catalog, catalog.view() as view:
        engine = opened()
        assert not engine.is_stale(view)
        snapshot = engine.snapshot(view)
        assert snapshot.statistics.chunk_count == 0
        assert snapshot.matching(GROUPS).best(5) == []
        assert snapshot.nearest(embedder.queries(["어텐션"])[0], "ko").best(5) == []
