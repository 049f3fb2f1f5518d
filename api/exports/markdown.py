"""Markdown documents with YAML front matter: an answer, search results, a paper, a day, or a list of papers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from urllib.parse import quote as quote_url

from ...index.domain.papers import Entry, Language, Paper
from ..answers.markdown import strip_markdown
from ..answers.rendering.layout import LABEL, QUOTATION, TITLE
from ..answers.rendering.numbered import CitationNumbering, Marker, NumberedText, join_numbered
from ..events import HitsEvent, answer_events
from ..results import Answer, DigestDetails, PaperDetails, Results
from .markup import document, escape, link, quote
from .references import Reference, describe_source, source
from .text import doi_of, issued, plain, title_note, title_of, with_spaces

_MAX_AUTHORS = 10  # in lists; the document of a paper names all
_LIST_ITEM = re.compile(r"(?P<indent>[ \t]*)(?:[-*+•]|\d{1,2}[.)])[ \t]+(?P<text>.*)")
_DEEPEST = 3  # level of nested lists
_HEADINGS: Mapping[Language, Mapping[str, str]] = {
    "ko": {"quotations": "인용", "references": "참고 문헌"},
    "en": {"quotations": "Quotations", "references": "References"},
}


def number_answer(answer: Answer) -> NumberedText:
    """Return the text of an answer with numbered citations, without the list of papers below it."""
    numbering = CitationNumbering()
    events = (HitsEvent(answer.hits, answer.interpretation), *answer_events(answer), None)
    return join_numbered(numbering.add(event) for event in events)


def answer_to_markdown(answer: Answer, references: Sequence[Reference], today: date) -> str:
    """Return an answer with numbered citations, its quotations, and the papers that it cites.

    Args:
        answer: the answer.
        references: the papers in the order of their numbers, each with its quotations.
        today: date of the export.
    """
    headings = _HEADINGS[answer.interpretation.answer_lang]
    quotations = [
        quote(citation.quote, f"{_number(number, reference.paper)}, {escape(source(citation))}")
        for number, reference in enumerate(references, start=1)
        for citation in reference.quotations
    ]
    return document(
        _question_fields(answer, references, today)
        | {"confidence": answer.confidence, "reason": answer.reason, "writer": answer.writer},
        f"# {escape(answer.question)}",
        _numbered_body(answer),
        *_section(headings["quotations"], quotations),
        *_section(headings["references"], [_numbered_list(map(_reference, references))] if references else []),
    )


def results_to_markdown(results: Results, references: Sequence[Reference], today: date) -> str:
    """Return search results, best first, each with the passage that matches best.

    Args:
        results: the results.
        references: the papers of the hits, in their order.
        today: date of the export.
    """
    blocks: list[str] = []
    for rank, (hit, reference) in enumerate(zip(results.hits, references, strict=True), start=1):
        blocks.append(f"## {rank}\\. {_title_link(reference.paper)}")
        blocks.append(_details(reference.paper))
        for evidence in hit.evidence[:1]:
            where = (
                describe_source(evidence.entry, evidence.section, evidence.trust) if evidence.entry else evidence.source
            )
            blocks.append(quote(evidence.text, escape(where)))
    return document(
        _question_fields(results, references, today),
        f"# {escape(results.question)}",
        *blocks,
    )


def paper_to_markdown(details: PaperDetails) -> str:
    """Return a paper with its abstract and the summaries of it, each with its trust label."""
    paper, title = details.paper, plain(title_of(details.paper))
    blocks = [f"# {escape(title)}", _details(paper, all_authors=True)]
    if abstract := escape(plain(paper.abstract)):
        blocks += ["## Abstract", abstract]
    for entry in details.entries:
        blocks += [f"## Digest of {entry.digest_date}", *_summary(entry)]
    first = issued(paper)
    return document(
        {
            "title": title,
            "title_note": title_note(paper),
            "authors": [*map(plain, paper.authors)],
            "date": date(*first) if len(first) == 3 else "-".join(f"{part:02}" for part in first),
            "arxiv": paper.paper_id,
            "url": paper.url,
            "doi": doi_of(paper),
            "journal_ref": paper.journal_ref,
            "comment": paper.comment,
            "categories": paper.categories,
            "digests": paper.digest_dates,
        },
        *blocks,
    )


def digest_to_markdown(digest: DigestDetails) -> str:
    """Return the papers of a day, in the order of the digest, each with the trust label of its summary."""
    heading = f"Digest of {digest.digest_date}"
    items = (
        _lines(
            _title_link(entry.paper),
            _details(entry.paper),
            f"{'new' if entry.is_new else 'in an earlier digest as well'}, trust: {entry.trust}",
        )
        for entry in digest.entries
    )
    return document(
        {
            "title": heading,
            "date": date.fromisoformat(digest.digest_date),
            "papers": [entry.paper.paper_id for entry in digest.entries],
        },
        f"# {heading}",
        _numbered_list(items),
    )


def papers_to_markdown(references: Sequence[Reference], today: date) -> str:
    """Return a list of papers.

    Args:
        references: the papers.
        today: date of the export.
    """
    return document(
        {"title": "Papers", "date": today, "papers": [reference.paper.paper_id for reference in references]},
        "# Papers",
        _numbered_list(map(_reference, references)),
    )


def _question_fields(
    result: Answer | Results, references: Sequence[Reference], today: date
) -> dict[str, str | date | Sequence[str] | None]:
    return {
        "title": result.question,
        "question": result.question,
        "date": today,
        "since": result.interpretation.since,
        "until": result.interpretation.until,
        "papers": [reference.paper.paper_id for reference in references],
    }


def _number(number: int, paper: Paper) -> str:
    return f"{link(f'[{number}]', paper.url)} {escape(plain(title_of(paper)))}"


def _section(heading: str, blocks: Sequence[str]) -> Sequence[str]:
    return [f"## {heading}", *blocks] if blocks else []


def _numbered_list(items: Iterable[str]) -> str:
    """Return items as a list; lines after an item's first one belong to it."""
    return "\n".join(
        f"{number}. {item}".replace("\n", "\n" + " " * len(f"{number}. ")) for number, item in enumerate(items, start=1)
    )


