"""The routes of the web pages."""

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from ...web import FOLDER
from . import days, feeds, login, papers, questions


def add_pages(app: FastAPI) -> None:
    """Add the pages, and the style sheet and icon that they use."""
    for subject in (questions, papers, days, feeds, login):
        app.include_router(subject.router)
    app.mount("/static", StaticFiles(directory=FOLDER / "static"), name="static")
