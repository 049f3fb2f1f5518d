"""A loopback server with the APIs of both sources, a configuration for it, and a clock that only sleeping advances."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from nonmun.ingest.sources.base import FetchOutcome
from nonmun.ingest.sources.config import SourceConfig
from nonmun.ingest.sources.fetch import fetch_abstracts
from nonmun.ingest.sources.http.timing import Timing

_SPEC = importlib.util.spec_from_file_location("fake_upstream", Path(__file__).parent / "fake_upstream.py")
assert _SPEC
assert _SPEC.loader
_FAKE = importlib.util.module_from_spec(_SPEC)
sys.modules["fake_upstream"] = _FAKE  # dataclasses look their module up
_SPEC.loader.exec_module(_FAKE)


class FakeTime:
    """A clock that only sleeping advances; deadlines run on the real one."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.slept: list[float] = []
        self.timing = Timing(self.sleep, lambda: self.now, jitter=lambda: 0.5)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


@pytest.fixture
def fake() -> ModuleType:
    return _FAKE


@pytest.fixture
def server() -> Iterator[Any]:
    with _FAKE.running() as server:
        yield server


@pytest.fixture
def time() -> FakeTime:
    return FakeTime()


@pytest.fixture
def config(server: Any, tmp_path: Path) -> Callable[..., SourceConfig]:
    return partial(
        SourceConfig,
        state=tmp_path / "state",
        arxiv_url=f"{server.url}/api/query",
        huggingface_url=f"{server.url}/api/papers",
        deadline=60.0,
        contact="somebody@example.org",
    )


@pytest.fixture
def fetch(config: Callable[..., SourceConfig], time: FakeTime) -> Callable[..., dict[str, FetchOutcome]]:
    """Fetch with the fake time; returns outcomes by id, after checking that there is one for each."""

    def fetch(*paper_ids: str, **settings: Any) -> dict[str, FetchOutcome]:
        batches = fetch_abstracts(paper_ids, config(**settings), timing=time.timing)
        outcomes = [outcome for batch in batches for outcome in batch]
        by_id = {outcome.paper_id: outcome for outcome in outcomes}
        assert len(outcomes) == len(by_id)
        assert set(by_id) == set(paper_ids)
        for outcome in outcomes:
            assert (outcome.abstract is not None) == (outcome.status == "found") == (not outcome.reason)
            assert "\n" not in outcome.reason
        return by_id

    return fetch
