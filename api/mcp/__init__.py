"""The MCP server: tools, resources and prompts for language models, over standard streams and HTTP."""
