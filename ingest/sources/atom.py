"""arXiv's Atom feed: its papers, or the error entry in their place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from ...index.domain.arxiv_ids import parse_arxiv_id
from ...index.domain.papers import Abstract, Bibliography
from .errors import TransientError
from .text import iso_date, single_line

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_ATOM = "{http://www.w3.org/2005/Atom}"
_ARXIV = "{http://arxiv.org/schemas/atom}"
_ABS = re.compile(r"https?://(?:[a-z-]+\.)?arxiv\.org/abs/", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Feed:
    """The contents of a feed.

    Attributes:
        papers: by `match_key`, the highest version of each; entries without title or summary are left out.
        error: the message of its error entry; empty if it has none.
    """

    papers: dict[str, Abstract]
    error: str = ""


def match_key(paper_id: str) -> str:
    """Return the part of an id that all its spellings share: old ids may name a subject class (math.GT/0309136)."""
    return re.sub(r"\.[A-Z]{2}/", "/", paper_id)


def parse_feed(body: bytes) -> Feed:
    """Parse a feed. Its `totalResults` is ignored: wrong values have been observed.

    A withdrawn paper is treated like any other: its title and summary are what arXiv states.

    Raises:
        TransientError: the body is not a complete feed.
    """
    try:
        root = fromstring(body, forbid_dtd=True)
    except DefusedXmlException as error:
        raise TransientError(f"the feed contains a document type, which Atom does not have: {error}") from error
    except (ParseError, ValueError, LookupError) as error:  # the latter two: encodings
        raise TransientError(f"the response is not complete XML: {error}") from error
    if root.tag.removeprefix(_ATOM) != "feed":
        raise TransientError("the response is not an Atom feed")
    papers: dict[str, Abstract] = {}
    error = ""
    for entry in _children(root, "entry"):
        identifier = _text(entry, "id")
        if "/api/errors" in identifier:
            error = error or _text(entry, "summary") or "arXiv reports an error"
            continue
        abstract = _parse_entry(identifier, entry)
        if abstract:
            key = match_key(abstract.paper_id)
            papers[key] = max(papers.get(key, abstract), abstract, key=lambda version: version.version or 0)
    return Feed(papers, error)


def _parse_entry(identifier: str, entry: Element) -> Abstract | None:
    arxiv_id = parse_arxiv_id(_ABS.sub("", identifier, count=1))
    title, text = _text(entry, "title"), _text(entry, "summary")
    if arxiv_id is None or not title or not text:
        return None
    day = iso_date(_text(entry, "published"))
    return Abstract(arxiv_id.paper_id, title, text, "arxiv", arxiv_id.version, day, _parse_bibliography(entry))


def _parse_bibliography(entry: Element) -> Bibliography:
    authors = [name for author in _children(entry, "author") if (name := _text(author, "name"))]
    primary = [category.get("term", "") for category in _children(entry, "primary_category")]
    categories = [category.get("term", "") for category in _children(entry, "category")]
    return Bibliography(
        tuple(authors),
        tuple(dict.fromkeys(single_line(term) for term in (*primary, *categories) if term.strip())),
        _text(entry, "doi"),
        _text(entry, "journal_ref"),
        _text(entry, "comment"),
    )


def _children(parent: Element, name: str) -> Iterator[Element]:
    return (child for child in parent if child.tag in (name, _ATOM + name, _ARXIV + name))


def _text(entry: Element, name: str) -> str:
    return next((single_line("".join(child.itertext())) for child in _children(entry, name)), "")