def _reference(reference: Reference) -> str:
    return _lines(_title_link(reference.paper), _details(reference.paper))


def _lines(*lines: str) -> str:
    return "\\\n".join(lines)  # hard line breaks


def _title_link(paper: Paper) -> str:
    return link(plain(title_of(paper)), paper.url)


def _details(paper: Paper, *, all_authors: bool = False) -> str:
    """Return authors, year, arXiv id, reference and DOI of the published version, a note on the title."""
    shown = paper.authors if all_authors else paper.authors[:_MAX_AUTHORS]
    more = ", et al." if len(shown) < len(paper.authors) else ""
    year = str(issued(paper)[0]) if issued(paper) else ""
    parts = [
        ", ".join(escape(plain(name)) for name in shown) + more,
        year,
        escape(f"arXiv:{paper.paper_id}"),
        escape(paper.journal_ref),
    ]
    if doi := doi_of(paper):
        parts.append(link(f"doi:{doi}", f"https://doi.org/{quote_url(doi)}"))
    parts.append(title_note(paper))
    return " · ".join(filter(None, parts))


# --- the text of an answer


def _numbered_body(answer: Answer) -> str:
    """Return the text of an answer: its own layout as Markdown, everything else escaped."""
    numbered = number_answer(answer)
    urls = {hit.url for hit in answer.hits}
    is_quoted = answer.writer == "extracted"
    lines: list[str] = []
    start = 0
    for line in numbered.text.split("\n"):
        end = start + len(line)
        markers = [marker for marker in numbered.markers if start <= marker.start and marker.end <= end]
        label = LABEL.fullmatch(line) if is_quoted and not markers and not TITLE.fullmatch(line) else None
        lines.append(f"**{escape(label['name'])}**" if label else _body_line(line, start, markers, urls))
        start = end + 1
    return "\n".join(_separate(lines)).strip("\n")


def _body_line(line: str, start: int, markers: Sequence[Marker], urls: set[str]) -> str:
    title = TITLE.fullmatch(line)
    if title and not markers and title["url"] in urls:
        return f"**{link(title['title'], title['url'])}**{title['days']}"
    if (item := QUOTATION.fullmatch(line)) and len(markers) == 1:
        note = f" {escape(item['note'])}" if item["note"] else ""
        return f"{item['indent']}- {escape(item['quote'])} {_marker(markers[0])}{note}"
    parts: list[str] = []
    position = 0
    for marker in markers:
        parts += [_part(line[position : marker.start - start]), _marker(marker)]
        position = marker.end - start
    return "".join([*parts, _part(line[position:])])


def _part(text: str) -> str:
    return with_spaces(text, escape(text))


def _marker(marker: Marker) -> str:
    return link(f"[{marker.paper.number}]", marker.paper.url)


def _separate(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines with an empty one before each that is not part of a list, as Markdown would join them otherwise."""
    before = ""
    for line in lines:
        is_item = line.lstrip().startswith("- ")
        if line and before and not (is_item and before.lstrip().startswith("- ")):
            yield ""
        yield line
        before = line


# --- summaries


def _summary(entry: Entry) -> Iterator[str]:
    """Yield the blocks of a summary: its trust label, then its sections as plain paragraphs and lists."""
    if entry.trust:
        wrong = f"; nearest to the abstract of {entry.trust.wrong_paper}" if entry.trust.wrong_paper else ""
        yield f"Trust: {entry.trust.label}{escape(wrong) if wrong else ''}"
    for section in entry.sections:
        heading = escape(section.heading)
        text = "\n".join(_separate(_plain_lines(entry.text(section))))
        if text:
            yield from filter(None, (f"### {heading}" if heading else "", text))


def _plain_lines(text: str) -> Iterator[str]:
    """Yield the lines of a text: lists stay lists, all other Markdown becomes plain text."""
    level = -1
    for line in text.splitlines():
        item = _LIST_ITEM.fullmatch(line)
        words = escape(strip_markdown(item["text"] if item else line))
        if item and words:
            level = min(len(item["indent"].expandtabs(4)) // 2, level + 1, _DEEPEST)
            yield f"{'  ' * level}- {words}"
        elif words:
            level = -1
            yield words
