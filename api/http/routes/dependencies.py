"""What routes work with: annotated types that FastAPI fills in."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Path, Request

from ...library import Library
from ..jobs.runner import Jobs
from ..telemetry import Metrics
from ..work import Work

PaperId = Annotated[str, Path(description="arXiv id, in any notation", examples=["2505.09264"])]
DigestDate = Annotated[str, Path(description="day of the digests, YYYY-MM-DD", examples=["2025-05-16"])]


def _library(request: Request) -> Library:
    return request.app.state.work.library


def _work(request: Request) -> Work:
    return request.app.state.work


def _metrics(request: Request) -> Metrics:
    return request.app.state.metrics


def _jobs(request: Request) -> Jobs:
    return request.app.state.jobs


Shared = Annotated[Library, Depends(_library)]
"""The library that the application answers from; calls that wait belong in `Work.look_up`, or in a plain function."""

Working = Annotated[Work, Depends(_work)]
"""What runs the work of requests."""

Measured = Annotated[Metrics, Depends(_metrics)]
"""The metrics of the process."""

Queued = Annotated[Jobs, Depends(_jobs)]
"""What runs changes that a response does not wait for."""
