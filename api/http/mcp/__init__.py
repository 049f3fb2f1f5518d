"""The MCP server over HTTP: one route, on the terms of all others."""
