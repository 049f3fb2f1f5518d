"""Date expressions in Korean and English, resolved to a window of days."""
