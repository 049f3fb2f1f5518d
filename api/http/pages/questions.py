"""The page of questions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ....index.query.dates.window import today_in_seoul
from ...events import HitsEvent
from ...requests import AskRequest
from ...results import Answer
from ...web import views
from ...web.asking import AnswerView, Fields, chips, following_turns, parse_turns
from ...web.texts import Texts, choose_language
from ...web.views import Chip
from ..errors import SHUTDOWN
from ..guard import may
from ..routes.table import requires
from ..sse import EventStream, encode
from ..work import Work
from .events import page_events
from .forms import field_names, form_fields, form_filter
from .receipts import seal_answer
from .rendering import page, render, work_of

router = APIRouter(include_in_schema=False)


@router.get("/")
@requires("ask")
@page
async def ask(request: Request) -> Response:
    """Show the form of a question, and its answer."""
    work, form, texts = work_of(request), form_fields(request), Texts(choose_language(request))
    if not _question(form):
        status = await work.look_up(work.library.status)
        examples = await work.look_up(lambda: _examples(work))
        return render(
            request,
            "ask.html.j2",
            has_script=True,
            title=texts("ask"),
            answer=None,
            earlier=[],
            turns=[],
            status=status,
            examples=examples,
            form=dict(form),
            state=_state(request, texts, None),
        )
    body = _ask_request(form)
    is_written = await work.writes(body)
    answer = await work.ask(request, body, is_written=is_written)
    request.app.state.metrics.count(answer)
    view = await _view(request, body, answer)
    return render(
        request,
        "ask.html.j2",
        has_script=True,
        title=answer.question,
        answer=view,
        earlier=body.history,
        turns=following_turns(form, view.turn),
        form=dict(form),
        state=_state(request, texts, view),
        may_judge=may(request, "feedback"),
    )


@router.get("/ask/events")
@requires("ask")
async def ask_events(request: Request) -> Response:
    """Answer the question of a form as the events that the script of the page shows.

    They are `reading` (how it was understood), `line` (a part of the text, with the quotations behind it; it replaces
    one that was sent at the same place), `restart` (the lines so far are withdrawn), `done` (the whole answer) and
    `error`.
    """
    work, form, texts = work_of(request), form_fields(request), Texts(choose_language(request))
    body = _ask_request(form)
    is_written = await work.writes(body)
    begun, resources = await work.stream(request, body, is_written=is_written)

    async def complete(answer: Answer) -> AnswerView:
        request.app.state.metrics.count(answer)
        return await _view(request, body, answer)

    def read(event: HitsEvent) -> Sequence[Chip]:
        hits = {hit.paper_id: hit for hit in event.hits}
        return chips(event.interpretation, form, body.where, texts, field_names(texts), hits)

    return EventStream(page_events(begun, read, complete), resources, lambda: encode(SHUTDOWN.body, "error"))


async def _view(request: Request, body: AskRequest, answer: Answer) -> AnswerView:
    """Return what the page shows of an answer."""
    work, texts = work_of(request), Texts(choose_language(request))
    seal = await seal_answer(request, body, answer)
    days = (await work.look_up(work.library.status)).days if answer.reason == "outside_window" else ()
    return AnswerView.of(answer, form_fields(request), body.where, texts, field_names(texts), seal, days)


def _question(form: Fields) -> str:
    return next((value for key, value in form if key == "q"), "")


def _ask_request(form: Fields) -> AskRequest:
    """Return what a form asks.

    Raises:
        InputError: a field is invalid.
    """
    ignored = [value for key, value in form if key == "ignore"]
    # A day that ends while the question is answered does not change what "today" meant, in what is shared of it either.
    return AskRequest.from_input(
        _question(form),
        where=form_filter(form),
        as_of=today_in_seoul(),
        history=parse_turns(form),
        ignore=ignored,
    )


def _state(request: Request, texts: Texts, view: AnswerView | None) -> dict[str, Any]:
    """Return what the script of the page starts with."""
    return {
        "texts": texts.of_script,
        "lang": texts.lang,
        "may_judge": may(request, "feedback"),
        "answer": view.as_json() if view else None,
    }


def _examples(work: Work) -> list[str]:
    """Return names of papers of the newest digest, for example questions."""
    days = work.library.status().days
    if not days:
        return []
    return views.example_names([entry.paper for entry in work.library.digest(days[-1]).entries])
