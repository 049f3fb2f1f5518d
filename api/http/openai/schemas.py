"""JSON schemas of the OpenAI-compatible routes: the fields that are read or written; others are ignored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from ....index.domain.filters import Filter
from ....index.query.question import MAX_HITS
from ..schemas import AskResponse, request_model

MODEL = "nonmun"
EXTRACTIVE, GENERATIVE = f"{MODEL}-extractive", f"{MODEL}-generative"

if TYPE_CHECKING:
    _FilterFields = _AskResponse = BaseModel
else:
    _FilterFields, _AskResponse = request_model(Filter), AskResponse


class AnswerOptions(_FilterFields):
    """What to retrieve: the number of papers, the reference date, and a filter, as in POST /v1/ask."""

    k: int = Field(default=10, ge=1, le=MAX_HITS, description="number of papers to retrieve")
    as_of: str | None = Field(
        default=None, description="reference date, YYYY-MM-DD, of relative dates; null is today in Seoul"
    )


class Request(BaseModel):
    """What all formats of a question have in common. Unknown fields, such as temperature or tools, are ignored."""

    model_config = ConfigDict(strict=True)

    model: str = Field(
        default=MODEL, description=f"{MODEL}, {EXTRACTIVE} (quotations only) or {GENERATIVE} (written by a model)"
    )
    stream: bool | None = Field(default=None, description="whether the answer is sent as server-sent events")
    nonmun: AnswerOptions | None = Field(default=None, description="an extension: what to retrieve")


class Part(BaseModel):
    """A part of a message. Only the text of text parts is read."""

    model_config = ConfigDict(strict=True)

    type: str = Field(examples=["text", "input_text", "output_text"])
    text: str | None = None


class Message(BaseModel):
    """A message of a conversation. Those of users and assistants are read, others ignored."""

    model_config = ConfigDict(strict=True)

    role: str = Field(examples=["system", "user", "assistant"])
    content: str | list[Part] | None = None


class StreamOptions(BaseModel):
    """Options of a streamed answer."""

    model_config = ConfigDict(strict=True)

    include_usage: bool | None = Field(default=None, description="whether the last chunk counts tokens")


class ChatCompletionRequest(Request):
    """A conversation, whose last user message is answered."""

    messages: list[Message] = Field(examples=[[{"role": "user", "content": "저랭크 행렬로 미세 조정하는 방법은?"}]])
    stream_options: StreamOptions | None = None


class CompletionRequest(Request):
    """A question, or a conversation in lines such as "user: …" that ends with "assistant:"."""

    prompt: str | list[str] = Field(description="one prompt", examples=["저랭크 행렬로 미세 조정하는 방법은?"])
    stream_options: StreamOptions | None = None


class InputItem(BaseModel):
    """An item of a conversation. Messages of users and assistants are read, others ignored."""

    model_config = ConfigDict(strict=True)

    type: str | None = None
    role: str | None = None
    content: str | list[Part] | None = None


class ResponseRequest(Request):
    """A question, or a conversation whose last user message is answered."""

    input: str | list[InputItem] = Field(examples=["저랭크 행렬로 미세 조정하는 방법은?"])
    previous_response_id: str | None = Field(default=None, description="not supported: nothing is stored")
    conversation: str | dict[str, Any] | None = Field(default=None, description="not supported: nothing is stored")


class Model(BaseModel):
    """A model."""

    id: str = Field(examples=[MODEL])
    object: Literal["model"] = "model"
    created: int
    owned_by: str = "nonmun"


class ModelList(BaseModel):
    """The models."""

    object: Literal["list"] = "list"
    data: list[Model]


class UrlCitation(BaseModel):
    """What a marker such as [1] stands for.

    Offsets are code points of the content and enclose the marker.
    """

    start_index: int
    end_index: int
    url: str
    title: str
    quote: str = Field(description="an extension: the exact quotation behind the words before the marker")


class Annotation(BaseModel):
    """A citation in the content of a chat completion; one for each quotation behind a marker."""

    type: Literal["url_citation"] = "url_citation"
    url_citation: UrlCitation


class FlatAnnotation(UrlCitation):
    """A citation in the text of a response; one for each quotation behind a marker."""

    type: Literal["url_citation"] = "url_citation"


class Usage(BaseModel):
    """Tokens of the embedding model: those of a language model, if one writes the answer, are not known."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class AssistantMessage(BaseModel):
    """An answer."""

    role: Literal["assistant"] = "assistant"
    content: str
    refusal: None = None
    annotations: list[Annotation]


class ChatChoice(BaseModel):
    """The only choice."""

    index: int = 0
    message: AssistantMessage
    logprobs: None = None
    finish_reason: Literal["stop"] = "stop"


class ChatCompletion(BaseModel):
    """An answer as a chat completion."""

    id: str
    object: Literal["chat.completion"] = "chat.completion"
    created: int
    model: str
    choices: list[ChatChoice]
    usage: Usage
    nonmun: _AskResponse | None = Field(description="an extension: the answer as POST /v1/ask returns it")


class TextChoice(BaseModel):
    """The only choice."""

    index: int = 0
    text: str
    logprobs: None = None
    finish_reason: Literal["stop"] = "stop"


class Completion(BaseModel):
    """An answer as a completion."""

    id: str
    object: Literal["text_completion"] = "text_completion"
    created: int
    model: str
    choices: list[TextChoice]
    usage: Usage
    nonmun: _AskResponse | None = Field(description="an extension: the answer as POST /v1/ask returns it")


class OutputText(BaseModel):
    """The text of a response."""

    type: Literal["output_text"] = "output_text"
    text: str
    annotations: list[FlatAnnotation]
    logprobs: list[None] = Field(default_factory=list[None])


class OutputMessage(BaseModel):
    """The message of a response."""

    id: str
    type: Literal["message"] = "message"
    status: Literal["in_progress", "completed"]
    role: Literal["assistant"] = "assistant"
    content: list[OutputText]


class InputTokens(BaseModel):
    """Details of the tokens read."""

    cached_tokens: int = 0


class OutputTokens(BaseModel):
    """Details of the tokens written."""

    reasoning_tokens: int = 0


class ResponseUsage(BaseModel):
    """As `Usage`."""

    input_tokens: int
    input_tokens_details: InputTokens = InputTokens()
    output_tokens: int
    output_tokens_details: OutputTokens = OutputTokens()
    total_tokens: int


class Response(BaseModel):
    """An answer as a response. It is not stored."""

    id: str
    object: Literal["response"] = "response"
    created_at: int
    status: Literal["in_progress", "completed"]
    model: str
    output: list[OutputMessage]
    usage: ResponseUsage | None
    error: None = None
    incomplete_details: None = None
    instructions: None = None
    metadata: dict[str, str] = Field(default_factory=dict[str, str])
    parallel_tool_calls: bool = False
    previous_response_id: None = None
    store: Literal[False] = False
    temperature: None = None
    tool_choice: Literal["none"] = "none"
    tools: list[None] = Field(default_factory=list[None])
    top_p: None = None
    nonmun: _AskResponse | None = Field(description="an extension: the answer as POST /v1/ask returns it")


class ErrorDetails(BaseModel):
    """An error."""

    message: str
    type: str = Field(examples=["invalid_request_error"])
    param: str | None = Field(description="the invalid field, if one is")
    code: str | None = Field(examples=["invalid_input"])


class OpenAIError(BaseModel):
    """The body of every 4xx and 5xx response."""

    error: ErrorDetails
