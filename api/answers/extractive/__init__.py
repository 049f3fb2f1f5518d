"""Extractive answers: select quotations from the search result and compose them by intent."""
