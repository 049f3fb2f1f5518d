"""One page that shows runs: measures, slices, curves, latencies, answers, and the queries that went worst."""

from __future__ import annotations

from .page import render_report, write_report

__all__ = ["render_report", "write_report"]
