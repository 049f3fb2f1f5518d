"""The web pages: server-rendered, readable without JavaScript, and without a request to any other host."""

from pathlib import Path

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from . import login, pages


def add_pages(app: FastAPI) -> None:
    """Add the pages, and the style sheet and icon that they use."""
    app.include_router(pages.router)
    app.include_router(login.router)
    app.mount("/static", StaticFiles(directory=Path(__file__).parent / "static"), name="static")
