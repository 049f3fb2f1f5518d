"""Ingestion planning: compare what was read with the catalog, and derive the changes."""
