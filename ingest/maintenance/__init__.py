"""Index maintenance: repair and re-embedding."""
