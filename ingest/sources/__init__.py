"""Source abstracts: from a JSONL file, from arXiv, from the Hugging Face papers API."""
