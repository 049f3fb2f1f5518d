"""Answers: quotations of the search result, composed extractively or written by a language model and verified."""
