"""Reads arXiv's Atom feed: entries by paper, or the error that stands in their place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from ...index.domain.arxiv_ids import ArxivId, parse_arxiv_id
from ...index.domain.papers import Abstract
from .errors import TransientError
from .jsonl import iso_date, one_line

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_ATOM = "{http://www.w3.org/2005/Atom}"
_ABS = re.compile(r"https?://(?:[a-z-]+\.)?arxiv\.org/abs/", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Feed:
    """What a feed holds.

    Attributes:
        papers: by `match_key`, the highest version of each; entries without title or summary are left out.
        error: the words of its error entry; empty where it has none.
    """

    papers: dict[str, Abstract]
    error: str = ""


def match_key(paper_id: str) -> str:
    """What two spellings of a paper's id share: old ids may carry a subject class (math.GT/0309136) or not."""
    return re.sub(r"\.[A-Z]{2}/", "/", paper_id)


def read_feed(body: bytes) -> Feed:
    """Parse a feed. `totalResults` is not looked at: it has been seen to lie.

    A withdrawn paper is a paper like the others: title and summary are what arXiv says of it.

    Raises:
        TransientError: it is no whole feed.
    """
    try:
        root = fromstring(body, forbid_dtd=True)
    except DefusedXmlException as error:
        raise TransientError(f"the feed holds a document type, which Atom has none of: {error}") from error
    except (ParseError, ValueError, LookupError) as error:  # the latter two: encodings
        raise TransientError(f"the answer is no whole XML: {error}") from error
    if root.tag.removeprefix(_ATOM) != "feed":
        raise TransientError("the answer is no Atom feed")
    papers: dict[str, Abstract] = {}
    error = ""
    for entry in _children(root, "entry"):
        identifier = _text(entry, "id")
        if "/api/errors" in identifier:
            error = error or _text(entry, "summary") or "arXiv reports an error"
            continue
        paper = _paper(identifier, entry)
        if paper:
            key = match_key(paper.paper_id)
            papers[key] = max(papers.get(key, paper), paper, key=lambda one: one.version or 0)
    return Feed(papers, error)


def _paper(identifier: str, entry: Element) -> Abstract | None:
    arxiv_id: ArxivId | None = parse_arxiv_id(_ABS.sub("", identifier, count=1))
    title, text = _text(entry, "title"), _text(entry, "summary")
    if arxiv_id is None or not title or not text:
        return None
    return Abstract(arxiv_id.paper_id, title, text, "arxiv", arxiv_id.version, iso_date(_text(entry, "published")))


def _children(parent: Element, name: str) -> Iterator[Element]:
    return (child for child in parent if child.tag in (name, _ATOM + name))


def _text(entry: Element, name: str) -> str:
    return next((one_line("".join(child.itertext())) for child in _children(entry, name)), "")
