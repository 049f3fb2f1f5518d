"""The OpenAI-compatible routes.

They take conversations, keep nothing, and answer with the text of the answer, in which [1], [2] stand for papers, and
the numbered list of the papers' links. A client that sends the conversation back gets its follow-up questions answered.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request
from fastapi import Response as HttpResponse

from ....index.domain.errors import InputError
from ...answers.rendering.numbered import CitationNumbering, NumberedText, join_numbered, number_citations
from ...events import DoneEvent
from ...requests import AskRequest
from ...results import Answer
from ..errors import SHUTDOWN, Failure, RefusedError
from ..log import get_log
from ..routes import Measured, Working, requires
from ..sse import KEEP_ALIVE, EventStream
from ..telemetry import Metrics
from ..work import BegunAnswer, Work
from .chat import ChatFormat, CitationStyle
from .completions import CompletionFormat
from .conversation import Conversation, read_conversation
from .errors import openai_error
from .paths import CHAT_COMPLETIONS, COMPLETIONS, MODELS, RESPONSES
from .replies import Format, Reply
from .responses import ResponseFormat
from .schemas import (
    EXTRACTIVE,
    GENERATIVE,
    MODEL,
    ChatCompletion,
    ChatCompletionRequest,
    Completion,
    CompletionRequest,
    Model,
    ModelList,
    OpenAIError,
    Response,
    ResponseRequest,
)
from .tasks import answer_task

_GENERATE = {MODEL: None, EXTRACTIVE: False, GENERATIVE: True}
"""Whether a language model writes the answers of each model; None if one is configured."""

_CREATED = int(time.time())
"""When the models were created: the start of the process, as clients that compare lists need a time that stays."""

_questions = get_log("nonmun.questions")
_failures = get_log("nonmun.failures")


def _error(description: str) -> dict[str, Any]:
    return {"model": OpenAIError, "description": description}


_ERRORS: dict[int | str, dict[str, Any]] = {
    401: _error("the service needs a key, and the request has none that is valid"),
    403: _error("the key lacks a scope"),
    404: _error("there is no such model"),
    413: _error("the body is too large"),
    421: _error("the service does not answer to this host name"),
    422: _error("the request is outside its limits"),
    429: _error("too many requests from one client (Retry-After)"),
    500: _error("a defect; the log of the service has it"),
    503: _error("the index cannot answer now, or too many questions wait (Retry-After)"),
}
_EVENTS = {
    "type": "object",
    "properties": {"event": {"type": "string"}, "data": {"type": "string"}},
}
_RESPONSES: dict[int | str, dict[str, Any]] = _ERRORS | {
    200: {"content": {"text/event-stream": {"schema": _EVENTS}}, "description": "the answer"}
}

router = APIRouter(tags=["OpenAI-compatible"])


@router.get(MODELS, operation_id="listModels", responses=_ERRORS)
@requires("ask")
async def list_models(work: Working) -> ModelList:
    """Return the models: `nonmun`, which writes its answers if a language model is configured, and one for each way."""
    return ModelList(data=[Model(id=name, created=_CREATED) for name in await _model_names(work)])


@router.get(f"{MODELS}/{{model}}", operation_id="retrieveModel", responses=_ERRORS)
@requires("ask")
async def retrieve_model(model: str, work: Working) -> Model:
    """Return a model."""
    await _require_model(model, work)
    return Model(id=model, created=_CREATED)


@router.post(CHAT_COMPLETIONS, operation_id="createChatCompletion", response_model=ChatCompletion, responses=_RESPONSES)
@requires("ask")
async def create_chat_completion(
    request: Request,
    body: ChatCompletionRequest,
    work: Working,
    metrics: Measured,
    x_nonmun_citations: Annotated[
        CitationStyle, Header(description="how a stream carries citations: as annotations, or as events of Open WebUI")
    ] = "annotations",
) -> ChatCompletion | HttpResponse:
    """Answer the last user message of a conversation.

    Earlier messages are the turns that a follow-up question refers to; system messages are not searched for. Unknown
    fields are ignored.
    """
    include_usage = bool(body.stream_options and body.stream_options.include_usage)
    return await _reply(request, body, work, metrics, ChatFormat(body.model, include_usage, x_nonmun_citations))


@router.post(COMPLETIONS, operation_id="createCompletion", response_model=Completion, responses=_RESPONSES)
@requires("ask")
async def create_completion(
    request: Request, body: CompletionRequest, work: Working, metrics: Measured
) -> Completion | HttpResponse:
    """Answer a prompt: a question, or a conversation in lines such as "user: …" that ends with "assistant:"."""
    include_usage = bool(body.stream_options and body.stream_options.include_usage)
    return await _reply(request, body, work, metrics, CompletionFormat(body.model, include_usage))


@router.post(RESPONSES, operation_id="createResponse", response_model=Response, responses=_RESPONSES)
@requires("ask")
async def create_response(
    request: Request, body: ResponseRequest, work: Working, metrics: Measured
) -> Response | HttpResponse:
    """Answer a question, or the last user message of a conversation. Responses are not stored."""
    return await _reply(request, body, work, metrics, ResponseFormat(body.model))


async def _reply(
    request: Request,
    body: ChatCompletionRequest | CompletionRequest | ResponseRequest,
    work: Work,
    metrics: Metrics,
    form: Format,
) -> Any:
    await _require_model(body.model, work)
    conversation = await work.look_up(lambda: read_conversation(body))  # half a second, if it is long and odd
    task = await work.look_up(lambda: answer_task(conversation.question, conversation.system))
    if task is not None:
        reply = await _complete(work, conversation, NumberedText(task), None)
        return EventStream(_task_frames(reply, form), AsyncExitStack()) if body.stream else form.body(reply)
    question = _ask_request(body, conversation)
    is_written = await work.writes(question)
    _questions.debug("question", text=question.question)
    if body.stream:
        begun, resources = await work.stream(request, question, is_written=is_written)
        frames = _frames(begun, conversation, form, work, metrics)
        return EventStream(frames, resources, lambda: form.failure(openai_error(SHUTDOWN.body)))
    answer = await work.ask(request, question, is_written=is_written)
    metrics.count(answer)
    return form.body(await _complete(work, conversation, number_citations(answer), answer))


def _ask_request(
    body: ChatCompletionRequest | CompletionRequest | ResponseRequest, conversation: Conversation
) -> AskRequest:
    """Return what a request asks.

    Raises:
        InputError: a value is invalid; the error names its field in the body.
    """
    options = body.nonmun.model_dump(exclude_unset=True) if body.nonmun else {}
    search = {name: options.pop(name) for name in ("k", "as_of") if name in options}
    try:
        return AskRequest.from_input(
            conversation.question,
            **search,
            where=options,
            history=conversation.history,
            generate=_GENERATE[body.model],
            stream=bool(body.stream),
        )
    except InputError as error:
        field = conversation.field if error.field == "question" else f"nonmun.{error.field}"
        raise InputError(field, str(error).removeprefix(f"{error.field}: ")) from error


async def _frames(
    begun: BegunAnswer, conversation: Conversation, form: Format, work: Work, metrics: Metrics
) -> AsyncGenerator[bytes]:
    numbering, parts, event = CitationNumbering(), list[NumberedText](), begun.first
    try:
        for frame in form.opening():
            yield frame
        while True:
            part = numbering.add(event)
            parts.append(part)
            for frame in form.part(part):
                yield frame
            if isinstance(event, DoneEvent):
                break
            if event is None:
                yield KEEP_ALIVE
            event = await begun.next()
        metrics.count(event.answer)
        for frame in form.closing(await _complete(work, conversation, join_numbered(parts), event.answer)):
            yield frame
    except Exception as error:
        _failures.exception("a streamed answer failed")
        yield form.failure(openai_error(Failure.of(error).body))


async def _task_frames(reply: Reply, form: Format) -> AsyncGenerator[bytes]:
    for frames in (form.opening(), form.part(reply.content), form.closing(reply)):
        for frame in frames:
            yield frame


async def _complete(work: Work, conversation: Conversation, content: NumberedText, answer: Answer | None) -> Reply:
    """Return a reply with its counts of tokens."""

    def count() -> Reply:
        embedder = work.library.embedder
        return Reply(content, answer, embedder.count_tokens(conversation.text), embedder.count_tokens(content.text))

    return await work.look_up(count)


async def _model_names(work: Work) -> list[str]:
    can_write = await work.look_up(lambda: work.library.answering.has_language_model)
    return [name for name in _GENERATE if can_write or name != GENERATIVE]


async def _require_model(name: str, work: Work) -> None:
    """Check that there is a model.

    Raises:
        RefusedError: there is none of that name.
    """
    if name in {MODEL, EXTRACTIVE}:  # they need no language model, and no look at its configuration
        return
    names = await _model_names(work)
    if name not in names:
        message = f"model: {name[:60]!r} is unknown (expected {', '.join(names)})"
        raise RefusedError(Failure(404, "model_not_found", message, "model"))
