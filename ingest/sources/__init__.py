"""Abstracts of papers: fetched from arXiv and the Hugging Face papers API, or read from a JSONL file."""
