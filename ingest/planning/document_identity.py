"""Document identity: which stored document a file is, by its path, or by its name if the path is new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ...index.catalog.base import CatalogView
from ..formats.documents import ParsedDocument, ReadResult
from .changes import DocumentKey


def assign_names(view: CatalogView, result: ReadResult) -> ReadResult:
    """Give documents the names under which the catalog identifies them.

    A document is identified by its date and its file's name. Two files with one name and date, such as the folders of
    two summarizers hold, are two documents while both exist: the later one is named with its folder. A copy with the
    same text is left out.
    """
    paths = {document.path for document in result.documents}
    stored = {path: {document.key for document in view.documents.from_path(path)} for path in paths}

    def order(document: ParsedDocument) -> tuple[bool, DocumentKey, str]:
        # Files at the path of a stored document come first: they keep their names.
        return not _stored_name(document, stored[document.path]), document.key, document.path

    named: dict[DocumentKey, ParsedDocument] = {}
    for document in sorted(result.documents, key=order):
        name = _find_name(view, document, stored[document.path], named)
        if name is None:
            continue
        if name != document.digest.name:
            document = replace(document, digest=replace(document.digest, name=name))
        named[document.key] = document
    return replace(result, documents=[named[key] for key in sorted(named)])


def _stored_name(document: ParsedDocument, stored: set[DocumentKey]) -> str | None:
    """Return the name under which a file's document of this date is stored."""
    return next((name for digest_date, name in sorted(stored) if digest_date == document.digest.date), None)


def _find_name(
    view: CatalogView,
    document: ParsedDocument,
    stored: set[DocumentKey],
    named: dict[DocumentKey, ParsedDocument],
) -> str | None:
    """Return the name of a document; None if it is a copy of one that has its name already."""
    if name := _stored_name(document, stored):
        return name
    for name in _possible_names(Path(document.path)):
        key = (document.digest.date, name)
        if key in named:
            if named[key].hash == document.hash:
                return None
            continue
        namesake = view.documents.get(*key)
        if namesake is None or namesake.hash == document.hash or not namesake.path or not Path(namesake.path).is_file():
            return name
    return document.path


def _possible_names(path: Path) -> Sequence[str]:
    """Return a file's name, then its name with one more folder each."""
    parts = path.parts
    return ["/".join(parts[-length:]) for length in range(1, len(parts))]
