"""The routes by request: what a request needs to be let in, declared where its route is, and the methods of a path."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute, compile_path
from starlette.types import Scope

from ..guard import Requirement, route_path

F = TypeVar("F", bound=Callable[..., Any])

_ATTRIBUTE = "nonmun_requirement"
_UNDECLARED: Requirement = "admin"
_UNKNOWN: Requirement = "read"  # whoever may read may be told that there is no such path


def requires(requirement: Requirement) -> Callable[[F], F]:
    """Declare what requests of a route need; the decorator of the route comes above this one.

    A route without it needs the scope `admin`.
    """

    def declare(endpoint: F) -> F:
        setattr(endpoint, _ATTRIBUTE, requirement)
        return endpoint

    return declare


class RouteTable:
    """Looks up the route that will answer a request.

    Args:
        routes: the routes of the application; those that are added later count as well until the first request.
    """

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        self._routes = routes

    def requirement(self, scope: Scope) -> Requirement:
        """Return what a request needs; if its method is not allowed, what the first route of its path does."""
        method = "GET" if scope["method"] == "HEAD" else scope["method"]
        matching = self._matching(scope)
        allowed = [operation for operation in matching if method in operation.methods]
        first = next(iter(allowed or matching), None)
        return first.requirement if first else _UNKNOWN

    def methods(self, scope: Scope) -> set[str]:
        """Return the methods that a path is answered by, HEAD and OPTIONS included; none if there is no such path."""
        methods = {method for operation in self._matching(scope) for method in operation.methods}
        return methods | ({"OPTIONS"} if methods else set()) | ({"HEAD"} if "GET" in methods else set())

    def requirements(self) -> dict[tuple[str, str], Requirement]:
        """Return what each operation of the OpenAPI document needs, by path and method in lower case."""
        return {
            (operation.path, method.lower()): operation.requirement
            for operation in self._operations
            for method in operation.methods
        }

    def _matching(self, scope: Scope) -> list[_Operations]:
        path = route_path(scope)
        return [operation for operation in self._operations if operation.pattern.match(path)]

    @cached_property
    def _operations(self) -> list[_Operations]:
        return [
            _Operations(
                context.path_format or context.path,
                compile_path(context.path)[0],
                frozenset(context.methods),
                getattr(context.endpoint, _ATTRIBUTE, _UNDECLARED),
            )
            for context in iter_route_contexts(self._routes)
            if context.path and context.methods
        ]


@dataclass(frozen=True, slots=True)
class _Operations:
    """The operations of a route.

    Attributes:
        path: its path in the OpenAPI document.
        pattern: matches the paths that it answers.
        methods: the methods that it answers.
        requirement: what they need.
    """

    path: str
    pattern: re.Pattern[str]
    methods: frozenset[str]
    requirement: Requirement
