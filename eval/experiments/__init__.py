"""Evaluation experiments: run a dataset, summarise, compare and gate runs."""
