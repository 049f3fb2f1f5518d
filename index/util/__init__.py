"""Utilities: files, memory, timing and text cleaning."""
