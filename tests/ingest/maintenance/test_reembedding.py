"""Re-embedding: the index equals that of an ingest with the new model, whatever interrupts the run."""

from __future__ import annotations

import shutil
import signal
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nonmun import BusyError, ConfigError, Library, ModelError
from nonmun.index.catalog.lock import find_lock_holder
from nonmun.index.domain.vectors import Matrix
from nonmun.index.engine.store import GenerationStore

DIGEST = "2025-03-03.md"
QUESTION = "2106.09685 저랭크 행렬"
NEW = {"model": ["hash-48"], "dimension": 48, "window": 40}  # a window so small that long sections are split


@pytest.fixture
def new(hash_embedder) -> Any:
    return resized(hash_embedder("hash-48"))


def resized(embedder: Any) -> Any:
    embedder.dimension, embedder.window = NEW["dimension"], NEW["window"]
    return embedder


@pytest.fixture(scope="module")
def old_index(tmp_path_factory: pytest.TempPathFactory, samples: Path, hash_embedder) -> Path:
    folder = tmp_path_factory.mktemp("old") / "data"
    with Library.open(folder, embedding=hash_embedder()) as library:
        library.ingest(samples / "digests" / DIGEST, samples / "abstracts.jsonl")
    return folder


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory, samples: Path, hash_embedder, state) -> dict[str, Any]:
    """The state after an ingest of the same files with the new model."""
    folder, embedder = tmp_path_factory.mktemp("new") / "data", resized(hash_embedder("hash-48"))
    with Library.open(folder, embedding=embedder) as library:
        library.ingest(samples / "digests" / DIGEST, samples / "abstracts.jsonl")
    return state(folder, embedder)


@pytest.fixture
def folder(old_index: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(old_index, tmp_path / "data"))


def ids(library: Library) -> list[str]:
    return [hit.paper_id for hit in library.search(QUESTION).hits]


def test_result_equals_an_ingest_with_the_new_model(folder: Path, new, state, expected) -> None:
    with Library.open(folder, embedding=new) as library:
        steps: list[Any] = []
        done = library.reembed(observe=steps.append)
        assert (done.before, done.model_id, done.dimension) == ("hash-64", "hash-48", 48)
        assert done.rechunked > 0
        assert done.embedded == len(set(new.read) & {chunk.passage for chunk in library.chunks()})
        assert done.chunks == len(library.chunks())
        assert all(step.done <= step.total for step in steps if step.total)
        assert {"embed", "publish:verify", "commit", "publish:switch"} <= {step.what for step in steps}
    assert state(folder, new) == expected
    generations = GenerationStore(folder / "generations")
    assert [path.name for path in generations.folder.glob("[0-9]*")] == [str(generations.current())]
    assert find_lock_holder(folder) is None


def test_same_model_does_nothing(folder: Path, embedder) -> None:
    with Library.open(folder, embedding=embedder) as library:
        rev = library.status().rev
        done = library.reembed()
        assert (done.before, done.embedded, done.rechunked, done.judged) == ("hash-64", 0, 0, 0)
        assert (library.status().rev, embedder.read) == (rev, [])


def test_empty_index_needs_no_change(tmp_path: Path, new) -> None:
    with Library.open(tmp_path / "data", embedding=new) as library:
        done = library.reembed()
        assert (done.before, done.chunks, done.generation) == (None, 0, None)


def test_every_method_rejects_another_model_and_names_the_remedy(folder: Path, new, samples: Path) -> None:
    with Library.open(folder, embedding=new) as library:
        for method in (
            lambda: library.search(QUESTION),
            lambda: library.ask(QUESTION),
            lambda: library.translations("행렬"),
            lambda: library.ingest(samples / "digests"),
        ):
            with pytest.raises(ConfigError, match=r"built with hash-64.*in use is hash-48.*`nonmun reembed`"):
                method()


def test_interrupted_run_is_resumed(folder: Path, new, embedder, state, expected) -> None:
    class StopError(Exception):
        pass

    def stop(step: Any) -> None:
        if step.what == "embed" and len(new.read) >= 64:
            raise StopError

    with Library.open(folder, embedding=new) as library:
        with pytest.raises(StopError):
            library.reembed(observe=stop)
        before = list(new.read)
        with Library.open(folder, embedding=embedder) as old:
            assert ids(old)[0] == "2106.09685"
            assert {finding.code for finding in old.examine()} <= {"vectors-foreign", "vectors-orphaned", "disk-low"}
            assert any("nonmun reembed" in finding.cure for finding in old.examine())
        done = library.reembed()
        assert done.embedded > 0
        chunks = {chunk.passage for chunk in library.chunks()}
        assert not set(before) & set(new.read[len(before) :]) & chunks  # no passage is embedded twice
    assert state(folder, new) == expected


