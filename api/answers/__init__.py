"""Hits to cited answers."""
