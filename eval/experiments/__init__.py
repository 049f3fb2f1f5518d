"""Evaluation experiments: run a dataset, summarize, compare and gate runs."""
