"""The routes of the web pages."""

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from ...web import FOLDER
from . import login, pages


def add_pages(app: FastAPI) -> None:
    """Add the pages, and the style sheet and icon that they use."""
    app.include_router(pages.router)
    app.include_router(login.router)
    app.mount("/static", StaticFiles(directory=FOLDER / "static"), name="static")
