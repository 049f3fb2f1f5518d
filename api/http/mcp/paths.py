"""The path of the MCP server."""

from __future__ import annotations

MCP_PATH = "/mcp"
