"""Fetches source abstracts: arXiv first, in batches, and Hugging Face for what arXiv does not give."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence

import httpx

from ...index.domain.arxiv_ids import parse_arxiv_id
from .arxiv import BATCH, ask_arxiv
from .config import Upstream
from .http.client import Client
from .huggingface import ask_huggingface
from .outcome import Outcome
from .source import Source, Timing

__all__ = ["Outcome", "Upstream", "fetch_abstracts"]


def fetch_abstracts(
    paper_ids: Sequence[str],
    upstream: Upstream,
    *,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.time,
    monotonic: Callable[[], float] = time.monotonic,
    jitter: Callable[[], float] = random.random,
    transport: httpx.BaseTransport | None = None,
) -> Iterator[list[Outcome]]:
    """Look for the abstracts of papers.

    arXiv is asked first. What it does not have, or cannot be asked for, is asked of Hugging Face, whose abstracts
    are arXiv's own; so a day on which arXiv throttles is not lost. A paper that arXiv could not be asked for and
    Hugging Face does not have is `failed`, not `not_found`.

    A source is given up for the rest of the call once three batches in a row (of Hugging Face: three papers) failed
    as a whole, each after all its attempts; what it was still to be asked for fails at once, with that reason. With
    both sources down a call thus ends within twenty minutes at worst, however many papers were asked for.

    Args:
        paper_ids: ids without version; one that is repeated is asked for once.
        upstream: where and how.
        sleep: takes seconds; one that does not sleep needs a clock that it moves.
        clock: seconds since the epoch, as the user's other processes see them.
        monotonic: the clock of the deadlines.
        jitter: numbers from 0 to 1.
        transport: what carries the requests; None for the one that checks addresses and keeps the deadline.

    Yields:
        A list of outcomes a batch, of at most 20 papers; each paper is in exactly one of them. Nothing is held
        between two lists, so the caller may take its time, or stop.

    Raises:
        Nothing for what an upstream does: those are outcomes.
    """
    timing = Timing(sleep, clock, jitter)
    client = Client(upstream, transport, clock, monotonic)
    try:
        arxiv = Source(client, upstream, upstream.arxiv_url, upstream.pause, timing)
        huggingface = Source(client, upstream, upstream.huggingface_url, upstream.huggingface_pause, timing)
        wanted = list(dict.fromkeys(paper_ids))
        for start in range(0, len(wanted), BATCH):
            yield list(_batch(wanted[start : start + BATCH], upstream, arxiv, huggingface))
    finally:
        client.close()


def _batch(paper_ids: list[str], upstream: Upstream, arxiv: Source, huggingface: Source) -> Iterator[Outcome]:
    asked = [one for one in paper_ids if _is_plain(one)]
    for one in paper_ids:
        if one not in asked:
            yield Outcome(one, "not_found", reason="is no arXiv id (without a version)")
    if not asked:
        return
    for first in ask_arxiv(arxiv, upstream.arxiv_url, asked):
        if first.status == "found":
            yield first
        else:
            yield _either(first, ask_huggingface(huggingface, upstream.huggingface_url, first.paper_id))


def _is_plain(paper_id: str) -> bool:
    parsed = parse_arxiv_id(paper_id)
    return parsed is not None and parsed.paper_id == paper_id


def _either(first: Outcome, second: Outcome) -> Outcome:
    """What two sources say of a paper that the first did not give."""
    if second.status == "found":
        return second
    status = "failed" if "failed" in (first.status, second.status) else "not_found"
    return Outcome(first.paper_id, status, reason=f"{first.reason}; {second.reason}")
