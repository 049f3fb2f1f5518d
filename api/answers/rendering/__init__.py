"""Answer rendering: layout, Markdown removal, titles and the fixed messages of answers."""
