"""The HTTP interface: `create_app` returns the FastAPI application of a library."""

from .app import create_app

__all__ = ["create_app"]
