"""Selection of the abstracts to fetch, and planning of the changes for the results."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ...index.catalog.base import CatalogView
from ...index.domain.papers import Provenance, SourceStatus
from ..report import IngestReport
from .changes import Change

if TYPE_CHECKING:
    from ..sources.config import SourceConfig

_RETRY_NOT_FOUND = timedelta(days=7)  # a paper may have been submitted since
_BIBLIOGRAPHIES = 200  # fetched again in a run, of abstracts from before bibliographies were stored: ten requests


def papers_to_fetch(view: CatalogView, new_papers: set[str], now: datetime, max_age: timedelta | None) -> list[str]:
    """Return the papers whose abstract is missing or outdated, and some whose authors are not known.

    Args:
        view: the catalog.
        new_papers: papers that are about to be stored.
        now: the time, with time zone.
        max_age: the age from which an abstract is outdated; None for none.
    """
    candidates = view.papers.ids() | new_papers
    provenance = view.papers.provenance(candidates)
    due = {key for key in candidates if _is_due(provenance.get(key, Provenance()), now, max_age)}
    return sorted(due.union(view.papers.without_bibliography(_BIBLIOGRAPHIES)))


def _is_due(source: Provenance, now: datetime, max_age: timedelta | None) -> bool:
    if source.status == "found":
        return max_age is not None and _is_older(source.fetched_at, now, max_age)
    return source.status != "not_found" or max_age is not None or _is_older(source.tried_at, now, _RETRY_NOT_FOUND)


def _is_older(timestamp: str | None, now: datetime, age: timedelta) -> bool:
    return timestamp is None or now - datetime.fromisoformat(timestamp) >= age


def plan_fetch(
    paper_ids: Sequence[str], config: SourceConfig, report: IngestReport, on_step: Callable[[str], object]
) -> Iterator[Change]:
    """Fetch abstracts; yield one change for each batch.

    Args:
        paper_ids: the papers.
        config: of the sources.
        report: receives the numbers of outcomes.
        on_step: called before each batch.
    """
    from ..sources.fetch import fetch_abstracts  # imports httpx: a fifth of a second that only a fetch should cost

    on_step("fetch")
    for outcomes in fetch_abstracts(paper_ids, config):
        abstracts = [outcome.abstract for outcome in outcomes if outcome.abstract]
        failures: list[tuple[str, SourceStatus, str]] = [
            (outcome.paper_id, outcome.status, outcome.reason) for outcome in outcomes if not outcome.abstract
        ]
        report.fetched += len(abstracts)
        report.not_found += sum(status == "not_found" for _, status, _ in failures)
        report.fetch_failed += sum(status == "failed" for _, status, _ in failures)
        yield Change("fetch", len(outcomes), abstracts=abstracts, failures=failures)
        on_step("fetch")
