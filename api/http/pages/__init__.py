"""The routes of the web pages."""

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles

from ...web import FOLDER
from . import days, feeds, login, papers, places, questions, receipts, search, status


def add_pages(app: FastAPI) -> None:
    """Add the pages, and the style sheet and icon that they use."""
    for subject in (questions, search, places, papers, days, feeds, receipts, status, login):
        app.include_router(subject.router)
    app.mount("/static", StaticFiles(directory=FOLDER / "static"), name="static")
