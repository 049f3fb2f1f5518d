"""What the templates show, built from results: answers in parts, quotations in their place, papers and days."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from markupsafe import Markup

from ...index.analysis.language import language
from ...index.domain.filters import Filter
from ...index.domain.hits import Citation, Hit
from ...index.domain.papers import Entry, Language, Paper
from ...index.domain.trust import Label
from ...index.facts.latex import render_latex
from ...ingest.trust.refusals.detector import says_nothing
from ..answers.markdown import strip_markdown
from ..answers.rendering.layout import LABEL, QUOTATION, TITLE, display_title
from ..answers.rendering.messages import is_heading
from ..results import Answer, PaperDetails
from .markup import Span, render_markdown, render_text
from .reasons import ReasonView, abstract_spans, reason_views, summary_spans
from .texts import Texts

_QUOTE = "quote"  # id and class of a marked quotation
_EMPTY = "empty"  # class of a section that says nothing
_NAMED_TITLE = re.compile(r"([A-Za-z][\w.+-]{2,29}(?: [\w.+-]{1,20})?): ")


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """A part of an answer.

    Attributes:
        kind: "title" (of a paper), "heading" (of an aspect), "label" (a paper's short name), "quote" or "text".
        text: the words.
        paper_id: the paper of a title; empty otherwise.
        days: dates of a title's digests, as shown.
        numbers: the numbers of the quotations behind the words.
        is_indented: whether it belongs to the line above it.
        note: note about the source of a quotation.
        lang: language of the words of a quotation; empty otherwise.
    """

    kind: str
    text: str
    paper_id: str = ""
    days: str = ""
    numbers: tuple[int, ...] = ()
    is_indented: bool = False
    note: str = ""
    lang: str = ""


def answer_lines(answer: Answer) -> list[AnswerLine]:
    """Return the parts of an answer's text."""
    return [answer_line(segment.text, segment.citations, answer.citations) for segment in answer.segments]


def answer_line(text: str, positions: Sequence[int], citations: Sequence[Citation]) -> AnswerLine:
    """Return the view of a segment of an answer's text.

    Args:
        text: the words.
        positions: the quotations behind them, as positions in `citations`.
        citations: the quotations of the answer.
    """
    numbers = tuple(position + 1 for position in positions)
    if title := TITLE.fullmatch(text):
        paper_id = title["url"].partition("/abs/")[2]
        return AnswerLine("title", render_latex(title["title"]), paper_id, title["days"].removeprefix(" · "))
    if match := QUOTATION.fullmatch(text):
        return AnswerLine(
            "quote",
            match["quote"],
            match["paper"],
            "",
            numbers,
            bool(match["indent"]),
            match["note"] or "",
            language(match["quote"]),
        )
    if is_heading(text):
        return AnswerLine("heading", text.rstrip(":"))
    if not positions and (label := LABEL.fullmatch(text)):
        return AnswerLine("label", render_latex(label["name"]))
    for paper_id in {citations[position].paper_id for position in positions}:
        text = text.replace(f" [{paper_id}]", "")
    return AnswerLine("text", text.replace("**", ""), "", "", numbers)


def place_of(citation: Citation) -> str:
    """Return the path of a quotation's paper with the quotation marked."""
    path = paper_path(citation.paper_id)
    if citation.source_start is None or citation.source_end is None:
        return path
    place = {"entry": citation.entry or "abstract", "start": citation.source_start, "end": citation.source_end}
    return f"{path}?{urlencode(place)}#{_QUOTE}"


def paper_path(paper_id: str) -> str:
    """Return the path of a paper's page."""
    return f"papers/{quote(paper_id, safe='/')}"


@dataclass(frozen=True, slots=True)
class Place:
    """A quotation to mark on the page of its paper.

    Attributes:
        entry: ISO date of the digest entry, or "abstract".
        start, end: offsets into the entry's body or the abstract, in code points.
    """

    entry: str
    start: int
    end: int

    def span(self) -> Span:
        """Return the span to mark."""
        return Span(self.start, self.end, _QUOTE, _QUOTE)


@dataclass(frozen=True, slots=True)
class EntryView:
    """A digest's summary of a paper.

    Attributes:
        entry: the entry.
        body: its text as HTML; what its trust label rests on and a quotation are marked.
        label: its trust label.
        reasons: the reasons for the label.
        lang: language of most of it.
        is_open: whether it is shown unfolded.
        has_empty_sections: whether sections of it that say nothing are dimmed.
    """

    entry: Entry
    body: Markup
    label: Label
    reasons: tuple[ReasonView, ...]
    lang: Language
    is_open: bool
    has_empty_sections: bool


def entry_views(details: PaperDetails, place: Place | None, texts: Texts) -> list[EntryView]:
    """Return the summaries of a paper, newest first; the newest, or the one of the place, is unfolded.

    Sections that say nothing are marked as such.
    """
    views: list[EntryView] = []
    for entry in reversed(details.entries):
        is_place = place is not None and place.entry == entry.digest_date
        reasons = reason_views(entry, details.paper.abstract, texts)
        spans = summary_spans(reasons)
        empty = [section for section in entry.sections if says_nothing(entry.text(section))]
        spans += [Span(section.start, section.end, _EMPTY) for section in empty]
        if is_place and place:
            spans.append(place.span())
        is_open = is_place or (not views and (place is None or place.entry == "abstract"))
        label = entry.trust.label if entry.trust else "unchecked"
        lang = entry.lang or language(entry.body)
        body = render_markdown(entry.body, spans)
        views.append(EntryView(entry, body, label, tuple(reasons), lang, is_open, bool(empty)))
    return views


def abstract_reasons(details: PaperDetails, texts: Texts) -> list[ReasonView]:
    """Return the reasons for which summaries were compared with a part of the paper's abstract."""
    abstract = details.paper.abstract
    return [view for entry in details.entries for view in reason_views(entry, abstract, texts) if view.source]


def abstract_view(details: PaperDetails, place: Place | None, texts: Texts) -> Markup:
    """Return the abstract of a paper as HTML; what summaries were compared with and a quotation are marked."""
    spans = abstract_spans(abstract_reasons(details, texts))
    if place and place.entry == "abstract":
        spans.append(place.span())
    return render_text(details.paper.abstract, spans)


def mark_meanings(entries: Iterable[EntryView]) -> list[tuple[str, str]]:
    """Return what the marks in summaries mean: the class of each and the key of its words."""
    used = {view.label for view in entries if any(reason.places for reason in view.reasons)}
    meanings: list[tuple[str, str, set[Label]]] = [
        ("agree", "legend_agree", {"supported"}),
        ("doubt", "legend_doubt", {"contradicted"}),
        ("doubt", "legend_admission", {"refused", "invented"}),
    ]
    return [(kind, key) for kind, key, labels in meanings if used & labels]


def example_names(papers: Sequence[Paper], count: int = 3) -> list[str]:
    """Return names that titles introduce ("AdaptCLIP: ..."), for example questions."""
    names = (match[1] for paper in papers if (match := _NAMED_TITLE.match(paper.title)))
    return list(dict.fromkeys(names))[:count]


@dataclass(frozen=True, slots=True)
class HitView:
    """A paper that a search found.

    Attributes:
        hit: the hit.
        title: title of the paper.
        evidence: the texts that matched, without Markdown, with section, trust label and language.
    """

    hit: Hit
    title: str
    evidence: tuple[tuple[str, str, Label | None, Language], ...]


def hit_views(hits: Iterable[Hit], characters: int = 400) -> list[HitView]:
    """Return hits with their evidence, each text cut to a number of characters."""
    return [
        HitView(
            hit,
            render_latex(display_title(hit)),
            tuple(
                (_cut(strip_markdown(item.text), characters), item.section, item.trust, item.lang)
                for item in hit.evidence[:2]
            ),
        )
        for hit in hits
    ]


def _cut(text: str, characters: int) -> str:
    return text if len(text) <= characters else f"{text[:characters].rsplit(' ', 1)[0]} …"


@dataclass(frozen=True, slots=True)
class Chip:
    """Something that a question was understood as, with the link that takes it back.

    Attributes:
        text: the words.
        href: query string without it; empty where it cannot be taken back.
    """

    text: str
    href: str = ""


def filter_chips(
    where: Filter, query: Sequence[tuple[str, str]], names: Mapping[str, str], values: Mapping[str, str]
) -> list[Chip]:
    """Return the conditions of a filter that a form sent, each with the query string without it.

    Args:
        where: the filter.
        query: the fields of the form.
        names: names of the fields, as shown.
        values: values as shown, by field and value ("trust_supported"); others are shown as they are.
    """
    chips: list[Chip] = []
    for field, value in query:
        if field in names and value and where:
            rest = [(key, other) for key, other in query if (key, other) != (field, value) and other]
            shown = values.get(f"{field}_{value}", value)
            chips.append(Chip(f"{names[field]}: {shown}", f"?{urlencode(rest)}"))
    return chips
