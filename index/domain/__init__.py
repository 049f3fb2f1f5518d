"""Domain: frozen dataclasses for papers, entries, chunks, hits, filters, trust and findings, and the exceptions."""
