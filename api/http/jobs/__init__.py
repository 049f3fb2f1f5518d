"""Jobs: changes of the index that a response does not wait for."""
