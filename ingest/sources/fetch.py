"""Fetches abstracts from a list of sources: each paper from the first source that has it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ...index.domain.arxiv_ids import parse_arxiv_id
from ...index.util.batching import batches
from .arxiv import ArxivSource
from .base import AbstractSource, FetchOutcome, SourceFactory
from .config import SourceConfig
from .http.client import HttpClient
from .http.timing import SYSTEM_TIMING, Timing
from .huggingface import HuggingFaceSource

SOURCES: tuple[SourceFactory, ...] = (ArxivSource, HuggingFaceSource)
"""The sources, in the order in which they are tried."""

_MAX_FAILURES = 3


def fetch_abstracts(
    paper_ids: Sequence[str],
    config: SourceConfig,
    *,
    sources: Sequence[SourceFactory] = SOURCES,
    timing: Timing = SYSTEM_TIMING,
) -> Iterator[list[FetchOutcome]]:
    """Fetch the abstracts of papers.

    A paper that a source does not have, or fails to deliver, is requested from the next one: by default from arXiv,
    then from Hugging Face, whose abstracts are arXiv's own, so that a day on which arXiv throttles is not lost. A
    paper that no source has is `not_found`, unless one of them failed: then it is `failed`.

    A source is given up for the rest of the call after three failed batches in a row, each after all its attempts;
    the papers that it should still deliver fail at once, with that reason. With both default sources down, a call
    ends within twenty minutes, however many papers it is for.

    Args:
        paper_ids: ids without version; a repeated one is requested once.
        config: addresses and limits.
        sources: makes the sources, in order; at least one.
        timing: clocks, sleep and jitter.

    Yields:
        The outcomes of one batch, of at most the first source's batch size; each paper is in exactly one batch.
        Nothing is held between two batches: the caller may take its time, or stop.
    """
    http = HttpClient(config, timing)
    chain = [_GuardedSource(make(config, http)) for make in sources]
    distinct = list(dict.fromkeys(paper_ids))
    for batch in batches(distinct, chain[0].source.batch_size):
        valid = [paper_id for paper_id in batch if _is_valid(paper_id)]
        reason = "not an arXiv id without version"
        invalid = [FetchOutcome(paper_id, "not_found", reason=reason) for paper_id in batch if paper_id not in valid]
        yield invalid + _fetch_batch(valid, chain)


class _GuardedSource:
    """A source that is given up after three failed batches in a row."""

    def __init__(self, source: AbstractSource) -> None:
        self.source = source
        self._failures = 0
        self._last_fault = ""

    def fetch(self, paper_ids: Sequence[str]) -> Sequence[FetchOutcome]:
        if self._failures >= _MAX_FAILURES:
            reason = f"{self.source.name}: given up after {self._failures} failures in a row: {self._last_fault}"
            return [FetchOutcome(paper_id, "failed", reason=reason) for paper_id in paper_ids]
        result = self.source.fetch(paper_ids)
        self._failures = self._failures + 1 if result.fault else 0
        self._last_fault = result.fault
        return result.outcomes


def _fetch_batch(paper_ids: Sequence[str], chain: Sequence[_GuardedSource]) -> list[FetchOutcome]:
    outcomes: dict[str, FetchOutcome] = {}
    for guarded in chain:
        missing = [paper_id for paper_id in paper_ids if not _is_found(outcomes.get(paper_id))]
        for part in batches(missing, guarded.source.batch_size):
            for outcome in guarded.fetch(part):
                outcomes[outcome.paper_id] = _merge(outcomes.get(outcome.paper_id), outcome)
    return [outcomes[paper_id] for paper_id in paper_ids]


def _is_found(outcome: FetchOutcome | None) -> bool:
    return outcome is not None and outcome.status == "found"


def _merge(earlier: FetchOutcome | None, later: FetchOutcome) -> FetchOutcome:
    """Combine the outcomes of two sources, of which the first did not deliver the paper."""
    if earlier is None or later.status == "found":
        return later
    status = "failed" if "failed" in (earlier.status, later.status) else "not_found"
    return FetchOutcome(later.paper_id, status, reason=f"{earlier.reason}; {later.reason}")


def _is_valid(paper_id: str) -> bool:
    arxiv_id = parse_arxiv_id(paper_id)
    return arxiv_id is not None and arxiv_id.paper_id == paper_id
