"""CSL-JSON, as citation processors read it (https://github.com/citation-style-language/schema, csl-data.json 1.0.2)."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from ...index.domain.papers import Paper
from .names import AuthorName, parse_names
from .references import Reference, note
from .text import doi_of, issued, one_line, plain, safe_url, title_note, title_of


def to_csl_json(references: Iterable[Reference]) -> str:
    """Return references as a JSON array of CSL items, of type `article`, which is that of preprints."""
    return json.dumps([_item(reference) for reference in references], ensure_ascii=False, indent=2) + "\n"


def _item(reference: Reference) -> dict[str, Any]:
    paper = reference.paper
    date = issued(paper)
    item: dict[str, Any] = {
        "id": reference.key,
        "type": "article",
        "title": plain(title_of(paper)),
        "author": [_name(name) for name in parse_names(paper.authors)],
        "issued": {"date-parts": [list(date)]} if date else None,
        "publisher": "arXiv",
        "number": f"arXiv:{paper.paper_id}",
        "DOI": doi_of(paper),
        "URL": safe_url(paper.url),
        "keyword": ", ".join(map(one_line, paper.categories)),
        "abstract": plain(paper.abstract),
        "note": _note(paper, map(note, reference.quotations)),
    }
    return {variable: value for variable, value in item.items() if value}


def _name(name: AuthorName) -> dict[str, str]:
    if name.is_whole:
        return {"literal": name.family}
    parts = {
        "family": name.family,
        "given": name.given,
        "non-dropping-particle": name.particle,
        "suffix": name.suffix,
    }
    return {variable: part for variable, part in parts.items() if part}


def _note(paper: Paper, quotations: Iterable[str]) -> str:
    """Return notes on one line that citeproc-js does not take for variables: `DOI: ...` at its start, `{:DOI: ...}`."""
    published = one_line(paper.journal_ref)
    notes = f"Published in {published}" if published else "", title_note(paper).capitalize()
    return " ".join([*filter(None, notes), *quotations]).replace("{:", "{ :")
