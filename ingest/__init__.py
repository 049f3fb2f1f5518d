"""Ingestion: parse digests and abstracts, and index them."""
