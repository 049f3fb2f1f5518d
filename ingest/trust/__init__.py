"""What a summary is worth: said by its own words, and held against the paper's abstract."""
