"""What is known, and how it is found: nouns, catalog, vectors, words, search."""
