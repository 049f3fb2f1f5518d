"""Domain model: papers, entries, chunks, hits, filters and errors, without I/O."""
