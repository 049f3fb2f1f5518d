"""RIS, as reference managers read it (https://web.archive.org/web/20120526103719/http://refman.com/support/risformat_intro.asp)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from .names import parse_names
from .references import Reference, note
from .text import doi_of, issued, one_line, plain, safe_url, title_note, title_of


def to_ris(references: Iterable[Reference]) -> str:
    """Return references as RIS records, lines ended by CR and LF; empty if there are none.

    The type is that of unpublished works (UNPB): RIS has none for preprints.
    """
    return "".join(f"{tag}  - {value}\r\n" for reference in references for tag, value in _fields(reference))


def _fields(reference: Reference) -> Iterator[tuple[str, str]]:
    """Yield tags and values, each on one line, so that no value can begin another tag."""
    paper = reference.paper
    date = issued(paper)
    yield "TY", "UNPB"
    yield "ID", reference.key
    yield "TI", plain(title_of(paper))
    for name in parse_names(paper.authors):
        yield "AU", name.last_first
    if date:
        yield "PY", str(date[0])
        yield "DA", "/".join([f"{part:02}" for part in date] + [""] * (3 - len(date)))
    if doi := doi_of(paper):
        yield "DO", doi
    yield "UR", safe_url(paper.url).replace(";", "%3B")  # separates URLs
    yield "AN", f"arXiv:{paper.paper_id}"
    yield "PB", "arXiv"
    for category in paper.categories:
        yield "KW", one_line(category)
    if abstract := plain(paper.abstract):
        yield "AB", abstract
    for line in (one_line(paper.journal_ref), title_note(paper), *map(note, reference.quotations)):
        if line:
            yield "N1", line
    yield "ER", ""
