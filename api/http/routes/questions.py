"""Routes that take a question: ask, search, explain, and translate words."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from ....index.domain.explanations import Explanation
from ....index.query.question import MAX_CHARACTERS
from ...results import Answer, Results, Translations
from .. import sse
from ..log import get_log
from ..schemas import (
    AskBody,
    AskResponse,
    ExplainBody,
    ExplanationResponse,
    SearchBody,
    SearchResponse,
    TranslationsResponse,
)
from .dependencies import Measured, Working
from .exports import represent, wanted
from .responses import ANSWERS, ERRORS, EXPORTS
from .table import requires

router = APIRouter(tags=["questions"])
_log = get_log("nonmun.questions")


@router.post("/v1/ask", response_model=AskResponse, responses=ERRORS | ANSWERS)
@requires("ask")
async def ask(
    request: Request, response: Response, body: AskBody, work: Working, metrics: Measured
) -> Response | Answer:
    """Answer a question with exact quotations, or abstain if nothing in the index answers it.

    With `stream`, the answer is sent as server-sent events: `hits`, then `token` and `citation`, and `done`, whose
    data is the body of the response without `stream`. A failure after the first event is an event `error`.
    """
    is_written = await work.writes(body)
    _log.debug("question", text=body.question)
    if body.stream:
        begun, resources = await work.stream(request, body, is_written=is_written)
        return sse.AnswerStream(begun, resources, metrics.count)
    answer = await work.ask(request, body, is_written=is_written)
    metrics.count(answer)
    return await represent(answer, wanted(request), work, response)


@router.post("/v1/search", response_model=SearchResponse, responses=ERRORS | EXPORTS)
@requires("read")
async def search(
    request: Request, response: Response, body: SearchBody, work: Working, metrics: Measured
) -> Response | Results:
    """Return the papers that best match a question, with the chunks that match it."""
    _log.debug("search", text=body.question)
    results = await work.run_for(request, lambda: work.library.answering.search(body))
    metrics.observe(results.timings)
    return await represent(results, wanted(request), work, response)


@router.post("/v1/explain", response_model=list[ExplanationResponse], responses=ERRORS)
@requires("read")
async def explain(request: Request, body: ExplainBody, work: Working) -> tuple[Explanation, ...]:
    """Explain why papers rank where they do for a question: their scores by channel, and the words that matched."""
    _log.debug("explain", text=body.question)
    return await work.run_for(
        request,
        lambda: work.library.explain(body.question, body.papers, where=body.where, as_of=body.as_of),
    )


@router.get("/v1/lexicon", response_model=TranslationsResponse, responses=ERRORS)
@requires("read")
async def translate(
    request: Request,
    words: Annotated[
        str,
        Query(max_length=MAX_CHARACTERS + 1_000, description="words in Korean or English", examples=["강화 학습"]),
    ],
    work: Working,
) -> Translations:
    """Return what the bilingual lexicon translates words to, with the evidence."""
    return await work.run_for(request, lambda: work.library.translations(words))
