"""Evaluation runs: the run model, its storage and its provenance."""
