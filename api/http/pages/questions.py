"""The pages of questions and searches."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Request
from fastapi.responses import Response

from ....index.domain.arxiv_ids import parse_arxiv_id
from ...conversation.turns import MAX_TURNS, Turn
from ...requests import AskRequest, SearchRequest
from ...web import views
from ...web.texts import Texts, choose_language
from ..routes.table import requires
from ..work import Work
from .forms import field_names, form_fields, form_filter
from .rendering import page, render, work_of

_HITS = 20

router = APIRouter(include_in_schema=False)


@router.get("/")
@requires("ask")
@page
async def ask(request: Request) -> Response:
    """Show the form of a question, and its answer."""
    work, form, texts = work_of(request), form_fields(request), Texts(choose_language(request))
    question = next((value for key, value in form if key == "q"), "")
    turns = _turns(form)
    if not question:
        status = await work.look_up(work.library.status)
        examples = await work.look_up(lambda: _examples(work))
        return render(
            request, "ask.html.j2", title=texts("ask"), question="", status=status, examples=examples, form=dict(form)
        )
    where = form_filter(form)
    body = AskRequest.from_input(question, where=where, history=turns)
    is_written = await work.writes(body)
    answer = await work.ask(request, body, is_written=is_written)
    request.app.state.metrics.count(answer)
    return render(
        request,
        "answer.html.j2",
        title=answer.question,
        question=question,
        answer=answer,
        lines=views.answer_lines(answer),
        quotations=views.quotations(answer),
        chips=views.filter_chips(where, form, field_names(texts), texts.all),
        turns=[*turns, Turn.of(answer)][-MAX_TURNS:],
        earlier=turns,
        form=dict(form),
    )


def _turns(form: Sequence[tuple[str, str]]) -> list[Turn]:
    """Return the earlier turns that a form sends: a question, and the papers of its answer, for each."""
    questions = [value for key, value in form if key == "asked"]
    papers = [value for key, value in form if key == "about"]
    return [
        Turn(question, tuple(found.paper_id for name in names.split(",") if (found := parse_arxiv_id(name))))
        for question, names in zip(questions, papers, strict=False)
    ][-MAX_TURNS:]


def _examples(work: Work) -> list[str]:
    """Return names of papers of the newest digest, for example questions."""
    days = work.library.status().days
    if not days:
        return []
    return views.example_names([entry.paper for entry in work.library.digest(days[-1]).entries])


@router.get("/search")
@requires("read")
@page
async def search(request: Request) -> Response:
    """Show the form of a search, and the papers that it finds."""
    work, form, texts = work_of(request), form_fields(request), Texts(choose_language(request))
    question = next((value for key, value in form if key == "q"), "")
    where = form_filter(form)
    results = None
    if question:
        body = SearchRequest.from_input(question, _HITS, where=where)
        results = await work.run_for(request, lambda: work.library.answering.search(body))
        request.app.state.metrics.observe(results.timings)
    return render(
        request,
        "search.html.j2",
        title=question or texts("search"),
        question=question,
        hits=views.hit_views(results.hits) if results else None,
        results=results,
        chips=views.filter_chips(where, form, field_names(texts), texts.all),
        form=dict(form),
    )
