"""Fixtures of the API tests: an index of the samples, an HTTP server over it, and a server of a language model."""

from __future__ import annotations

import importlib.util
import os
import shutil
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx
import pytest
import uvicorn

from nonmun import Library, Settings
from nonmun.api.http import create_app
from nonmun.api.keys import KeyStore, Scope
from nonmun.settings import HttpConfig

SAMPLES = Path(__file__).parents[2] / "samples"

_SPEC = importlib.util.spec_from_file_location("model_server", Path(__file__).parent / "model_server.py")
assert _SPEC
assert _SPEC.loader
_MODELS = importlib.util.module_from_spec(_SPEC)
sys.modules["model_server"] = _MODELS
_SPEC.loader.exec_module(_MODELS)

Serve = Callable[[Library], AbstractContextManager[httpx.Client]]


@pytest.fixture(scope="session")
def model_cache() -> Path:
    return Path(os.environ.get("NONMUN_CACHE") or Path.home() / ".cache" / "nonmun")


@pytest.fixture(scope="session")
def sample_library(tmp_path_factory: pytest.TempPathFactory, model_cache: Path) -> Iterator[Library]:
    settings = Settings(data=tmp_path_factory.mktemp("samples"), cache=model_cache)
    with Library.open(settings=settings) as library:
        report = library.ingest(SAMPLES / "digests", SAMPLES / "abstracts.jsonl")
        assert (report.days, report.papers, report.problems) == (4, 17, [])
        yield library


@pytest.fixture(scope="session")
def chunk_texts(sample_library: Library) -> dict[str, str]:
    with closing(sqlite3.connect(sample_library.settings.data / "catalog.sqlite")) as connection:
        return dict(connection.execute("SELECT chunk_id, text FROM chunks"))


@pytest.fixture
def empty_library(tmp_path: Path, model_cache: Path) -> Iterator[Library]:
    with Library.open(settings=Settings(data=tmp_path / "empty", cache=model_cache)) as library:
        yield library


def wait_until(is_so: Callable[[], object], seconds: float = 120) -> None:
    """Wait until a condition holds; a machine ten times slower has time enough."""
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@contextmanager
def running(app: Any, **options: Any) -> Generator[tuple[uvicorn.Server, int]]:
    """Run an application on a free loopback port in a thread; yield the server and its port."""
    # `ws="none"` because the API has no web sockets.
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", ws="none", **options))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    wait_until(lambda: server.started or not thread.is_alive())
    assert server.started, "the server ended before it started"
    try:
        yield server, server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(60)
        assert not thread.is_alive()


@contextmanager
def served(
    library: Library,
    keys: KeyStore | None = None,
    host: str = "127.0.0.1",
    anonymous: Sequence[Scope] = (),
    **config: Any,
) -> Generator[httpx.Client]:
    """Serve a library, with limits that refuse nothing on a slow machine unless they are given."""
    limits = HttpConfig(**{"wait": 300, "queue": 1_000} | config)
    app = create_app(library, limits, host=host, keys=keys, anonymous=anonymous)
    with (
        running(app, proxy_headers=False) as (_, port),
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60, trust_env=False) as client,
    ):
        yield client


class Failing:
    """An embedder that fails at questions."""

    def __init__(self, embedder: Any, error: Exception) -> None:
        self._embedder, self._error = embedder, error

    def __getattr__(self, name: str) -> Any:
        return getattr(self._embedder, name)

    def queries(self, texts: object) -> Any:
        raise self._error


def bearer(secret: str) -> dict[str, str]:
    """Return the header that holds a key."""
    return {"authorization": f"Bearer {secret}"}


@pytest.fixture
def keys(tmp_path: Path) -> Iterator[KeyStore]:
    with closing(KeyStore(tmp_path / "keys.sqlite")) as store:
        yield store


@pytest.fixture(scope="session")
def serve() -> Serve:
    return served


@pytest.fixture(scope="session")
def client(sample_library: Library) -> Iterator[httpx.Client]:
    with served(sample_library) as client:
        yield client


@pytest.fixture(scope="session")
def models() -> ModuleType:
    """The behaviors of the language model server."""
    return _MODELS


@pytest.fixture
def model_server() -> Iterator[Any]:
    """A language model server on the loopback interface with programmable behavior."""
    with _MODELS.ModelServer() as server:
        yield server


@pytest.fixture
def written(sample_library: Library, model_server: Any) -> Iterator[Library]:
    """The library of the samples with `model_server` as its language model."""
    update = {"llm_url": model_server.url, "llm_model": "m", "llm_first_token": 1.0, "llm_gap": 1.0}
    settings = sample_library.settings.model_copy(update=update)
    with Library.open(settings=settings, embedding=sample_library.embedder, create=False) as library:
        yield library


@pytest.fixture
def patient(written: Library) -> Iterator[Library]:
    """As `written`, with a language model that is waited for as long as a test takes."""
    update = {"llm_first_token": 600.0, "llm_gap": 600.0, "llm_timeout": 600.0}
    settings = written.settings.model_copy(update=update)
    with Library.open(settings=settings, embedding=written.embedder, create=False) as library:
        yield library


@pytest.fixture(scope="session")
def scratch_index(tmp_path_factory: pytest.TempPathFactory, hash_embedder: Any) -> Path:
    """A data directory with the samples and a small embedding model, to be copied by tests that change it."""
    folder = tmp_path_factory.mktemp("scratch") / "data"
    with Library.open(folder, embedding=hash_embedder()) as library:
        library.ingest(SAMPLES / "digests", SAMPLES / "abstracts.jsonl")
    return folder


@pytest.fixture
def scratch(tmp_path: Path, scratch_index: Path, hash_embedder: Any) -> Iterator[Library]:
    """A library of the samples that a test may change."""
    shutil.copytree(scratch_index, tmp_path / "data")
    with Library.open(tmp_path / "data", embedding=hash_embedder(), create=False) as library:
        yield library
