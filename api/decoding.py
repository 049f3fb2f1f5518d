"""Decoding: frozen dataclasses rebuilt from the JSON that `asdict` and the HTTP interface make of them."""

from __future__ import annotations

import dataclasses
from datetime import date
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

T = TypeVar("T")


def decode(kind: type[T], value: object) -> T:
    """Rebuild a value of a type from JSON values.

    Fields that the type does not know are ignored, and values that a `Literal` does not list are kept, so that a newer
    service can be read. Dataclasses are rebuilt field by field without calling `__init__`: what it checks was checked
    where the value was made, and its arguments need not be stored (`Citation.text`).

    Args:
        kind: a dataclass of such types, `str`, `int`, `float`, `bool`, `date`, a `Literal` of strings, `X | None`, or
            a `list`, `tuple` or `dict` of them.
        value: what `json.loads` returned.

    Raises:
        ValueError: the value is of another shape; the message begins with the path of the field.
    """
    return cast("T", _decode(kind, value, "body"))


def _decode(kind: Any, value: Any, path: str) -> Any:
    if dataclasses.is_dataclass(kind):
        return _decode_fields(cast("type[Any]", kind), value, path)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in {Union, UnionType}:
        if value is None and NoneType in arguments:
            return None
        (kind,) = (argument for argument in arguments if argument is not NoneType)
        return _decode(kind, value, path)
    if origin is tuple:
        items = _require(list, value, path)
        kinds = arguments[:1] * len(items) if arguments[-1] is Ellipsis else arguments
        if len(kinds) != len(items):
            raise ValueError(f"{path}: has {len(items)} items (expected {len(kinds)})")
        return tuple(
            _decode(kind, item, f"{path}.{at}") for at, (kind, item) in enumerate(zip(kinds, items, strict=True))
        )
    if origin is list:
        items = _require(list, value, path)
        return [_decode(arguments[0], item, f"{path}.{at}") for at, item in enumerate(items)]
    if origin is dict:
        pairs = _require(dict, value, path).items()
        return {key: _decode(arguments[1], item, f"{path}.{key}") for key, item in pairs}
    if origin is Literal:
        return _require(str, value, path)
    if kind is float:
        return float(value if type(value) is int else _require(float, value, path))
    if kind is date:
        return date.fromisoformat(_require(str, value, path))
    return _require(kind, value, path)


def _decode_fields(kind: type[Any], value: Any, path: str) -> Any:
    given = _require(dict, value, path)
    decoded = object.__new__(kind)
    for name, (field_kind, field) in _fields(kind).items():
        if name in given:
            item = _decode(field_kind, given[name], f"{path}.{name}")
        elif field.default is not dataclasses.MISSING:
            item = field.default
        elif field.default_factory is not dataclasses.MISSING:
            item = field.default_factory()
        else:
            raise ValueError(f"{path}.{name}: is missing")
        object.__setattr__(decoded, name, item)  # they are frozen
    return decoded


@cache
def _fields(kind: type[Any]) -> dict[str, tuple[Any, dataclasses.Field[Any]]]:
    hints = get_type_hints(kind)
    return {field.name: (hints[field.name], field) for field in dataclasses.fields(kind)}


def _require(kind: type[T], value: Any, path: str) -> T:
    """Return a value if it is of exactly that type: true is no number."""
    if type(value) is not kind:
        raise ValueError(f"{path}: expected {kind.__name__}, not {type(value).__name__}")
    return value
