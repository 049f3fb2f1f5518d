"""Trees of HTML: the nodes a script builds, and how deep they are."""

from __future__ import annotations

import json
from typing import Any

import pytest
from markupsafe import Markup

from nonmun.api.web.markup import render_markdown
from nonmun.api.web.tree import html_tree


def depth(nodes: list[Any]) -> int:
    """Return how many elements are in one another at most."""
    deepest, level = 0, [node for node in nodes if not isinstance(node, str)]
    while level:
        deepest += 1
        level = [child for node in level for child in node[2] if not isinstance(child, str)]
    return deepest


def text(nodes: list[Any]) -> str:
    return "".join(node if isinstance(node, str) else text(node[2]) for node in nodes)


def test_html_becomes_nodes() -> None:
    assert html_tree(Markup('<p class="a">x &lt; <em>y</em><br>z</p>')) == [
        ("p", {"class": "a"}, ["x < ", ("em", {}, ["y"]), ("br", {}, []), "z"])
    ]


@pytest.mark.parametrize(
    "markdown", ["*" * 1600 + "x" + "*" * 1600, "_" * 1600 + "x" + "_" * 1600, "*a **b " * 800 + "x"]
)
def test_what_is_nested_deeply_is_put_into_the_last_element_that_may_be(markdown: str) -> None:
    nodes = html_tree(render_markdown(markdown, []))
    assert depth(nodes) <= 100
    assert "x" in json.dumps(nodes)


def test_what_follows_deep_elements_stands_where_it_did() -> None:
    nodes = html_tree(Markup("<em>" * 150 + "x<br>y" + "</em>" * 150 + "z<p>a</p>"))
    assert text(nodes) == "xyza"
    assert nodes[1:] == ["z", ("p", {}, ["a"])]
    assert depth(nodes) == 101  # with the line break, which holds nothing
