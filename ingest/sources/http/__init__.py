"""Bounded HTTP access: deadlines, size limits, address checks and rate limits."""
