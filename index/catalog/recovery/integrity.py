"""Integrity checks of the catalog. Each reads one snapshot and yields findings; nothing is written."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from ...analysis.analyzer import TERMS_VERSION
from ...domain.findings import REPAIR, Finding, repairable_finding, unrepairable_finding
from ..base import CatalogView
from ..terms import index_terms

_VERSIONED = ("documents", "papers", "entries", "chunks")  # tables whose rows carry a revision
_BATCH = 1_000  # chunks that `check_terms` loads at once


def check_database(view: CatalogView) -> Iterator[Finding]:
    """Check the pages of the file and the foreign keys, as SQLite does, and that all texts are UTF-8.

    Raises:
        sqlite3.OperationalError: a text is not.
    """
    messages = [str(row[0]) for row in view.session.execute("PRAGMA integrity_check(5)")]
    if damages := [message for message in messages if message != "ok"]:
        yield unrepairable_finding(
            "catalog-damaged", f"the catalog is damaged ({'; '.join(damages).replace(chr(10), ' ')})"
        )
    broken = sorted({str(row[0]) for row in view.session.execute("PRAGMA foreign_key_check")})
    if broken:
        yield unrepairable_finding("catalog-dangling", f"rows of {', '.join(broken)} refer to rows that do not exist")
    tables = view.session.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
    for (table,) in tables:
        for _ in view.session.execute(f'SELECT * FROM "{table}"'):  # noqa: S608 - a name from the schema
            pass  # SQLite checks no encoding; the driver does where it reads a text


def check_metadata(view: CatalogView) -> Iterator[Finding]:
    """Check the revision, and the model id and dimension of the vectors."""
    revision, last = view.metadata.get("rev") or "", last_revision(view)
    if not revision.isdecimal() or int(revision) < last:
        message = f"the revision of the catalog is {revision or 'missing'}, the highest revision of a row is {last}"
        yield repairable_finding("revision-behind", message)
    if view.chunks.count() and not (view.model_id and (view.metadata.get("dimension") or "").isdecimal()):
        message = "the catalog does not name the embedding model of its vectors"
        if len(view.vectors.models()) == 1:
            yield repairable_finding("model-unnamed", message)
        else:
            yield unrepairable_finding("model-unnamed", message)


def last_revision(view: CatalogView) -> int:
    """Return the highest revision of a row; 0 for an empty catalog."""
    union = " UNION ALL ".join(f"SELECT max(rev) AS rev FROM {table}" for table in _VERSIONED)  # noqa: S608 - fixed
    return int(view.session.execute(f"SELECT coalesce(max(rev), 0) FROM ({union})").fetchone()[0])  # noqa: S608


def check_texts(view: CatalogView) -> Iterator[Finding]:
    """Check that the texts of chunks and documents are those that were ingested, by their hashes."""
    if changed := view.chunks.changed():
        message = f"the text of {len(changed)} chunks has changed on the disk, such as {changed[0]}; it is not quoted"
        yield unrepairable_finding("texts-changed", message)
    if changed := view.documents.changed():
        yield unrepairable_finding(
            "documents-changed", f"the text of {len(changed)} digests has changed on the disk, such as {changed[0]}"
        )


def check_papers(view: CatalogView) -> Iterator[Finding]:
    """Check that every paper has an entry or is standalone."""
    if papers := view.papers.unreferenced():
        yield repairable_finding(
            "papers-empty", f"{len(papers)} papers have neither entry nor abstract, such as {papers[0]}"
        )


def check_terms(view: CatalogView, *, thorough: bool) -> Iterator[Finding]:
    """Check that every chunk has index terms and that all terms belong to a chunk.

    Args:
        view: the snapshot.
        thorough: also analyze every chunk and compare the terms, unless another version of the tokenizer made them;
            the next ingest replaces those.
    """
    if missing := view.terms.missing_count():
        yield repairable_finding(
            "lexical-missing", f"{missing} chunks have no index terms, so no search by words finds them"
        )
    if orphans := view.terms.orphan_count():
        yield repairable_finding("lexical-orphans", f"{orphans} rows of index terms belong to no chunk")
    if thorough and view.metadata.get("terms") == TERMS_VERSION and (wrong := _wrong_terms(view)):
        yield repairable_finding(
            "lexical-damaged", f"{wrong} chunks have index terms that are not those of their texts"
        )


def _wrong_terms(view: CatalogView) -> int:
    rows, wrong = view.terms.all(), 0
    while batch := {row: terms for row, _, terms in islice(rows, _BATCH)}:
        chunks = view.chunks.by_rows(batch)
        wrong += sum(index_terms(chunk) != batch[row] for row, chunk in chunks.items())
    return wrong


def check_vectors(view: CatalogView) -> Iterator[Finding]:
    """Check that chunks and sentences have vectors, that every vector belongs to one, and that each is valid."""
    model_id, dimension = view.model_id or "", view.dimension
    if missing := len(view.chunks.without_vectors(model_id)):
        yield repairable_finding(
            "vectors-missing", f"{missing} chunks have no vector, so no search by meaning finds them"
        )
    unsplit = len(view.sentences.unsplit_rows())
    if missing := unsplit + len(view.sentences.without_vectors(model_id)):
        message = f"{missing} sentences or chunks of sentences have no vector, so answers embed them on use"
        yield repairable_finding("sentence-vectors-missing", message)
    if orphans := view.vectors.orphan_count():
        yield repairable_finding("vectors-orphaned", f"{orphans} vectors belong to no chunk and no sentence")
    others = [name for name, _ in view.vectors.models() if name != model_id]
    if others:
        message = f"there are vectors of another model ({others[0]}), as of an interrupted re-embedding"
        yield repairable_finding("vectors-foreign", message, f"`nonmun reembed` continues it; {REPAIR} to remove them")
    if invalid := len(view.vectors.invalid(model_id, dimension)):
        message = f"{invalid} vectors are invalid: wrong length, not finite, or not of length one"
        yield repairable_finding("vectors-damaged", message)
