"""Consistency checks: compare the claims of a summary with the paper's abstract."""
