"""Export: the papers of any result, in any format."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date

from ...index.domain.errors import InputError
from ...index.domain.hits import Citation, Hit
from ...index.domain.papers import Paper
from ...index.query.dates.window import today_in_seoul
from ..results import Answer, DigestDetails, PaperDetails, PaperPage, Results
from .bibtex import to_bibtex
from .csl_json import to_csl_json
from .formats import FORMATS, ExportFormat
from .markdown import (
    answer_to_markdown,
    digest_to_markdown,
    number_answer,
    paper_to_markdown,
    papers_to_markdown,
    results_to_markdown,
)
from .references import Reference, refer_to
from .ris import to_ris

Exportable = Answer | Results | PaperDetails | PaperPage | DigestDetails | Sequence[Paper]
LookUp = Callable[[Iterable[str]], Mapping[str, Paper]]
"""Returns the papers with some ids; unknown ids are left out."""

_BIBLIOGRAPHIC: Mapping[ExportFormat, Callable[[Iterable[Reference]], str]] = {
    "bibtex": to_bibtex,
    "ris": to_ris,
    "csl-json": to_csl_json,
}


def export(result: Exportable, export_format: ExportFormat, look_up: LookUp, today: date | None = None) -> str:
    """Return a result in a format; see `Library.export`.

    Args:
        result: what to export.
        export_format: the format.
        look_up: reads the papers that an answer or search results name.
        today: date of the export, which the Markdown of answers, search results and lists states; None is today in
            Seoul.

    Raises:
        InputError: the format is unknown.
    """
    if export_format not in FORMATS:
        raise InputError("format", f"{str(export_format)[:40]!r} is unknown (expected {', '.join(FORMATS)})")
    references = _references(result, look_up)
    if write := _BIBLIOGRAPHIC.get(export_format):
        return write(references)
    today = today or today_in_seoul()
    match result:
        case Answer():
            return answer_to_markdown(result, references, today)
        case Results():
            return results_to_markdown(result, references, today)
        case PaperDetails():
            return paper_to_markdown(result)
        case DigestDetails():
            return digest_to_markdown(result)
        case _:
            return papers_to_markdown(references, today)


def _references(result: Exportable, look_up: LookUp) -> tuple[Reference, ...]:
    match result:
        case Answer():
            return _of_ids(_answer_papers(result), result.hits, look_up, result.citations)
        case Results():
            return _of_ids([hit.paper_id for hit in result.hits], result.hits, look_up)
        case PaperDetails():
            return refer_to([result.paper])
        case DigestDetails():
            return refer_to(entry.paper for entry in result.entries)
        case PaperPage():
            return refer_to(result.papers)
        case _:
            return refer_to(result)


def _answer_papers(answer: Answer) -> list[str]:
    """Return the ids of the papers that an answer cites, by number; of those that it is about if it cites none."""
    numbered = dict.fromkeys(marker.paper.paper_id for marker in number_answer(answer).markers)
    cited = numbered | dict.fromkeys(citation.paper_id for citation in answer.citations)
    return list(cited or dict.fromkeys(answer.interpretation.papers))


def _of_ids(
    paper_ids: Sequence[str], hits: Iterable[Hit], look_up: LookUp, citations: Sequence[Citation] = ()
) -> tuple[Reference, ...]:
    """Return references of papers: as the catalog has them, or as a hit has one that was removed since."""
    # Without its days: a hit does not tell whether its title is that of a digest.
    papers = {hit.paper_id: Paper(hit.paper_id, hit.title, "", hit.url) for hit in hits}
    papers |= look_up(paper_ids)
    return refer_to([papers[paper_id] for paper_id in paper_ids if paper_id in papers], citations)