def test_invalid_vectors_prevent_the_switch(folder: Path, hash_embedder, embedder) -> None:
    class Broken(hash_embedder):
        def passages(self, texts: Sequence[str]) -> Matrix:
            matrix = super().passages(texts)
            matrix[0] = np.nan
            return matrix

    with (
        Library.open(folder, embedding=Broken("hash-broken")) as library,
        pytest.raises(ModelError, match="keeps its former model"),
    ):
        library.reembed()
    with Library.open(folder, embedding=embedder) as library:
        assert library.status().model_id == "hash-64"
        assert ids(library)[0] == "2106.09685"


def test_other_jobs_are_refused_meanwhile(folder: Path, new, embedder, samples: Path) -> None:
    with Library.open(folder, embedding=new) as library, Library.open(folder, embedding=embedder) as other:
        refused: list[str] = []

        def try_others(step: Any) -> None:
            if step.what == "commit":
                for job in (other.reembed, lambda: other.ingest(samples / "digests")):
                    with pytest.raises(BusyError, match="is writing"):
                        job()
                    refused.append(step.what)

        library.reembed(observe=try_others)
        assert len(refused) == 2


def test_reader_of_the_old_model_answers_until_the_switch_then_raises(folder: Path, new, embedder) -> None:
    before: list[list[str]] = []
    errors: list[str] = []
    wrong: list[Any] = []
    stop = threading.Event()
    with Library.open(folder, embedding=embedder) as reader, Library.open(folder, embedding=new) as library:
        expected_hits = reader.search(QUESTION).hits

        def search() -> None:
            while not stop.is_set():
                try:
                    hits = reader.search(QUESTION).hits
                    before.append([hit.paper_id for hit in hits])
                    if errors or hits != expected_hits:
                        wrong.append(hits)
                except ConfigError as error:
                    errors.append(str(error))
                except Exception as error:
                    wrong.append(error)

        thread = threading.Thread(target=search)
        thread.start()
        try:
            library.reembed()
            assert ids(library)[0] == "2106.09685"
        finally:
            stop.set()
            thread.join()
        with pytest.raises(ConfigError, match="was built with hash-48, but the model in use is hash-64"):
            reader.ask(QUESTION)
    assert wrong == []
    assert before


@pytest.mark.parametrize("kind", ["step", pytest.param("statement", marks=pytest.mark.slow)])
def test_kill_leaves_one_model_or_the_other(
    kind: str, servers, folder: Path, tmp_path: Path, hash_embedder, state, expected
) -> None:
    check_kills(servers, folder, tmp_path, hash_embedder, state, expected, kind, 3)


@pytest.mark.slow
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("kind", ["step", "statement"])
def test_kills_everywhere(kind: str, servers, folder: Path, tmp_path: Path, hash_embedder, state, expected) -> None:
    count = check_kills(servers, folder, tmp_path, hash_embedder, state, expected, kind, 100_000)
    print(f"\nkills at every {kind}: {count}")


def check_kills(servers, start: Path, tmp: Path, hash_embedder, state, expected, kind: str, most: int) -> int:
    """Kill at up to `most` steps or statements, and before and after the switch; return the number of kills."""
    job = {"what": "reembed", **NEW}
    server = servers.get()
    clean = server.ingest(Path(shutil.copytree(start, tmp / "clean")), job)
    servers.put(server)
    assert clean["exit"] == 0
    # The last position that leaves the old model: a process killed there has not committed the new one.
    last, switch = clean[f"{kind}s"], clean["switch"][kind]
    positions = sorted({*range(1, last + 1, max(1, last // most)), switch, switch + 1})
    models = {"hash-64": hash_embedder(), "hash-48": resized(hash_embedder("hash-48"))}

    def kill(position: int) -> str:
        folder, server = Path(shutil.copytree(start, tmp / f"{kind}{position}")), servers.get()
        try:
            assert server.ingest(folder, job, **{kind: position})["exit"] == -signal.SIGKILL
            answering = [name for name, model in models.items() if answers(folder, model)]
            assert len(answering) == 1, (kind, position, answering)
            assert server.ingest(folder, job)["exit"] == 0
        finally:
            servers.put(server)
        assert state(folder, models["hash-48"]) == expected, (kind, position)
        shutil.rmtree(folder)
        return answering[0]

    with ThreadPoolExecutor(2) as pool:
        answering = list(pool.map(kill, positions))
    assert answering == sorted(answering, reverse=True)  # the old model before the switch, the new one after it
    around_switch = {answering[positions.index(switch)], answering[positions.index(switch + 1)]}
    assert around_switch == set(models), (positions, answering)
    return len(positions)


def answers(folder: Path, model: Any) -> bool:
    """Return whether a library answers with a model; check its answer if it does."""
    with Library.open(folder, embedding=model) as library:
        if library.status().model_id != model.model_id:
            with pytest.raises(ConfigError, match="nonmun reembed"):
                library.search(QUESTION)
            return False
        assert ids(library)[0] == "2106.09685"
        return True
