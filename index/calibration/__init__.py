"""Calibration: what unrelated questions and the papers' own titles reach in an index, measured at each publish."""
