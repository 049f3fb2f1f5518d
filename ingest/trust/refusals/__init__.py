"""Refusals: detect summaries whose writer did not read the paper."""
