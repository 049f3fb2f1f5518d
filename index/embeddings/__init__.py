"""Embedding models: the Embedder protocol and its implementations."""
