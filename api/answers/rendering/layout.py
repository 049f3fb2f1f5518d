"""Answer layout: quotations with their papers' ids below title lines, and the notices at the end."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from ....index.domain.hits import Citation, Hit
from ....index.domain.papers import Entry, Language, Paper
from ..markdown import strip_markdown
from ..prompt_injection import has_active_content
from .messages import heading, notice, source_note

TITLE = re.compile(r"\*\*(?P<title>.*)\*\* \((?P<url>\S+)\)(?P<days>(?: · \d{4}-\d{2}-\d{2}(?:, \d{4}-\d{2}-\d{2})*)?)")
"""A title line: the paper's title (which may itself contain brackets), its URL and the dates of its digests."""

QUOTATION = re.compile(r"(?P<indent> *)- (?P<quote>.*) \[(?P<paper>[^\[\]\s]+)\](?: (?P<note>\(.*\)))?")
"""A quotation line: the quoted text, the paper's id and the note about its source."""

LABEL = re.compile(r"\*\*(?P<name>.+)\*\*")
"""A label line: the short name of the paper that the quotations below it are from."""

_MAX_DATES = 3
_MAX_TITLE_CHARACTERS = 300
_MAX_NAME_CHARACTERS = 40


@dataclass(frozen=True, slots=True)
class PlacedQuotation:
    """A citation at its place in an answer.

    Attributes:
        is_indented: whether it belongs to the quotation above it.
        is_paired: whether it is one of a pair of a summary's and an abstract's sentence.
    """

    citation: Citation
    is_indented: bool = False
    is_paired: bool = False


@dataclass(frozen=True, slots=True)
class PaperQuotations:
    """The quotations of one paper."""

    hit: Hit
    quotations: tuple[PlacedQuotation, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an answer, with the citation behind it if it is a quotation."""

    text: str
    citation: Citation | None = None


def layout_by_paper(papers: Iterable[PaperQuotations], lang: Language, weak: Collection[str] = ()) -> list[Line]:
    """Return the lines of each paper's quotations below its title line.

    Args:
        papers: the papers, those of `weak` last.
        lang: language of the answer.
        weak: ids of the papers that only come near what is asked for; a heading precedes the first of them.
    """
    lines: list[Line] = []
    is_weak = False
    for paper in papers:
        if not is_weak and paper.hit.paper_id in weak:
            is_weak = True
            lines += [Line(""), Line(heading(lang, "weak"))]
        lines += [Line(""), Line(title_line(paper.hit)), *_quotation_lines(paper, lang)]
    return lines


def layout_by_aspect(
    papers: Sequence[PaperQuotations], aspects: Sequence[tuple[str, Sequence[PaperQuotations]]], lang: Language
) -> list[Line]:
    """Return the title lines of all papers, then for each aspect a heading and the papers' quotations below labels.

    Args:
        papers: the papers.
        aspects: names of aspects, each with quotations of those of the papers that speak of it.
        lang: language of the answer.
    """
    lines = [Line(""), *(Line(title_line(paper.hit)) for paper in papers)]
    names = short_names([paper.hit for paper in papers])
    for aspect, parts in aspects:
        lines += [Line(""), Line(heading(lang, aspect))]
        for part in parts:  # Markdown takes a line right below a list for a part of its last item
            lines += [Line(""), Line(f"**{names[part.hit.paper_id]}**"), *_quotation_lines(part, lang)]
    return lines


def closing_lines(
    lang: Language, unknown_papers: Sequence[str], trust_notes: Sequence[str], more: int = 0
) -> list[str]:
    """Return the last lines of an answer.

    Args:
        lang: language of the answer.
        unknown_papers: ids that the question names and the index lacks.
        trust_notes: warnings about the quoted summaries.
        more: number of papers that a list leaves out.
    """
    lines = ["", notice(lang, "more", [str(more)])] if more else []
    lines += ["", notice(lang, "unknown_paper", unknown_papers)] if unknown_papers else []
    return [*lines, "", *trust_notes] if trust_notes else lines


def title_line(hit: Hit) -> str:
    """Return the line that names a paper."""
    dates = ", ".join(hit.digest_dates[-_MAX_DATES:])
    return f"**{display_title(hit)}** ({hit.url}){f' · {dates}' if dates else ''}"


def display_title(paper: Hit | Paper | Entry) -> str:
    """Return a paper's title on one line, or its id if the title is empty, too long or has active content.

    A digest can contain anything in the place of a title. One that addresses the reader is a title all the same:
    "Attention Is All You Need".
    """
    title = " ".join(paper.title.split())
    return title if title and len(title) <= _MAX_TITLE_CHARACTERS and not has_active_content(title) else paper.paper_id


def short_names(papers: Iterable[Hit | Paper]) -> dict[str, str]:
    """Return short names of papers by id: distinct ones, from their titles as far as these are distinct."""
    titles = {paper.paper_id: display_title(paper) for paper in papers}
    for names in ({paper_id: _shorten(title) for paper_id, title in titles.items()}, titles):
        if len({name.casefold() for name in names.values()}) == len(names):
            return names
    return {paper_id: paper_id for paper_id in titles}


def _shorten(title: str) -> str:
    """Return the part of a title before its colon, or its first words; all of it rather than half a formula."""
    head = title.partition(": ")[0] or title
    if len(head) > _MAX_NAME_CHARACTERS:
        head = f"{head[:_MAX_NAME_CHARACTERS].rsplit(' ', 1)[0]} …"
    return title if head.count("$") % 2 else head


def _quotation_lines(paper: PaperQuotations, lang: Language) -> list[Line]:
    return [Line(_quotation_line(quotation, lang), quotation.citation) for quotation in paper.quotations]


def _quotation_line(quotation: PlacedQuotation, lang: Language) -> str:
    citation = quotation.citation
    note = source_note(lang, "abstract" if citation.trust is None and quotation.is_paired else citation.trust)
    indent = "  " if quotation.is_indented else ""
    return f"{indent}- {strip_markdown(citation.quote)} [{citation.paper_id}]{f' {note}' if note else ''}"
