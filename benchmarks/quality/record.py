"""What stands beside a run: what was indexed, how long it took, from which data and code."""

from __future__ import annotations

import hashlib
import platform
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from corpus import Corpus
from questions import QUERY_SETS, Query
from systems import SearchConfig

import nonmun


def described(
    corpus: Corpus,
    details: dict[str, Any],
    indexing: dict[str, Any],
    searching: dict[str, Any],
    asked: Sequence[Query],
    found: Sequence[SearchConfig],
) -> dict[str, Any]:
    """What one index held, what it was asked, and how long both took."""
    sources = Counter(one.source for one in corpus.documents)
    headings = Counter(heading for one in corpus.documents if one.source == "note" for heading, _ in one.parts)
    return {
        "name": corpus.name,
        "documents": dict(sources),
        "papers": len({one.paper_id for one in corpus.documents}),
        "note_parts": dict(headings),
        "left_out_field": corpus.left_out,
        "dropped_fields": corpus.dropped,
        "queries_named_in_an_abstract": corpus.named,
        "index": details | indexing,
        "queries": dict(Counter(query.kind for query in asked)),
        "queries_without_results": sum(not one for one in found),
        "search": searching | {"ms_a_query": round(1000 * searching["seconds"] / max(len(asked), 1), 2)},
    }


def hashes(data: Path, query_set: str) -> dict[str, str]:
    """SHA-256 of the files that a run over a query set was made from."""
    named = [data / one for one in QUERY_SETS[query_set].files]
    files = [file for one in named for file in (sorted(one.glob("*")) if one.is_dir() else [one])]
    return {str(one.relative_to(data)): hashlib.sha256(one.read_bytes()).hexdigest() for one in files}


def code() -> dict[str, str]:
    """What made the run: a hash over nonmun's sources, and the Python version."""
    folder = Path(nonmun.__file__).parent
    sources = sorted(file for room in ("api", "index", "ingest") for file in (folder / room).rglob("*.py"))
    known = hashlib.sha256(b"\0".join(file.read_bytes() for file in sources)).hexdigest()
    return {"nonmun_sources_sha256": known, "python": platform.python_version()}
