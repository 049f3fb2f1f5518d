"""Sharing an answer, its page, and feedback on it: what the pages' forms send, and what they lead to."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, replace
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from ....index.domain.errors import InputError
from ...exports.formats import FORMATS, MEDIA_TYPES, SUFFIXES, ExportFormat
from ...exports.negotiation import content_type
from ...feedback import StoredFeedback, Vote
from ...library import Library
from ...receipts.checks import CheckedReceipt, check_receipt, paper_finder
from ...receipts.model import Made, PinnedRequest, Receipt
from ...receipts.replay import compare_answers
from ...receipts.seal import Sealer
from ...receipts.store import ReceiptStore
from ...requests import AskRequest
from ...results import Answer
from ...web import views
from ...web.asking import quotations_of
from ...web.texts import Texts, choose_language
from ..errors import Failure, RefusedError
from ..guard import may, root_path
from ..routes.table import requires
from .forms import field_names
from .rendering import page, render, work_of

_MAX_FIELDS = 20
_NO_CACHE = {"cache-control": "no-cache"}  # what is removed from the index must not come from a cache
_MARKDOWN = ".md"

P = ParamSpec("P")
Route = Callable[Concatenate[Request, P], Awaitable[Response]]

router = APIRouter(include_in_schema=False)


def page_or_json(route: Route[P]) -> Route[P]:
    """Return a route whose failures are pages for browsers and problem details for programs."""
    shown = page(route)

    @wraps(route)
    async def guarded(request: Request, *args: P.args, **kwargs: P.kwargs) -> Response:
        return await (route if _wants_json(request) else shown)(request, *args, **kwargs)

    return guarded


async def seal_answer(request: Request, body: AskRequest, answer: Answer) -> str:
    """Return a sealed answer, for the forms that share and judge it; empty where it cannot be sealed.

    Args:
        request: the request of the page.
        body: the question.
        answer: the answer.
    """
    work, sealer = work_of(request), _sealer(request)
    return await work.look_up(lambda: sealer.seal(Receipt.of(answer, body, _made(work.library)))) or ""


@router.post("/answers")
@requires("ask")
@page_or_json
async def share(request: Request) -> Response:
    """Store an answer, and lead to its page."""
    fields, work = await _form(request), work_of(request)

    def store() -> str:
        return _receipts(request).add(_sent(request, fields), work.library.paper)

    receipt_id = await work.store(store)
    href = f"{root_path(request.scope)}/answers/{receipt_id}"
    if _wants_json(request):
        return JSONResponse({"id": receipt_id, "href": href}, 201, {"location": href})
    return RedirectResponse(href, 303)


@router.post("/answers/check")
@requires("read")
async def check_answer(request: Request) -> Response:
    """Tell what the index does not hold any more of an answer that a browser has kept."""
    fields, work = await _form(request), work_of(request)

    def check() -> dict[str, Any]:
        checked = _checked(request, fields)
        lost = {check.number: check.state for check in checked.checks if check.state != "held"}
        return {"lost": lost, "withheld": sorted(checked.withheld)}

    return JSONResponse(await work.look_up(check), headers=_NO_CACHE)


@router.post("/answers/export")
@requires("ask")
@page_or_json
async def export_answer(request: Request) -> Response:
    """Return an answer, as far as the index still holds it, as a file of an export format."""
    fields, work = await _form(request), work_of(request)
    wanted = fields.get("format", "")
    if wanted not in FORMATS:
        raise InputError("format", f"is {wanted!r} (expected one of {', '.join(FORMATS)})")
    export_format: ExportFormat = wanted

    def export() -> str:
        return work.library.export(_checked(request, fields).shown_answer(), export_format)

    headers = _NO_CACHE | {"content-disposition": f'attachment; filename="answer{SUFFIXES[export_format]}"'}
    text = await work.look_up(export)
    return Response(text.encode("utf-8", "replace"), headers=headers, media_type=content_type(export_format))


@router.get("/answers/{receipt_id}")
@requires("read")
@page_or_json
async def shared_answer(request: Request, receipt_id: str) -> Response:
    """Show a stored answer, as far as the index still holds it; with `replay`, beside the answer of today."""
    work, texts = work_of(request), Texts(choose_language(request))
    is_export = receipt_id.endswith(_MARKDOWN)
    stored_id = receipt_id.removesuffix(_MARKDOWN)
    receipt = await work.look_up(lambda: _receipts(request).get(stored_id))
    replayed: tuple[Answer, Made] | None = None
    if "replay" in request.query_params and not is_export:
        if not may(request, "ask"):
            raise RefusedError(Failure(403, "forbidden", "asking again needs a key with the scope ask"))
        body = receipt.request.as_request()
        answer = await work.ask(request, body, is_written=await work.writes(body))
        replayed = answer, await work.look_up(lambda: _made(work.library))
    # Checked last, so that nothing is shown that was removed meanwhile.
    checked = await work.look_up(lambda: check_receipt(receipt, paper_finder(work.library.paper)))
    if is_export:
        text = await work.look_up(lambda: work.library.export(checked.shown_answer(), "markdown"))
        return Response(text, headers=_NO_CACHE, media_type=MEDIA_TYPES["markdown"])
    replay = compare_answers(checked, *replayed) if replayed else None
    if _wants_json(request):
        return JSONResponse(
            checked.as_json(stored_id) | ({"replay": asdict(replay)} if replay else {}), headers=_NO_CACHE
        )
    shown = checked.receipt.answer
    response = render(
        request,
        "receipt.html.j2",
        title=shown.question,
        receipt_id=stored_id,
        receipt=checked.receipt,
        lines=_lines(checked),
        quotations=quotations_of(shown),
        checks={check.number: check for check in checked.checks},
        lost=sum(check.state != "held" for check in checked.checks),
        conditions=_conditions(checked.receipt.request, texts),
        replay=replay,
        compared=[(line.kind, _plain(line.text)) for line in replay.lines] if replay else [],
        may_ask=may(request, "ask"),
    )
    response.headers.update(_NO_CACHE)
    return response


@router.post("/feedback")
@requires("feedback")
@page_or_json
async def send_feedback(request: Request) -> Response:
    """Store what is said about an answer, and lead to a page that says thanks."""
    fields, work = await _form(request), work_of(request)
    by = getattr(request.state, "key_id", "")

    def store() -> Vote:
        vote = Vote.on(
            _sent(request, fields), fields.get("kind", ""), fields.get("quotation", ""), fields.get("note", ""), by
        )
        request.app.state.feedback.add(vote)
        return vote

    vote = await work.store(store)
    if _wants_json(request):
        return JSONResponse(asdict(StoredFeedback.of(vote)), 201)
    return RedirectResponse(f"{root_path(request.scope)}/feedback", 303)


@router.get("/feedback")
@requires("feedback")
@page
async def thanks(request: Request) -> Response:
    """Say thanks for feedback."""
    return render(request, "feedback.html.j2", title=Texts(choose_language(request))("feedback_thanks"))


def _lines(checked: CheckedReceipt) -> list[views.AnswerLine]:
    """Return the lines of a checked answer; those that are withheld have a kind of their own."""
    lines = views.answer_lines(checked.receipt.answer)
    return [replace(line, kind="withheld") if at in checked.withheld else line for at, line in enumerate(lines)]


def _plain(text: str) -> str:
    """Return a line of an answer's text as people read it."""
    line = views.answer_line(text, (), ())
    source = f" [{line.paper_id}]" if line.paper_id else ""
    return f"{line.text}{source}{f' · {line.days}' if line.days else ''}"


