"""Stored texts for a language model: without the sentences that address it, and without active content.

Answers leave such sentences out by themselves; whole summaries and abstracts hold them. They are replaced by spaces, so
that the offsets of citations stay valid.
"""

from __future__ import annotations

from dataclasses import replace

from ...index.analysis.sentences import fast_sentences
from ...index.domain.papers import Entry, Paper
from ...index.domain.trust import Trust
from ..answers.prompt_injection import has_active_content, quotable_mask
from ..answers.rendering.layout import display_title
from ..results import DigestDetails, PaperDetails


def withhold(text: str) -> str:
    """Return a text in which sentences that may not be quoted are replaced by as many spaces."""
    spans = list(fast_sentences(text))
    parts: list[str] = []
    position = 0
    for (start, end), is_quotable in zip(spans, quotable_mask([text[start:end] for start, end in spans]), strict=True):
        parts += text[position:start], text[start:end] if is_quotable else " " * (end - start)
        position = end
    return "".join([*parts, text[position:]])


def withhold_in_details(details: PaperDetails) -> PaperDetails:
    """Return a paper with its current entries, in whose texts `withhold` has replaced sentences."""
    return PaperDetails(withhold_in_paper(details.paper), tuple(map(_in_entry, details.entries)))


def withhold_in_digest(digest: DigestDetails) -> DigestDetails:
    """Return the digests of a day, in whose papers' texts `withhold` has replaced sentences."""
    entries = (replace(entry, paper=withhold_in_paper(entry.paper)) for entry in digest.entries)
    return replace(digest, entries=tuple(entries))


def withhold_in_paper(paper: Paper) -> Paper:
    """Return a paper in whose texts `withhold` has replaced sentences."""
    return replace(
        paper,
        title=display_title(paper) if paper.title else "",
        abstract=withhold(paper.abstract),
        authors=tuple(map(withhold, paper.authors)),
        journal_ref=withhold(paper.journal_ref),
        comment=withhold(paper.comment),
    )


def _in_entry(entry: Entry) -> Entry:
    return replace(
        entry,
        url="" if has_active_content(entry.url) else entry.url,
        title=display_title(entry) if entry.title else "",
        body=withhold(entry.body),
        sections=tuple(replace(section, heading=withhold(section.heading)) for section in entry.sections),
        trust=_in_trust(entry.trust) if entry.trust else None,
    )


def _in_trust(trust: Trust) -> Trust:
    reasons = (
        replace(reason, message=withhold(reason.message), against=withhold(reason.against)) for reason in trust.reasons
    )
    return replace(trust, reasons=tuple(reasons))
