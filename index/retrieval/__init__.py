"""Retrieval: from a search request to ranked papers with evidence."""
