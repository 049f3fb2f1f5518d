"""The local engine: generation plus fresh rows equal the catalog, and a lost generation changes no result."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nonmun import Library
from nonmun.index.catalog.database import Catalog
from nonmun.index.domain.errors import IndexDamagedError
from nonmun.index.domain.vectors import Vectors, unit_rows
from nonmun.index.engine.base import EngineOptions
from nonmun.index.engine.centering import LanguageMeans
from nonmun.index.engine.generation import Generation, checksum
from nonmun.index.engine.local import LocalEngine
from nonmun.index.engine.store import GenerationStore

QUESTIONS = ["어텐션만으로 번역", "low-rank adaptation of large models", "확산 모델의 잡음", "speech recognition"]


def current(folder: Path) -> Path:
    return folder / "generations" / (folder / "generations" / "CURRENT").read_text("ascii")


def answers(library: Library) -> list[list[tuple[str, float]]]:
    found = [library.search(question, 5).hits for question in QUESTIONS]
    return [[(hit.paper_id, round(hit.score, 3)) for hit in hits] for hits in found]


@pytest.fixture(autouse=True, params=["0", "1000"], ids=["chroma", "scanned"])
def scanned(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Run every test with a search through Chroma, and with an exact scan."""
    monkeypatch.setenv("NONMUN_SEARCH__SCANNED", request.param)
    return int(request.param)


@pytest.fixture
def data(library: Library, samples: Path) -> Path:
    """A published generation of all samples, not yet opened for a search."""
    library.ingest(samples / "digests", samples / "abstracts.jsonl")
    return library.settings.data


@pytest.fixture
def catalog(data: Path) -> Iterator[Catalog]:
    catalog = Catalog.open(data / "catalog.sqlite")
    yield catalog
    catalog.close()


def check_against_brute_force(data: Path, catalog: Catalog, embedder, fresh: int, scanned: int) -> None:
    options = EngineOptions(data / "generations", embedder.model_id, embedder.dimension, scanned)
    engine = LocalEngine.open(options)
    generation = engine.generation()
    assert generation is not None
    with catalog.view() as view:
        everything = view.vectors.all(embedder.model_id, embedder.dimension)
        assert view.chunks.count_after(generation.manifest.rev) == fresh
        snapshot = engine.snapshot(view)
        for question in QUESTIONS:
            vector = embedder.queries([question])[0]
            matches = snapshot.nearest(vector, "ko")
            means = generation.data.means
            scores = means.center(everything) @ means.center_query(vector, "ko")
            assert {*matches.best(1_000)} >= {*everything.rows.tolist()}
            assert matches.scores(everything.rows).tolist() == pytest.approx(scores.tolist(), abs=1e-4)
            nearest = everything.rows[np.argsort(-scores)[:5]].tolist()
            assert {*matches.best(5)} >= {*nearest}
    engine.close()


def test_a_whole_generation_equals_brute_force(data: Path, catalog: Catalog, embedder, scanned: int) -> None:
    check_against_brute_force(data, catalog, embedder, 0, scanned)


def test_generation_and_fresh_rows_equal_brute_force(
    library: Library, data: Path, catalog, embedder, tmp_path: Path, scanned: int
) -> None:
    body = "## 2505.00001\n🔗 https://arxiv.org/abs/2505.00001\n\n**Summary**:\n## 결과\n확산 모델로 음성을 인식한다."
    (tmp_path / "2025-03-07.md").write_text(body, "utf-8")
    assert library.ingest(tmp_path / "2025-03-07.md").generation == 1
    check_against_brute_force(data, catalog, embedder, 1, scanned)


def test_too_many_fresh_rows_are_published(library: Library, samples: Path) -> None:
    days = sorted((samples / "digests").iterdir())
    assert [library.ingest(day).generation for day in days] == [1, 2, 3, 4]
    folder = library.settings.data / "generations"
    assert sorted(path.name for path in folder.iterdir()) == ["3", "4", "CURRENT"]


def test_does_not_find_removed_rows(library: Library, samples: Path) -> None:
    library.ingest(samples / "digests")
    gone = "2106.09685"
    assert any(f"{gone}:summary@2025-03-06" in chunk_id for chunk_id in found_chunks(library, gone))
    library.remove(f"{gone}@2025-03-06")
    chunk_ids = found_chunks(library, gone)
    assert chunk_ids
    assert not any(f"{gone}:summary@2025-03-06" in chunk_id for chunk_id in chunk_ids)


