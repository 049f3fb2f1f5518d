"""Evaluation measures: retrieval, answers, and the statistics that compare them."""
