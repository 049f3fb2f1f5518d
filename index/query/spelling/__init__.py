"""Spelling correction: keyboard layout, Hangul composition and spacing."""
