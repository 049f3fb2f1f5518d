"""Limits of the engine that configuration refers to; imports nothing."""

EXACT_SCAN_ROWS = 50_000
"""Up to this many vectors an exact scan is as fast as an HNSW graph, misses nothing and has nothing to load first
(benchmarks/scale.py)."""
