"""HTML that the server made as a tree of JSON values, from which a script builds nodes without parsing HTML."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TypeAlias

from markupsafe import Markup

Node: TypeAlias = "str | tuple[str, dict[str, str], list[Node]]"
"""Text, or an element: its name, attributes and children."""

_VOID = frozenset({"br", "hr"})
_DEEPEST = 100  # elements in one another; what is made of JSON, here and in browsers, is limited by recursion


def html_tree(html: Markup) -> list[Node]:
    """Return the nodes of HTML that `render_markdown` or `render_text` returned.

    What is nested deeper than 100 elements is put into the last of them.
    """
    builder = _Builder()
    builder.feed(html)
    builder.close()
    return builder.nodes


class _Builder(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.nodes: list[Node] = []
        self._open: list[list[Node]] = [self.nodes]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if len(self._open) > _DEEPEST and tag not in _VOID:
            self._open.append(self._open[-1])
            return
        children: list[Node] = []
        self._open[-1].append((tag, {name: value or "" for name, value in attrs}, children))
        if tag not in _VOID:
            self._open.append(children)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID and len(self._open) > 1:
            self._open.pop()

    def handle_data(self, data: str) -> None:
        self._open[-1].append(data)