def found_chunks(library: Library, paper_id: str) -> set[str]:
    return {evidence.chunk_id for hit in library.search(f"{paper_id} 결과", 100).hits for evidence in hit.evidence}


def test_another_library_finds_new_rows_at_once(library: Library, samples: Path, embedder) -> None:
    days = sorted((samples / "digests").iterdir())
    library.ingest(days[0])
    with Library.open(library.settings.data, embedding=embedder) as other:
        assert not any(hit.paper_id == "2004.04906" for hit in other.search("DPR", 100).hits)
        library.ingest(days[3])
        assert any(hit.paper_id == "2004.04906" for hit in other.search("DPR", 100).hits)
        assert answers(other) == answers(library)
        assert other.search("DPR").generation == 2


def remove(folder: Path) -> None:
    shutil.rmtree(folder)


def remove_the_store(folder: Path) -> None:
    shutil.rmtree(folder / "chroma")


def overwrite(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file() and path.name != "manifest.json":
            path.write_bytes(b"\xff" * path.stat().st_size)


def damage_the_manifest(folder: Path) -> None:
    (folder / "manifest.json").write_text("{", "utf-8")


def truncate_the_means(folder: Path) -> None:
    (folder / "means.npy").write_bytes(b"")


@pytest.mark.parametrize("damage", [remove, remove_the_store, overwrite, damage_the_manifest, truncate_the_means])
def test_a_damaged_generation_changes_no_result(data: Path, tmp_path: Path, samples: Path, embedder, damage) -> None:
    copy = Path(shutil.copytree(data, tmp_path / "copy"))
    with Library.open(data, embedding=embedder) as whole:
        expected = answers(whole)
    damage(current(copy))
    with Library.open(copy, embedding=embedder) as library:
        assert answers(library) == expected
        read = len(embedder.read)
        report = library.ingest(samples / "digests", samples / "abstracts.jsonl")
        assert (report.embedded, len(embedder.read)) == (0, read)
        assert answers(library) == expected
    assert report.generation == 2


def test_scans_the_catalog_if_current_is_unreadable(data: Path, library: Library) -> None:
    expected = answers(library)
    (data / "generations" / "CURRENT").write_text("?", "utf-8")
    assert answers(library) == expected
    assert library.search("어텐션").generation is None


def test_republishes_if_current_is_unreadable(data: Path, library: Library, samples: Path) -> None:
    expected = answers(library)
    (data / "generations" / "CURRENT").write_text("?", "utf-8")
    assert library.ingest(samples / "digests").generation == 2
    assert answers(library) == expected


@pytest.mark.parametrize(("key", "value"), [("model_id", "other-64"), ("dimension", 32)])
def test_replaces_a_generation_of_another_model(
    data: Path, library: Library, samples: Path, embedder, key: str, value: object
) -> None:
    """A re-embedding killed between the switch of the catalog and that of the generation leaves this state."""
    expected = answers(library)
    manifest = current(data) / "manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text("utf-8")) | {key: value}), "utf-8")
    with Library.open(data, embedding=embedder) as other:
        assert answers(other) == expected
        assert other.search("어텐션").generation is None
        assert other.ingest(samples / "digests").generation == 2
        assert other.search("어텐션").generation == 2


def test_manifest_describes_the_catalog(data: Path, catalog: Catalog, embedder) -> None:
    generations = GenerationStore(data / "generations")
    number = generations.current()
    assert number == 1
    manifest = json.loads((generations.path(number) / "manifest.json").read_text("utf-8"))
    with catalog.view() as view:
        vectors = view.vectors.all(embedder.model_id, embedder.dimension)
        assert (manifest["rows"], manifest["rev"], manifest["checksum"]) == (
            view.chunks.count(),
            view.revision,
            checksum(vectors),
        )


MATRICES = arrays(np.float32, st.tuples(st.integers(0, 12), st.just(4)), elements=st.floats(-1, 1, width=32))


@given(MATRICES, st.integers(0, 12))
def test_centered_rows_have_unit_or_zero_length(matrix, korean: int) -> None:
    vectors = Vectors(np.arange(len(matrix)), np.arange(len(matrix)) < korean, unit_rows(matrix))
    centered = LanguageMeans.of(vectors).center(vectors)
    lengths = np.linalg.norm(centered, axis=1)
    assert centered.dtype == np.float32
    assert np.all((np.abs(lengths - 1) < 1e-3) | (lengths == 0))


@given(MATRICES, st.integers(0, 12))
def test_centering_is_reversible(matrix, korean: int) -> None:
    vectors = Vectors(np.arange(len(matrix)), np.arange(len(matrix)) < korean, unit_rows(matrix))
    means = LanguageMeans.of(vectors)
    again = means.uncentered(means.centered(vectors))
    whole = np.linalg.norm(vectors.matrix, axis=1) > 0.5  # texts with a zero vector cannot be recovered
    np.testing.assert_allclose(again.matrix[whole], vectors.matrix[whole], atol=2e-3)


def test_compares_uncentered_vectors_if_centering_is_off(data: Path, catalog: Catalog, embedder) -> None:
    options = EngineOptions(data / "generations", embedder.model_id, embedder.dimension, 0, centering=False)
    engine = LocalEngine.open(options)
    with catalog.view() as view:
        everything, snapshot = view.vectors.all(embedder.model_id, embedder.dimension), engine.snapshot(view)
        for question in QUESTIONS:
            vector = embedder.queries([question])[0]
            matches = snapshot.nearest(vector, "ko")
            exact = (everything.matrix @ vector).tolist()
            assert sorted(matches.best(1_000)) == everything.rows.tolist()
            np.testing.assert_allclose(matches.scores(everything.rows), exact, atol=1e-4)
        assert not snapshot.means.korean.any()
    engine.close()


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory, hash_embedder) -> Path:
    """A generation large enough for Chroma to store its graph."""
    folder = tmp_path_factory.mktemp("large")
    entry = "## {0}\n🔗 https://arxiv.org/abs/{0}\n\n**Summary**:\nPaper {1} about topic {2}.\n\n"
    text = "".join(entry.format(f"2505.{number:05}", number, number * 7919 % 1_009) for number in range(1_500))
    (folder / "2025-05-01.md").write_text(text, "utf-8")
    with Library.open(folder / "data", embedding=hash_embedder()) as library:
        assert library.ingest(folder).generation == 1
    return folder


