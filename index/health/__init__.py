"""Index health: read-only checks of the catalog and of the published index."""
