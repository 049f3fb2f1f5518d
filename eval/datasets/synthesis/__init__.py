"""Dataset synthesis: known-item queries from an index, and questions written by a language model."""
