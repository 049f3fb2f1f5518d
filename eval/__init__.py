"""Measuring: how well questions find their papers, and what answers are worth."""
