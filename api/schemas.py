"""JSON schemas derived from request objects and result dataclasses, for every door of the API."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, create_model
from pydantic.config import JsonDict
from pydantic_core import to_jsonable_python

from ..index.domain.papers import Problem
from ..index.query.question import MAX_CHARACTERS, MAX_HITS
from .conversation.turns import MAX_TURNS
from .feedback import MAX_NOTE, FeedbackRequest
from .problems import ProblemDetails
from .requests import AskRequest, ExplainRequest, SearchRequest
from .results import Answer, ChunkDetails, PaperDetails, Results, Status

_QUESTION = "정상 이미지 한 장만으로 이상을 찾는 논문이 있어?"
_EXAMPLES: dict[type, JsonDict] = {
    SearchRequest: {"examples": [{"question": _QUESTION, "k": 5}]},
    AskRequest: {"examples": [{"question": _QUESTION, "k": 5}]},
    FeedbackRequest: {"examples": [{"question": _QUESTION, "kind": "wrong_paper", "papers": ["2505.09264"]}]},
    ExplainRequest: {"examples": [{"question": _QUESTION, "papers": ["2505.09264"]}]},
}
# `without` serves evaluations, which run in Python; `data` is a path of the server.
_OMITTED = frozenset({"without", "data"})
# Limits that bound the size of a request. Whether its values make sense is checked by `from_input`.
_LIMITS: dict[str, dict[str, Any]] = {
    "question": {"max_length": MAX_CHARACTERS + 1_000},  # surrounding white space does not count
    "k": {"ge": 1, "le": MAX_HITS},
    "papers": {"max_length": 1_000},
    "sections": {"max_length": 20},
    "trust": {"max_length": 20},
    "authors": {"max_length": 100},
    "categories": {"max_length": 100},
    "history": {"max_length": MAX_TURNS},
    "note": {"max_length": MAX_NOTE + 1_000},
    "generation": {"ge": 0, "le": 2**53},
}
_RESPONSE_NAMES: dict[type, str] = {
    Answer: "AskResponse",
    ChunkDetails: "ChunkResponse",
    PaperDetails: "PaperResponse",
    Problem: "ParserProblem",
    ProblemDetails: "Problem",
    Results: "SearchResponse",
    Status: "StatusResponse",
}
_ATTRIBUTE = re.compile(r"^ {4}(?P<names>\w+(?:, \w+)*): (?P<text>.+(?:\n {8}.+)*)", re.MULTILINE)


@cache
def request_model(source: type) -> type[BaseModel]:
    """Derive the model that validates a dataclass as JSON: strict types, no unknown fields.

    The model is strict, so that a client that confuses "10" with 10, or 1 with true, gets an error.
    """
    definitions: dict[str, Any] = {}
    for field, kind, description in _fields(source):
        if field.name not in _OMITTED:
            default = ... if field.default is dataclasses.MISSING else to_jsonable_python(field.default)
            info = Field(default=default, description=description, **_LIMITS.get(field.name, {}))
            definitions[field.name] = (_json_type(kind, request_model), info)
    return create_model(
        source.__name__,
        __config__=ConfigDict(
            extra="forbid",
            strict=True,
            validate_default=True,
            json_schema_extra=_EXAMPLES.get(source),
        ),
        __doc__=_summary(source),
        **definitions,
    )


@cache
def response_model(source: type) -> type[BaseModel]:
    """Derive the model that serializes a dataclass as JSON: the same fields, all of them required."""
    definitions: dict[str, Any] = {
        field.name: (_json_type(kind, response_model), Field(description=description))
        for field, kind, description in _fields(source)
        if field.name not in _OMITTED
    }
    return create_model(
        _RESPONSE_NAMES.get(source, source.__name__),
        __config__=ConfigDict(from_attributes=True),
        __doc__=_summary(source),
        **definitions,
    )


def _fields(source: type) -> Iterator[tuple[dataclasses.Field[Any], Any, str | None]]:
    """Yield the fields of a dataclass with their types and the descriptions in its docstring."""
    kinds = get_type_hints(source)
    descriptions = {
        name: re.sub(r"\bNone\b", "null", " ".join(attribute["text"].split()))
        for base in reversed(source.__mro__)
        for attribute in _ATTRIBUTE.finditer(inspect.cleandoc(base.__doc__ or ""))
        for name in attribute["names"].split(", ")
    }
    for field in dataclasses.fields(source):
        yield field, kinds[field.name], descriptions.get(field.name)


def _summary(source: type) -> str:
    """Return the docstring of a class without its sections."""
    return re.split(r"\n\n(?:Attributes|Raises):\n", inspect.cleandoc(source.__doc__ or ""))[0]


def _json_type(kind: Any, model: Callable[[type], type[BaseModel]]) -> Any:
    """Return how a type looks in JSON: text for a date, a list for a tuple of any length, a model for a dataclass."""
    if kind is date:
        return str
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        return model(kind)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is list or (origin is tuple and arguments[-1] is Ellipsis):
        return list[_json_type(arguments[0], model)]
    if origin is dict:
        return dict[arguments[0], _json_type(arguments[1], model)]
    if origin in {Union, UnionType}:
        return Union[tuple(_json_type(argument, model) for argument in arguments)]  # noqa: UP007 - of a variable number
    return kind
