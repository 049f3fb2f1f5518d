"""BibTeX, as classic BibTeX, biber and reference managers read it."""

from __future__ import annotations

from collections.abc import Iterable

from .latex import escape, to_latex
from .names import AuthorName, parse_names
from .references import Reference, note
from .text import doi_of, issued, primary_class, safe_url, title_note, title_of

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()  # macros of every style


def to_bibtex(references: Iterable[Reference]) -> str:
    """Return references as BibTeX entries; empty if there are none.

    All are `@misc` with an eprint: a reference of a published version is free text, which a `note` holds, because its
    journal, volume and pages cannot be told apart for certain.
    """
    return "\n".join(map(_entry, references))


def _entry(reference: Reference) -> str:
    paper = reference.paper
    year, month, *_ = (*issued(paper), 0, 0)
    values = {
        "title": f"{{{to_latex(title_of(paper))}}}",  # braces, because styles change capitals
        "author": " and ".join(map(_name, parse_names(paper.authors))),
        "year": str(year or ""),
        "month": _MONTHS[month - 1] if month else "",
        "eprint": paper.paper_id,
        "archivePrefix": "arXiv",
        "primaryClass": primary_class(paper),
        "doi": doi_of(paper),
        "url": safe_url(paper.url),
        "note": "; ".join(filter(None, (to_latex(paper.journal_ref), title_note(paper)))),
        "abstract": to_latex(paper.abstract),
        "annote": escape(" ".join(map(note, reference.quotations))),
    }
    lines = [
        f"  {field} = {value if field == 'month' else f'{{{value}}}'},"  # a macro
        for field, value in values.items()
        if value
    ]
    return "\n".join([f"@misc{{{reference.key},", *lines, "}", ""])


def _name(name: AuthorName) -> str:
    """Return a name in the form "von Last, Jr, First"; braces keep together what BibTeX would divide."""
    if name.is_whole:
        return f"{{{escape(name.family)}}}"
    family = escape(name.family)
    if any(word[0].islower() for word in name.family.split()[:-1]):
        family = f"{{{family}}}"
    return ", ".join(
        part for part in (f"{escape(name.particle)} {family}".strip(), name.suffix, escape(name.given)) if part
    )
