"""The text of an answer: a lead, quotations with their papers' ids under titles, notices."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ....index.domain.hits import Citation, Hit
from ....index.domain.papers import Language
from .markdown import undecorated
from .messages import heading, mark
from .titles import shown_title

TITLE = re.compile(r"\*\*(?P<title>.*)\*\* \((?P<url>\S+)\)(?P<days>(?: · \d{4}-\d{2}-\d{2}(?:, \d{4}-\d{2}-\d{2})*)?)")
"""A line that names a paper: its title, which may hold brackets of its own, its page, and the days of its digests."""

QUOTATION = re.compile(r"(?P<indent> *)- (?P<quote>.*) \[(?P<paper>[^\[\]\s]+)\](?: (?P<mark>\(.*\)))?")
"""A line that quotes: the words, the paper's id, and what is to be known of them."""

_MOST_DAYS = 3


@dataclass(frozen=True, slots=True)
class Quoted:
    """A quotation in its place.

    Attributes:
        below: whether it stands below another one that it belongs to.
        paired: whether it is one of two, of a summary and of its abstract.
    """

    citation: Citation
    below: bool = False
    paired: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Quotations of one paper."""

    hit: Hit
    quoted: tuple[Quoted, ...]


def by_paper(groups: Iterable[Group], lang: Language) -> list[str]:
    """Lines of groups under their papers' titles."""
    return [line for group in groups for line in ("", title(group.hit), *_lines(group.quoted, lang))]


def side_by_side(groups: Sequence[Group], aspects: Sequence[tuple[str, Sequence[Group]]], lang: Language) -> list[str]:
    """Lines of the titles of all papers, then of each aspect with the quotations of every paper."""
    lines = ["", *(title(group.hit) for group in groups)]
    for name, parts in aspects:
        lines += ["", heading(lang, name)]
        lines += [line for part in parts for line in _lines(part.quoted, lang)]
    return lines


def title(hit: Hit) -> str:
    """The line that names a paper."""
    days = ", ".join(hit.digest_dates[-_MOST_DAYS:])
    return f"**{shown_title(hit)}** ({hit.url}){f' · {days}' if days else ''}"


def _lines(quoted: Iterable[Quoted], lang: Language) -> list[str]:
    return [_line(one, lang) for one in quoted]


def _line(one: Quoted, lang: Language) -> str:
    """A quotation with its paper's id, and a warning where its summary is not to be trusted."""
    name = "abstract" if one.citation.trust is None and one.paired else one.citation.trust
    known = mark(lang, name)
    indent = "  " if one.below else ""
    return f"{indent}- {undecorated(one.citation.quote)} [{one.citation.paper_id}]{f' {known}' if known else ''}"
