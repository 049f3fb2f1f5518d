"""Evaluation measures: the measure registry, retrieval and answer measures, and the statistics that compare them."""
