"""Failures in the words of the pages: what is wrong, with the names of the form's fields, and what to do instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from ...index.domain.filters import is_date
from .texts import Texts

_FORM_FIELDS = {
    "papers": "paper",
    "sections": "section",
    "lang": "text",
    "authors": "author",
    "categories": "category",
    "question": "q",
}
"""Fields of the form by the argument that they become, where the names differ."""
_WINDOW = ("since", "until")
_MAX_VALUE = 60  # characters of a value that are repeated


@dataclass(frozen=True, slots=True)
class FailureView:
    """A failure, as shown.

    Attributes:
        message: what is wrong, in the language of the page.
        detail: the English message, where it says more than `message`; empty otherwise.
        without: query string of the same page without the condition that is wrong; empty if none is.
    """

    message: str
    detail: str = ""
    without: str = ""


def describe_failure(
    code: str,
    field: str | None,
    message: str,
    *,
    path: str,
    query: Sequence[tuple[str, str]],
    names: Mapping[str, str],
    texts: Texts,
) -> FailureView:
    """Return a failure in the language of a page.

    Args:
        code: code of the failure for programs.
        field: the invalid argument, if any.
        message: the English message.
        path: path of the page.
        query: the fields that were sent.
        names: names of the form's fields, as shown.
        texts: the words of the page.
    """
    if code == "invalid_input" and field:
        return _describe_input(field, message, query, names, texts)
    # The first part of the path names what is missing: papers/..., digests/..., weeks/..., answers/...
    known = f"{code}_{path.strip('/').partition('/')[0]}", code
    key = next((key for name in known if (key := f"failed_{name}") in texts.all), "")
    if key:
        return FailureView(texts(key))
    return FailureView(texts("failed"), message)


def _describe_input(
    argument: str, message: str, query: Sequence[tuple[str, str]], names: Mapping[str, str], texts: Texts
) -> FailureView:
    field = _FORM_FIELDS.get(argument, argument)
    values = [value for key, value in query if key == field]
    removed = {field}
    key = f"invalid_{field}"
    if field in _WINDOW and values and is_date(values[0]):
        key, removed = "invalid_window", set(_WINDOW)
    name = texts("question") if field == "q" else names.get(field, "")
    if key not in texts.all:
        text = texts("invalid_field", name=name or argument)
        detail = message
    else:
        text = texts.all[key]
        if key != "invalid_window" and name and field != "q":
            value = f" “{values[0][:_MAX_VALUE]}”" if values else ""
            text = f"{name}{value}: {text}"
        detail = message if len(values) > 1 else ""  # which of them is wrong
    is_condition = field in names and bool(values)
    rest = [(key, value) for key, value in query if key not in removed]
    return FailureView(text, detail, f"?{urlencode(rest)}" if is_condition else "")
