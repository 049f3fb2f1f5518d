"""Making datasets: known items out of what the index holds, and questions that a language model writes."""
