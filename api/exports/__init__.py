"""Exports: papers, answers, search results and days as BibTeX, RIS, CSL-JSON and Markdown."""
