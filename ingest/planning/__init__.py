"""Ingestion planning: compare documents with the catalog and derive the changes."""
