"""Trust assessment of summaries: detection of refusals, and consistency with the paper's abstract."""
