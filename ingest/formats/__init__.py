"""Digest formats: files parsed into entries."""
