"""Feeds of the index, of a day and of a question, as Atom (RFC 4287) and JSON Feed 1.1."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from xml.etree.ElementTree import Element, SubElement, tostring

from ...index.domain.hits import Citation
from ...index.domain.papers import Entry, Paper
from ...index.facts.latex import render_latex
from ...index.util.text import sanitize
from ..answers.markdown import strip_markdown
from ..answers.rendering.layout import display_title
from .views import paper_path, place_of

FeedFormat = Literal["atom", "json"]
MEDIA_TYPES: dict[FeedFormat, str] = {"atom": "application/atom+xml", "json": "application/feed+json"}
CONTENT_TYPES: dict[FeedFormat, str] = {kind: f"{name}; charset=utf-8" for kind, name in MEDIA_TYPES.items()}
"""The media types with the encoding: browsers that show a feed as text guess another one without it."""
_ATOM = "http://www.w3.org/2005/Atom"


@dataclass(frozen=True, slots=True)
class FeedItem:
    """A paper in a digest.

    Attributes:
        id: stable id: that of the digest's entry.
        title: title of the paper.
        path: path of the page that it leads to.
        published: time of the ingestion, ISO 8601.
        text: plain text: quotations, a line each.
        authors: names of the paper's authors.
    """

    id: str
    title: str
    path: str
    published: str
    text: str
    authors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed.

    Attributes:
        title: its title.
        base: URL of the service, with a slash at its end.
        path: path of the feed with its query string.
        page: path of the page that shows the same.
        items: newest first.
    """

    title: str
    base: str
    path: str
    page: str
    items: tuple[FeedItem, ...]

    @property
    def updated(self) -> str:
        """The time of the newest item; the epoch where there is none."""
        return max((item.published for item in self.items), default="1970-01-01T00:00:00+00:00")

    def render(self, kind: FeedFormat) -> bytes:
        """Return the document."""
        return _render_atom(self) if kind == "atom" else _render_json(self)


def feed_item(entry: Entry, paper: Paper, quotations: Sequence[Citation]) -> FeedItem:
    """Return the item of a digest's entry about a paper; it leads to the first of the quotations, if there are any."""
    path = place_of(quotations[0]) if quotations else paper_path(paper.paper_id)
    lines = dict.fromkeys(strip_markdown(citation.quote) for citation in quotations)
    return FeedItem(
        f"urn:nonmun:entry:{entry.digest_date}:{entry.paper_id}",
        _clean(render_latex(display_title(paper))),
        path,
        entry.ingested_at,
        _clean("\n".join(lines)),
        tuple(map(_clean, paper.authors)),
    )


def entity_tag(document: bytes) -> str:
    """Return the entity tag of a document (RFC 9110, section 8.8.3)."""
    return f'"{hashlib.sha256(document).hexdigest()[:32]}"'


def _clean(text: str) -> str:
    """Return a text that XML can hold: control characters are replaced, line feeds stay."""
    return "\n".join(sanitize(line) for line in text.split("\n"))


def _render_atom(feed: Feed) -> bytes:
    root = Element("feed", xmlns=_ATOM)
    _add(root, "id", feed.base + feed.path)
    _add(root, "title", _clean(feed.title))
    _add(root, "updated", feed.updated)
    SubElement(root, "link", rel="self", type=MEDIA_TYPES["atom"], href=feed.base + feed.path)
    SubElement(root, "link", rel="alternate", type="text/html", href=feed.base + feed.page)
    _add(SubElement(root, "author"), "name", "nonmun")
    for item in feed.items:
        entry = SubElement(root, "entry")
        _add(entry, "id", item.id)
        _add(entry, "title", item.title)
        _add(entry, "updated", item.published)
        _add(entry, "published", item.published)
        SubElement(entry, "link", rel="alternate", type="text/html", href=feed.base + item.path)
        for name in item.authors:
            _add(SubElement(entry, "author"), "name", name)
        _add(entry, "content", item.text).set("type", "text")
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + tostring(root, "utf-8")


def _add(parent: Element, name: str, text: str) -> Element:
    element = SubElement(parent, name)
    element.text = text
    return element


def _render_json(feed: Feed) -> bytes:
    items: list[dict[str, Any]] = [
        {
            "id": item.id,
            "url": feed.base + item.path,
            "title": item.title,
            "content_text": item.text,
            "date_published": item.published,
            "authors": [{"name": name} for name in item.authors],
        }
        for item in feed.items
    ]
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": _clean(feed.title),
        "home_page_url": feed.base + feed.page,
        "feed_url": feed.base + feed.path,
        "items": items,
    }
    return json.dumps(document, ensure_ascii=False).encode()
