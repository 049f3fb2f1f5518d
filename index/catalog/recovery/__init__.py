"""Recovery of the catalog: backup and restore, integrity checks and repairs."""
