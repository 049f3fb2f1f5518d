"""The OpenAI-compatible routes: conversations in OpenAI's formats, answered with numbered citations."""
