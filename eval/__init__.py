"""Evaluation of retrieval and answers: datasets, runs, measures, experiments, annotation and reports."""
