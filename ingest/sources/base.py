"""The interface of an abstract source, and its results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from ...index.domain.papers import Abstract
from .config import SourceConfig
from .http.client import HttpClient


@dataclass(frozen=True, slots=True)
class FetchOutcome:
    """The result of looking for one paper's abstract.

    Attributes:
        paper_id: the id that was asked for.
        status: `found`; `not_found` if the sources replied and do not have it; `failed` if a source that may have it
            could not be used, which is worth another try later.
        abstract: if found.
        reason: one line, if not found or failed.
    """

    paper_id: str
    status: Literal["found", "not_found", "failed"]
    abstract: Abstract | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class FetchResult:
    """The reply of a source to one batch.

    Attributes:
        outcomes: one for each paper of the batch.
        fault: why the batch failed as a whole; empty if the source replied. A source whose batches keep failing is
            given up for the rest of the run.
    """

    outcomes: Sequence[FetchOutcome]
    fault: str = ""


class AbstractSource(Protocol):
    """Fetches abstracts by arXiv id. A new source is a class in a file of its own and a line in `fetch.SOURCES`.

    Attributes:
        name: shown in the reasons of outcomes.
        batch_size: the largest number of papers that `fetch` takes.
    """

    name: str
    batch_size: int

    def fetch(self, paper_ids: Sequence[str]) -> FetchResult:
        """Fetch a batch of papers. Failures of the source are outcomes, not exceptions.

        Args:
            paper_ids: valid ids without version, each once.
        """
        ...


SourceFactory = Callable[[SourceConfig, HttpClient], AbstractSource]
"""Makes a source, which sends its requests through the client."""
