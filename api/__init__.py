"""Asking: the Python door, answers, HTTP."""
