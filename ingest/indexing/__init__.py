"""Indexing: chunk, embed and write changes, and assess their trust."""
