"""Metadata filters of frameworks as a `Filter`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from ...index.domain.errors import InputError
from ...index.domain.filters import Filter, parse_filter

_LISTS = {
    "papers": "papers",
    "paper_id": "papers",
    "sections": "sections",
    "section": "sections",
    "trust": "trust",
    "authors": "authors",
    "categories": "categories",
}
_FIELDS = {  # by key and operator: the fields of `Filter` that the value is for
    **{(key, operator): (field,) for key, field in _LISTS.items() for operator in ("==", "in")},
    **{(key, "=="): (key,) for key in ("lang", "source", "by", "since", "until")},
    ("since", ">="): ("since",),
    ("until", "<="): ("until",),
    ("digest_dates", ">="): ("since",),
    ("digest_dates", "<="): ("until",),
    ("digest_dates", "=="): ("since", "until"),
}


class Condition(NamedTuple):
    """A comparison, all of which a chunk has to pass.

    Attributes:
        key: a field of `Filter`, or a name in the metadata of `evidence_documents`.
        operator: as frameworks write it, "==" or "in".
        value: a text, or several for "in".
    """

    key: str
    operator: str
    value: object


def filter_of(conditions: Iterable[Condition]) -> Filter:
    """Return the filter that passes what satisfies all of some conditions.

    Raises:
        InputError: a key, an operator or a value is not supported, or two conditions restrict the same field.
    """
    fields: dict[str, Any] = {}
    keys: set[str] = set()
    for key, operator, value in conditions:
        if (key, operator) not in _FIELDS:
            raise InputError("filters", f"{key} {operator} is not supported (supported are {_supported()})")
        keys.add(key)
        texts = _texts(key, operator, value)
        for field in _FIELDS[key, operator]:
            if field in fields:
                raise InputError("filters", f"{key} {operator}: {field} is restricted twice; write one condition")
            fields[field] = texts if key in _LISTS else texts[0]
    if "digest_dates" in keys and fields.setdefault("by", "digest") != "digest":
        raise InputError("filters", "digest_dates are not the dates of by == published; use since and until")
    return parse_filter(**fields)


def unsupported_condition(operator: object) -> InputError:
    """Return the error for conditions that are combined by another operator than "and"."""
    return InputError("filters", f'"{operator}" is not supported: conditions can only be combined by "and"')


def _texts(key: str, operator: str, value: object) -> list[str]:
    """Return the values of a condition: at least one, which is not empty."""
    is_list = operator == "in"
    values: list[Any] = list(value) if is_list and isinstance(value, list | tuple | set) else [value]
    if not values or not all(isinstance(text, str) and text for text in values):
        expected = "one text or more" if is_list else "a text"
        raise InputError("filters", f"{key} {operator} {str(value)[:60]!r}: expected {expected}")
    return values


def _supported() -> str:
    keys: defaultdict[str, list[str]] = defaultdict(list)
    for key, operator in _FIELDS:
        keys[operator].append(key)
    return "; ".join(f"{operator} for {', '.join(names)}" for operator, names in keys.items())
