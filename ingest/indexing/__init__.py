"""Indexing: chunk, embed and store changes, and assess their trust."""
