"""A fake upstream, a configuration that points to it, and time that does not pass."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from nonmun.ingest.sources.fetch import Outcome, Upstream, fetch_abstracts

_SPEC = importlib.util.spec_from_file_location("fake_upstream", Path(__file__).parent / "fake_upstream.py")
assert _SPEC
assert _SPEC.loader
_FAKE = importlib.util.module_from_spec(_SPEC)
sys.modules["fake_upstream"] = _FAKE  # dataclasses look their module up
_SPEC.loader.exec_module(_FAKE)


class Time:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def clock(self) -> float:
        return self.now


@pytest.fixture
def fake() -> ModuleType:
    return _FAKE


@pytest.fixture
def server() -> Iterator[Any]:
    with _FAKE.running() as server:
        yield server


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def upstream(server: Any, tmp_path: Path) -> Callable[..., Upstream]:
    return partial(
        Upstream,
        state=tmp_path / "state",
        arxiv_url=f"{server.url}/api/query",
        huggingface_url=f"{server.url}/api/papers",
        deadline=5.0,
        contact="somebody@example.org",
    )


@pytest.fixture
def fetch(upstream: Callable[..., Upstream], time: Time) -> Callable[..., dict[str, Outcome]]:
    """Fetch with the fake time; gives outcomes by id, each id once."""

    def fetch(*paper_ids: str, **configuration: Any) -> dict[str, Outcome]:
        outcomes = [
            one
            for batch in fetch_abstracts(
                paper_ids, upstream(**configuration), sleep=time.sleep, clock=time.clock, jitter=lambda: 0.5
            )
            for one in batch
        ]
        found = {one.paper_id: one for one in outcomes}
        assert len(outcomes) == len(found)
        assert set(found) == set(paper_ids)
        for one in outcomes:
            assert (one.abstract is not None) == (one.status == "found") == (not one.reason)
            assert "\n" not in one.reason
        return found

    return fetch
