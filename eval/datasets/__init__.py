"""Evaluation datasets: queries, relevance judgments, file formats and synthesis."""
