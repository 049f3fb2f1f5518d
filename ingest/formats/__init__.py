"""Digest formats: Markdown and JSONL documents parsed into entries."""
