"""Query understanding: intent, sections, dates, spelling and answer language."""
