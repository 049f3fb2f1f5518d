"""Consistency: compare a summary's claims with the paper's abstract."""
