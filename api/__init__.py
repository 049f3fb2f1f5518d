"""The public interfaces: the Python library, answers, conversations, language models and HTTP."""
