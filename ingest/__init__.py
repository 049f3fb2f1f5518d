"""Papers in: digests and abstracts to what the index keeps."""
