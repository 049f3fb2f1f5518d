"""Calibration: what unrelated questions reach in an index, measured at each publish."""
