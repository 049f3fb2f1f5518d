"""The HTTP door: `create_app` makes a FastAPI application of a library."""

from .app import create_app

__all__ = ["create_app"]
