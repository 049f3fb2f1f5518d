"""Entity linking: question words to names in the index, across scripts and spelling errors."""
