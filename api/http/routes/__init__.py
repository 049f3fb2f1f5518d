"""The HTTP routes, by subject. To add one, write a function; its docstring becomes its documentation."""

from fastapi import APIRouter

from . import digests, entries, feedback, papers, questions, service
from .dependencies import Measured, Queued, Shared, Working
from .table import requires

__all__ = ["Measured", "Queued", "Shared", "Working", "requires", "router"]

router = APIRouter()
for _subject in (questions, papers, digests, entries, feedback, service):
    router.include_router(_subject.router)
