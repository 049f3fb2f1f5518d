"""Untrusted Markdown and plain text as safe HTML, with spans of the source marked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from html.parser import HTMLParser

import nh3
from markdown_it import MarkdownIt
from markupsafe import Markup

from ...index.facts.latex import render_latex

# Positions of the source are carried through the Markdown renderer by characters of the private use area, two for each
# span. Those that the source itself has are replaced first.
_FIRST, _LAST = 0xE000, 0xF8FF
_PRIVATE = re.compile(f"[{chr(_FIRST)}-{chr(_LAST)}]")
_ENCODED_PRIVATE = re.compile("%EE(?:%[89AB][0-9A-F]){2}|%EF%(?:[89][0-9A-F]|A[0-3])%[89AB][0-9A-F]", re.IGNORECASE)
_MAX_SPANS = (_LAST - _FIRST + 1) // 2
_BLOCK_START = re.compile(r"[ \t]*(?:(?:[-*+]|\d{1,9}[.)])[ \t]+|#{1,6}[ \t]+|>[ \t]?)*")
_FENCE = re.compile(r"\A\s*```[a-z]*[ \t]*\n(.*?)(?:\n```\s*)?\Z", re.DOTALL | re.IGNORECASE)
_TAGS = {
    *("p", "br", "hr", "strong", "em", "code", "pre", "ul", "ol", "li", "blockquote"),
    *("h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "a", "s"),
}
_HEADING_SHIFT = 2  # the page has its own h1 and h2


@dataclass(frozen=True, slots=True)
class Span:
    """A part of a source to mark.

    Attributes:
        start, end: offsets into the source, in code points.
        kind: class of the mark: "quote", "doubt" ...
        id: id of the mark's first element; empty for none.
        title: tooltip; empty for none.
    """

    start: int
    end: int
    kind: str
    id: str = ""
    title: str = ""


def render_markdown(source: str, spans: Sequence[Span] = ()) -> Markup:
    """Return Markdown as HTML: no raw HTML, no images, links to http and https only.

    Args:
        source: the Markdown text.
        spans: the parts to mark; those outside of the source are cut to it.
    """
    marked = _insert_positions(source, spans)
    fenced = _FENCE.match(marked)
    html = _markdown().render(fenced[1] if fenced else marked)
    clean = nh3.clean(
        html,
        tags=_TAGS,
        attributes={"a": {"href"}, "td": set(), "th": set()},
        url_schemes={"http", "https"},
        link_rel="noopener noreferrer nofollow",
        attribute_filter=_keep_attribute,
    )
    return Markup(_mark(clean, spans))  # noqa: S704 - cleaned


def _keep_attribute(_tag: str, _name: str, value: str) -> str | None:
    """Return an attribute's value; None for a link that is relative, and would lead to a page of this service."""
    address = _ENCODED_PRIVATE.sub("", value)
    return address if address.startswith(("https://", "http://")) else None


def render_text(source: str, spans: Sequence[Span] = ()) -> Markup:
    """Return plain text as HTML, LaTeX residue rendered, with marks; see `render_markdown`."""
    marked = render_latex(_insert_positions(source, spans))
    return Markup(_mark(escape(marked), spans))  # noqa: S704 - escaped


@cache
def _markdown() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("image")

    def shift_headings(tokens: object) -> None:
        for token in tokens.tokens:  # pyright: ignore[reportAttributeAccessIssue]
            if token.tag in {"h1", "h2", "h3", "h4", "h5", "h6"}:
                token.tag = f"h{min(6, int(token.tag[1]) + _HEADING_SHIFT)}"

    parser.core.ruler.push("shift_headings", shift_headings)
    return parser


def _insert_positions(source: str, spans: Sequence[Span]) -> str:
    """Return the source with two characters for each span, where it starts and where it ends."""
    text = _PRIVATE.sub("\ufffd", source)
    positions: list[tuple[int, int, str]] = []
    for number, span in enumerate(spans[:_MAX_SPANS]):
        start, end = max(0, span.start), min(len(text), span.end)
        line = text.rfind("\n", 0, start) + 1
        block = _BLOCK_START.match(text, line)
        start = max(start, block.end() if block else start)  # markers of lists and headings have to begin their lines
        if start < end:
            positions += [(start, 1, chr(_FIRST + 2 * number)), (end, 0, chr(_FIRST + 2 * number + 1))]
    parts: list[str] = []
    position = 0
    for offset, _, char in sorted(positions):
        parts += text[position:offset], char
        position = offset
    return "".join([*parts, text[position:]])


def _mark(html: str, spans: Sequence[Span]) -> str:
    marker = _Marker(spans)
    marker.feed(html)
    marker.close()
    return marker.html


class _Marker(HTMLParser):
    """Wraps the text between the two characters of each span in <mark>, within and across elements."""

    def __init__(self, spans: Sequence[Span]) -> None:
        super().__init__(convert_charrefs=False)
        self._spans, self._active, self._seen = spans, dict[int, None](), set[int]()
        self._parts: list[str] = []
        self._kinds = ""  # of the last mark
        self._end = "</mark>"  # of the last mark

    @property
    def html(self) -> str:
        return "".join(self._parts)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - as inherited
        # What is in an attribute cannot be marked.
        self._parts.append(_PRIVATE.sub("", self.get_starttag_text() or ""))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        self._parts.append(f"</{tag}>")

    def handle_entityref(self, name: str) -> None:
        self._write(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._write(f"&#{name};")

    def handle_data(self, data: str) -> None:
        for part in re.split(f"({_PRIVATE.pattern})", data):
            if _PRIVATE.fullmatch(part):
                number, is_end = divmod(ord(part) - _FIRST, 2)
                if is_end:
                    self._active.pop(number, None)
                else:
                    self._active[number] = None
            else:
                self._write(part)

    def _write(self, text: str) -> None:
        if not text or not self._active or text.isspace():
            self._parts.append(text)
            return
        spans = [self._spans[number] for number in self._active]
        new = [self._spans[number].id for number in self._active if number not in self._seen]
        self._seen.update(self._active)
        kinds = " ".join(dict.fromkeys(span.kind for span in spans))
        if not new and self._parts[-1:] == [self._end] and self._kinds == kinds:  # text after an entity
            self._parts[-1:] = [text, self._end]
            return
        self._kinds = kinds
        attributes = f' class="{kinds}"'
        ids = list(dict.fromkeys(key for key in new if key))
        if ids:
            attributes += f' id="{escape(ids[0])}"'
        if titles := dict.fromkeys(span.title for span in spans if span.title):
            attributes += f' title="{escape("; ".join(titles))}"'
        # An element has one id: further spans that start here get elements of their own.
        further = "".join(f'<mark id="{escape(key)}">' for key in ids[1:])
        self._end = "</mark>" * max(1, len(ids))
        self._parts += f"<mark{attributes}>{further}{text}", self._end
