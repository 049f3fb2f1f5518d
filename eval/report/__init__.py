"""HTML report of runs on one page: measures, slices, curves, latencies, answers and the hardest queries."""

from __future__ import annotations

from .page import render_report, write_report

__all__ = ["render_report", "write_report"]
