"""Search engines: vector and term indexes built from the catalog, behind one protocol."""
