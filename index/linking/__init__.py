"""Entity linking: words of a question resolved to terms and papers of the index."""
