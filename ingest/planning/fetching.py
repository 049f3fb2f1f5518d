"""Which papers to ask for upstream, and what the answers change."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ...index.catalog.base import CatalogView
from ...index.domain.papers import Provenance, SourceStatus
from ..report import Report
from .changes import Change

if TYPE_CHECKING:
    from ..sources.config import SourceConfig

_ASK_AGAIN = timedelta(days=7)  # what no source knew may have been submitted since


def wanted_upstream(view: CatalogView, spoken: set[str], now: datetime, refresh: timedelta | None) -> list[str]:
    """The papers whose abstract is missing, or older than `refresh`; of the catalog, and of `spoken`."""
    known = view.papers.ids() | spoken
    stands = view.papers.provenance(known)
    return sorted(key for key in known if _is_wanted(stands.get(key, Provenance()), now, refresh))


def _is_wanted(source: Provenance, now: datetime, refresh: timedelta | None) -> bool:
    if source.status == "found":
        return refresh is not None and _older(source.fetched_at, now, refresh)
    return source.status != "not_found" or refresh is not None or _older(source.tried_at, now, _ASK_AGAIN)


def _older(stamp: str | None, now: datetime, age: timedelta) -> bool:
    return stamp is None or now - datetime.fromisoformat(stamp) >= age


def plan_fetch(
    wanted: Sequence[str], upstream: SourceConfig, report: Report, step: Callable[[str], object]
) -> Iterator[Change]:
    """One change for each batch that upstream answered, or did not.

    Args:
        wanted: paper ids.
        upstream: whom to ask, and how politely.
        report: is told the outcomes.
        step: told before each batch.
    """
    from ..sources.fetch import fetch_abstracts  # brings httpx: a fifth of a second that only a fetch shall cost

    step("fetch")
    for outcomes in fetch_abstracts(wanted, upstream):
        found = [one.abstract for one in outcomes if one.abstract]
        failures: list[tuple[str, SourceStatus, str]] = [
            (one.paper_id, one.status, one.reason) for one in outcomes if not one.abstract
        ]
        report.fetched += len(found)
        report.not_found += sum(status == "not_found" for _, status, _ in failures)
        report.fetch_failed += sum(status == "failed" for _, status, _ in failures)
        yield Change("fetch", len(outcomes), sources=found, failures=failures)
        step("fetch")
