"""Plain text of one line, and what formats take from a paper: its title, date, DOI, class and URL."""

from __future__ import annotations

import re
from datetime import date
from urllib.parse import quote

from ...index.domain.papers import Paper
from ...index.facts.latex import render_latex
from ...index.util.text import sanitize
from .accents import render_accents

# https://www.crossref.org/blog/dois-and-matching-regular-expressions/, and what some DOIs of before 2008 have besides.
_DOI = re.compile(
    r"(?:doi:|https?://(?:dx\.)?doi\.org/)?(10\.\d{4,9}/[-._;()/:<>\[\]+A-Za-z0-9]+)", re.ASCII | re.IGNORECASE
)
_CLASS = re.compile(r"[a-z]+(?:-[a-z]+)*(?:\.[A-Za-z]+(?:-[A-Za-z]+)*)?", re.ASCII)
_ID_DATE = re.compile(r"(?:.*/)?(\d{2})(0[1-9]|1[0-2])", re.ASCII)
_FIRST_YEAR = 91  # of arXiv


def one_line(text: str) -> str:
    """Return a text on one line, without control characters."""
    return sanitize(" ".join(text.split()))


def with_spaces(text: str, converted: str) -> str:
    """Return the converted form of a part of a line, with a space at each end where the part has one."""
    if not text or text.isspace():
        return " " * bool(text)
    return f"{' ' * text[0].isspace()}{converted}{' ' * text[-1].isspace()}"


def plain(text: str) -> str:
    """Return a text on one line, with the accents, escapes and symbols of LaTeX as readers expect them."""
    return one_line(render_latex(render_accents(text)))


def title_of(paper: Paper) -> str:
    """Return the title, or the id of a paper without one."""
    return one_line(paper.title) or f"arXiv:{paper.paper_id}"


def title_note(paper: Paper) -> str:
    """Return a note that no source gave the title; empty where one did, and for a paper without a title.

    The title is that of a digest's summary then, often a translation, and no bibliography has it.
    """
    is_of_digest = bool(one_line(paper.title)) and paper.source.origin is None and bool(paper.digest_dates)
    return "title as in the digest" if is_of_digest else ""


def issued(paper: Paper) -> tuple[int, ...]:
    """Return year, month and day of the first version, as far as they are known.

    Where no source gave the day, the arXiv id still states year and month (https://info.arxiv.org/help/arxiv_identifier.html).
    """
    try:
        day = date.fromisoformat(paper.published or "")
    except ValueError:
        match = _ID_DATE.match(paper.paper_id)
        if match is None:
            return ()
        year = int(match[1])
        return (1900 if year >= _FIRST_YEAR else 2000) + year, int(match[2])
    return day.year, day.month, day.day


def doi_of(paper: Paper) -> str:
    """Return the first DOI that a source states, without its URL; empty where none is one that every format takes."""
    matches = map(_DOI.fullmatch, paper.doi.split())
    return next((match[1] for match in matches if match), "")


def primary_class(paper: Paper) -> str:
    """Return the primary category on arXiv; empty where it is not known."""
    return next((category for category in paper.categories[:1] if _CLASS.fullmatch(category)), "")


def safe_url(url: str) -> str:
    """Return a URL with everything encoded that ends a field or a link of any format."""
    return quote(one_line(url), safe=":/?#@!$&*+,;=%~-._")
