"""Facts in text: numerals, units, quantities and entities, with offsets."""
