"""Numbered citations: the text of an answer with [1], [2] for its papers, and the numbered list of their links.

A conversation partner that keeps nothing but text gets the text back: `recover_turn` reads from it what a follow-up
question needs.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain

from ....index.domain.arxiv_ids import find_arxiv_ids
from ....index.domain.errors import InputError
from ....index.domain.filters import parse_filter
from ....index.domain.hits import Citation, Hit
from ....index.domain.papers import paper_url
from ...conversation.turns import Turn
from ...events import CitationEvent, DoneEvent, Event, HitsEvent, TokenEvent, answer_events
from ...results import Answer
from .layout import QUOTATION, display_title
from .messages import find_period, papers_heading, period_line, replacement_note

_ITEM = re.compile(r"[ \t]*(?:\[\d{1,3}\]|\d{1,3}[.)]):?[ \t]")


@dataclass(frozen=True, slots=True)
class NumberedPaper:
    """A paper in the list below an answer.

    Attributes:
        number: its number, from 1 in the order in which the text cites the papers.
        paper_id: its arXiv id.
        title: its title on one line, or its id where it has none that can be shown.
        url: its address.
    """

    number: int
    paper_id: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Marker:
    """A marker such as [1] in a numbered text.

    Attributes:
        paper: the paper that it stands for.
        start, end: offsets into the whole text, in code points.
        citations: the quotations of this paper behind the words before the marker.
    """

    paper: NumberedPaper
    start: int
    end: int
    citations: tuple[Citation, ...]


@dataclass(frozen=True, slots=True)
class NumberedText:
    """A text, or a part of one, with numbered citations.

    Attributes:
        text: the text.
        markers: its markers, in order.
    """

    text: str
    markers: tuple[Marker, ...] = ()


def number_citations(answer: Answer) -> NumberedText:
    """Return the text of an answer with numbered citations, followed by the dates that it is limited to and its papers.

    The words of the answer and its quotations are unchanged. The list holds the papers that the answer cites or, if
    there are none, those that the question is about: the papers of `Turn.of(answer)`.
    """
    numbering = CitationNumbering()
    events = [HitsEvent(answer.hits, answer.interpretation), *answer_events(answer), DoneEvent(answer)]
    return join_numbered(numbering.add(event) for event in events)


def join_numbered(parts: Iterable[NumberedText]) -> NumberedText:
    """Return the text that consecutive parts make up."""
    parts = list(parts)
    return NumberedText(
        "".join(part.text for part in parts), tuple(chain.from_iterable(part.markers for part in parts))
    )


class CitationNumbering:
    """Numbers the citations of one answer while its events come.

    The parts that it returns are the text of `number_citations`. Where quotations replace the sentences of a model that
    failed midway, those sentences cannot be taken back: they stay, followed by a line that says so.
    """

    def __init__(self) -> None:
        self._hits: dict[str, Hit] = {}
        self._papers: dict[str, NumberedPaper] = {}
        self._replacement = ""
        self._held: tuple[str, list[Citation]] | None = None  # a text whose citations follow it
        self._end = 0

    def add(self, event: Event | None) -> NumberedText:
        """Take the next event, or None if there is none yet; return the text that is complete by now."""
        if isinstance(event, HitsEvent):
            self._hits = {hit.paper_id: hit for hit in event.hits}
            self._replacement = f"\n\n{replacement_note(event.interpretation.answer_lang)}\n\n"
            return NumberedText("")
        if isinstance(event, CitationEvent) and self._held:
            self._held[1].append(event.citation)
            return NumberedText("")
        part = self._number(*self._held) if self._held else NumberedText("")
        self._held = None
        if isinstance(event, TokenEvent):
            self._held = (self._replacement if event.replaces else "") + event.text, []
        elif isinstance(event, DoneEvent):
            part = NumberedText(part.text + self._footer(event.answer), part.markers)
        return part

    def _number(self, text: str, citations: Sequence[Citation]) -> NumberedText:
        by_paper: dict[str, list[Citation]] = {}
        for citation in citations:
            by_paper.setdefault(citation.paper_id, []).append(citation)
        parts: list[str] = []
        markers: list[Marker] = []
        position = 0
        for start, end in _find_markers(text, by_paper):
            paper = self._paper(text[start + 1 : end - 1])
            parts += text[position:start], f"[{paper.number}]"
            begin = self._end + sum(map(len, parts[:-1]))
            cited = tuple(by_paper[paper.paper_id])
            markers.append(Marker(paper, begin, begin + len(parts[-1]), cited))
            position = end
        numbered = "".join([*parts, text[position:]])
        self._end += len(numbered)
        return NumberedText(numbered, tuple(markers))

    def _paper(self, paper_id: str) -> NumberedPaper:
        if paper_id not in self._papers:
            hit = self._hits.get(paper_id)
            title, url = (display_title(hit), hit.url) if hit else (paper_id, paper_url(paper_id))
            self._papers[paper_id] = NumberedPaper(len(self._papers) + 1, paper_id, title, url)
        return self._papers[paper_id]

    def _footer(self, answer: Answer) -> str:
        interpretation = answer.interpretation
        lang, since, until = interpretation.answer_lang, interpretation.since, interpretation.until
        parts = [period_line(lang, since, until, interpretation.by)] if since or until else []
        is_cited = bool(self._papers)
        papers = [*self._papers.values()] or [self._paper(paper_id) for paper_id in interpretation.papers]
        if papers:
            lines = (f"{paper.number}. {paper.title} ({paper.url})" for paper in papers)
            parts.append("\n".join([papers_heading(lang, cited=is_cited), *lines]))
        return "".join(f"\n\n{part}" for part in parts)


def _find_markers(text: str, paper_ids: Collection[str]) -> list[tuple[int, int]]:
    """Return where a text has the ids of cited papers in brackets; the same within a quotation is no marker."""
    line = text.strip("\n")
    quotation = QUOTATION.fullmatch(line)
    if quotation and quotation["paper"] in paper_ids:
        offset = text.index(line)
        return [(offset + quotation.start("paper") - 1, offset + quotation.end("paper") + 1)]
    ids = "|".join(map(re.escape, paper_ids))
    return [match.span() for match in re.finditer(rf"\[(?:{ids})\]", text)] if ids else []


def recover_turn(question: str, text: str) -> Turn:
    """Return the turn that an answer completed, from its text with numbered citations.

    Args:
        question: the question as asked.
        text: the text of `number_citations`, or any other; papers are read from numbered lines that end with a link.
    """
    papers: dict[str, None] = {}
    for line in text.splitlines():
        if _ITEM.match(line) and (link := line.rfind("http")) >= 0:
            papers |= dict.fromkeys(found.paper_id for found in find_arxiv_ids(line[link:])[:1])
    if period := find_period(text):
        since, until, by = period
        try:
            parse_filter(since=since, until=until, by=by)
        except InputError:  # not a line of ours
            return Turn(question, tuple(papers))
        return Turn(question, tuple(papers), since, until, by)
    return Turn(question, tuple(papers))