def overwrite_graph(folder: Path) -> None:
    files = list((current(folder) / "chroma").rglob("*.bin"))
    assert files
    for path in files:
        path.write_bytes(b"\xff" * path.stat().st_size)


def test_does_not_use_a_damaged_graph(large: Path, tmp_path: Path, embedder) -> None:
    copy = Path(shutil.copytree(large / "data", tmp_path / "copy"))
    overwrite_graph(copy)
    with Library.open(large / "data", embedding=embedder) as whole, Library.open(copy, embedding=embedder) as library:
        assert answers(library) == answers(whole)


def test_rebuilds_a_damaged_graph(large: Path, tmp_path: Path, embedder) -> None:
    copy = Path(shutil.copytree(large / "data", tmp_path / "copy"))
    overwrite_graph(copy)
    with Library.open(copy, embedding=embedder) as library:
        assert library.ingest(large / "2025-05-01.md").generation == 2
        assert library.search("topic 5").generation == 2
    assert embedder.read == []


def test_does_not_use_damaged_vectors(large: Path, tmp_path: Path, embedder) -> None:
    copy = Path(shutil.copytree(large / "data", tmp_path / "copy"))
    for path in (current(copy) / "chroma").rglob("data_level0.bin"):
        path.write_bytes(b"\xff" * path.stat().st_size)
    with Library.open(large / "data", embedding=embedder) as whole, Library.open(copy, embedding=embedder) as library:
        assert answers(library) == answers(whole)


def test_does_not_reopen_a_closed_generation(data: Path) -> None:
    generation = Generation.open(current(data))
    vectors = generation.data.vectors.matrix[:1]
    assert generation.nearest(vectors, 1)[0]
    generation.close()
    shutil.rmtree(current(data))
    with pytest.raises(IndexDamagedError, match="closed"):
        generation.nearest(vectors, 1)
    assert not current(data).exists()
