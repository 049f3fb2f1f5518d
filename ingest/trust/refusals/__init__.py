"""Refusals: detect summaries whose author did not read the paper."""
