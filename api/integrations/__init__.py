"""Adapters that plug nonmun into other frameworks."""
