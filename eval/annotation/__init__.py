"""Manual annotation: pools the papers of several runs and records a person's relevance judgments."""
