"""Checks of stored answers against the index of today: what its sources no longer hold is neither shown nor kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import Any, Literal

from ...index.analysis.language import language
from ...index.analysis.records import record_chunks
from ...index.domain.errors import InputError, NotFoundError
from ...index.domain.hits import Citation
from ...index.domain.papers import Language
from ..answers.rendering.layout import TITLE, display_title, short_names
from ..answers.rendering.messages import is_boilerplate
from ..decoding import decode
from ..results import Answer, PaperDetails, Segment
from .model import Receipt

State = Literal["held", "changed", "gone"]
"""Whether the source of a quotation holds its words, exists without them, or is not in the index."""

FindPaper = Callable[[str], PaperDetails | None]
"""Returns a paper of the index with its entries; None if there is none."""


@dataclass(frozen=True, slots=True)
class QuotationCheck:
    """A quotation compared with its source.

    Attributes:
        number: its number in the answer, from 1.
        paper_id: arXiv id of its paper.
        state: whether the source still holds it.
        text_hash: hash of the text that was quoted from.
        lang: language of the words; that of no words is English.
    """

    number: int
    paper_id: str
    state: State
    text_hash: str
    lang: Language = "en"


@dataclass(frozen=True, slots=True)
class CheckedReceipt:
    """A receipt of which everything that is not in the index any more has been taken away.

    Attributes:
        receipt: the receipt. Quotations and segments keep their positions; what is withheld of them is empty.
        checks: the checks of the quotations.
        withheld: positions of the segments that are withheld.
    """

    receipt: Receipt
    checks: tuple[QuotationCheck, ...]
    withheld: frozenset[int]

    @property
    def is_complete(self) -> bool:
        """Whether nothing is withheld."""
        return not self.withheld and all(check.state == "held" for check in self.checks)

    def as_json(self, receipt_id: str) -> dict[str, Any]:
        """Return it as JSON-serializable fields by name.

        Args:
            receipt_id: what the receipt is stored under.
        """
        return {"id": receipt_id, **self.receipt.as_json(), "checks": [asdict(check) for check in self.checks]}

    def shown_answer(self) -> Answer:
        """Return the answer that what is left makes up, its quotations numbered anew."""
        answer = self.receipt.answer
        kept = [at for at, check in enumerate(self.checks) if check.state == "held"]
        new = {old: at for at, old in enumerate(kept)}
        segments: list[Segment] = []
        text = ""
        for at, segment in enumerate(answer.segments):
            if at not in self.withheld:
                text += "\n" if text else ""
                cited = tuple(new[position] for position in segment.citations)
                segments.append(Segment(segment.text, len(text), len(text) + len(segment.text), cited))
                text += segment.text
        if self.is_complete:
            return answer
        return replace(
            answer, answer=text, segments=tuple(segments), citations=tuple(answer.citations[at] for at in kept)
        )


def paper_finder(paper: Callable[[str], PaperDetails]) -> FindPaper:
    """Return what finds papers, and looks each up once.

    Args:
        paper: returns a paper by its id, or raises an error: `Library.paper`.
    """

    @cache
    def find(paper_id: str) -> PaperDetails | None:
        try:
            return paper(paper_id)
        except (NotFoundError, InputError):
            return None

    return find


def check_receipt(receipt: Receipt, find_paper: FindPaper) -> CheckedReceipt:
    """Compare a receipt with the index, and take away what is not in it any more.

    A line of the answer goes with any of the quotations behind it, the title of a paper with the paper, and text
    that no quotation is behind, other than the fixed messages, with the first quotation. Titles are those of today.

    Args:
        receipt: the receipt.
        find_paper: returns the papers of the index.
    """
    answer = receipt.answer
    papers = {citation.paper_id: find_paper(citation.paper_id) for citation in answer.citations}
    checked = [_check(citation, papers[citation.paper_id]) for citation in answer.citations]
    checks = tuple(
        QuotationCheck(number, citation.paper_id, state, citation.text_hash, language(citation.quote))
        for number, (citation, state) in enumerate(checked, start=1)
    )
    is_whole = all(check.state == "held" for check in checks)
    labels = _current_labels(answer, papers) if answer.writer == "extracted" else {}
    parts: list[str | None] = []
    for segment in answer.segments:
        if any(checks[position].state != "held" for position in segment.citations):
            parts.append(None)
        else:
            parts.append(_current_text(segment, find_paper, labels, is_whole=is_whole) or None)
    hits = tuple(
        replace(hit, title=display_title(details.paper) if (details := papers.get(hit.paper_id)) else "")
        for hit in answer.hits
    )
    shown = replace(_rebuild(answer, parts), citations=tuple(citation for citation, _ in checked), hits=hits)
    withheld = frozenset(at for at, part in enumerate(parts) if part is None)
    if withheld or not is_whole:  # a correction of the spelling takes its words from the index
        shown = replace(shown, interpretation=replace(shown.interpretation, corrected=None))
    return CheckedReceipt(replace(receipt, answer=shown), checks, withheld)


def _check(citation: Citation, details: PaperDetails | None) -> tuple[Citation, State]:
    """Return a citation as its source holds it today, and whether it does."""
    source = _source(citation, details)
    if source is None:
        return _changed(citation, quote="", prefix="", suffix=""), "gone"
    if not citation.quote:  # erased by a purge, as its source did not hold it any more
        return _changed(citation, prefix="", suffix=""), "changed"
    whole = f"{citation.prefix}{citation.quote}{citation.suffix}"
    if (start := source.find(whole)) >= 0:
        start += len(citation.prefix)
    elif (start := source.find(citation.quote)) >= 0:
        citation = _changed(citation, prefix="", suffix="")
    else:
        return _changed(citation, quote="", prefix="", suffix=""), "changed"
    if citation.source_start is not None:
        citation = _changed(citation, source_start=start, source_end=start + len(citation.quote))
    return citation, "held"


def _source(citation: Citation, details: PaperDetails | None) -> str | None:
    """Return the text of today that a citation quotes from; None if there is none."""
    if details is None:
        return None
    if citation.entry:
        return next((entry.body for entry in details.entries if entry.digest_date == citation.entry), None)
    records = {chunk.chunk_id: chunk.text for chunk in record_chunks(details.paper)}
    if citation.chunk_id.startswith(f"{citation.paper_id}:record:"):
        return records.get(citation.chunk_id)
    return details.paper.abstract or None


def _changed(citation: Citation, **fields: object) -> Citation:
    """Return a citation with other fields; it does not have the text that its constructor checks."""
    return decode(Citation, asdict(citation) | fields)


def _current_labels(answer: Answer, papers: Mapping[str, PaperDetails | None]) -> dict[str, str]:
    """Return the labels of today, by those of an answer; empty where the index does not hold the paper any more."""
    now = short_names(details.paper for details in papers.values() if details)
    then = short_names(hit for hit in answer.hits if hit.paper_id in papers)
    return {f"**{name}**": f"**{now[paper_id]}**" if paper_id in now else "" for paper_id, name in then.items()}


def _current_text(segment: Segment, find_paper: FindPaper, labels: Mapping[str, str], *, is_whole: bool) -> str:
    """Return the text of a segment as it may be shown; empty if it may not."""
    if title := TITLE.fullmatch(segment.text):
        details = find_paper(title["url"].partition("/abs/")[2])
        return f"**{display_title(details.paper)}** ({title['url']}){title['days']}" if details else ""
    if segment.text in labels:
        return labels[segment.text]
    return segment.text if segment.citations or is_whole or is_boilerplate(segment.text) else ""


def _rebuild(answer: Answer, parts: Sequence[str | None]) -> Answer:
    """Return an answer with other texts of its segments; None takes one away."""
    if all(part == segment.text for part, segment in zip(parts, answer.segments, strict=True)):
        return answer
    text, segments, end = "", list[Segment](), 0
    for part, segment in zip(parts, answer.segments, strict=True):
        text += answer.answer[end : segment.start]
        end = segment.end
        segments.append(Segment(part or "", len(text), len(text) + len(part or ""), segment.citations))
        text += part or ""
    return replace(answer, answer=text + answer.answer[end:], segments=tuple(segments))
