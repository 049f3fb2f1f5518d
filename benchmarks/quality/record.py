"""The metadata of a run: indexed documents, timings, hashes of data and code."""

from __future__ import annotations

import hashlib
import platform
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from corpus import QualityCorpus
from query_sets import QUERY_SETS, QualityQuery
from systems import Ranking

import nonmun


def describe(
    corpus: QualityCorpus,
    details: dict[str, Any],
    indexing: dict[str, Any],
    searching: dict[str, Any],
    queries: Sequence[QualityQuery],
    rankings: Sequence[Ranking],
) -> dict[str, Any]:
    """Return the contents of one index, its queries, and the timings of both."""
    sources = Counter(document.source for document in corpus.documents)
    notes = [document for document in corpus.documents if document.source == "note"]
    headings = Counter(heading for note in notes for heading, _ in note.parts)
    return {
        "name": corpus.name,
        "documents": dict(sources),
        "papers": len({document.paper_id for document in corpus.documents}),
        "note_parts": dict(headings),
        "left_out_field": corpus.excluded_field,
        "dropped_fields": corpus.excluded_parts,
        "queries_named_in_an_abstract": corpus.leaked,
        "index": details | indexing,
        "queries": dict(Counter(query.kind for query in queries)),
        "queries_without_results": sum(not ranking for ranking in rankings),
        "search": searching | {"ms_a_query": round(1000 * searching["seconds"] / max(len(queries), 1), 2)},
    }


def hashes(data: Path, query_set: str) -> dict[str, str]:
    """Return the SHA-256 of the source files of a query set."""
    paths = [data / name for name in QUERY_SETS[query_set].files]
    files = [file for path in paths for file in (sorted(path.glob("*")) if path.is_dir() else [path])]
    return {str(file.relative_to(data)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def code_version() -> dict[str, str]:
    """Return a hash of nonmun's sources, and the Python version."""
    folder = Path(nonmun.__file__).parent
    sources = sorted(file for package in ("api", "index", "ingest") for file in (folder / package).rglob("*.py"))
    digest = hashlib.sha256(b"\0".join(file.read_bytes() for file in sources)).hexdigest()
    return {"nonmun_sources_sha256": digest, "python": platform.python_version()}
