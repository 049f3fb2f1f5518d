"""Facts in text: numerals, units, quantities and entities with offsets, and whether they agree."""
