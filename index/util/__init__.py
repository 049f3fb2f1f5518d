"""Utilities: batches, files, memory, timing and text cleaning."""
