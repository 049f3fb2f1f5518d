"""Answer rendering: the layout of answers and their boilerplate messages."""