def _conditions(asked: PinnedRequest, texts: Texts) -> list[str]:
    """Return the conditions of a request, as shown."""
    names, where = field_names(texts), asked.where
    fields: Mapping[str, tuple[str, object]] = {
        "since": ("", where.since),
        "until": ("", where.until),
        "section": ("section_", where.sections),
        "source": ("source_", where.source),
        "text": ("text_", where.lang),
        "trust": ("trust_", where.trust),
        "author": ("", where.authors),
        "category": ("", where.categories),
        "paper": ("", where.papers),
    }
    conditions = [names["by"]] if where.by == "published" else []
    for name, (prefix, value) in fields.items():
        values = value if isinstance(value, tuple) else (value,) if value else ()
        if values:
            shown = ", ".join(texts.all.get(f"{prefix}{item}", str(item)) if prefix else str(item) for item in values)
            conditions.append(f"{names[name]}: {shown}")
    return conditions + [texts(f"ignored_{inference}") for inference in asked.ignore]


async def _form(request: Request) -> dict[str, str]:
    """Return the fields of a form, each with its first value.

    Raises:
        InputError: they are too many.
    """
    body = (await request.body()).decode("utf-8", "replace")
    try:
        fields = parse_qs(body, keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError as error:
        raise InputError("body", f"has more than {_MAX_FIELDS} fields") from error
    return {name: values[0] for name, values in fields.items()}


def _sent(request: Request, fields: Mapping[str, str]) -> Receipt:
    """Return the answer that a form sends back.

    Raises:
        InputError: it is damaged, or was not sealed here.
    """
    return _sealer(request).unseal(fields.get("answer", ""))


def _checked(request: Request, fields: Mapping[str, str]) -> CheckedReceipt:
    """Return the answer that a form sends back, as far as the index still holds it.

    Raises:
        InputError: it is damaged, or was not sealed here.
    """
    return check_receipt(_sent(request, fields), paper_finder(work_of(request).library.paper))


def _wants_json(request: Request) -> bool:
    """Return whether the client asks for JSON, as programs do, and not for a page."""
    accepted = request.headers.get("accept", "")
    return "application/json" in accepted and "text/html" not in accepted


def _made(library: Library) -> Made:
    return Made.of(library.embedder.model_id, library.settings)


def _sealer(request: Request) -> Sealer:
    return request.app.state.sealer


def _receipts(request: Request) -> ReceiptStore:
    return request.app.state.receipts
