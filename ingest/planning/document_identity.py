"""Which stored document a file is: by where it lay, and by its name where that is all there is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from ...index.catalog.base import CatalogView
from ..formats.documents import ParsedDocument, ReadResult


def named(view: CatalogView, reading: ReadResult) -> ReadResult:
    """A reading whose documents carry the names by which the catalog knows them.

    A document is known by its day and its file's name. Two files of one name and day, such as two summarisers' folders
    hold, are two documents while both exist: the second one to come is named with its folder. A copy with the very
    same text is left out.
    """
    taken: dict[tuple[str, str], ParsedDocument] = {}
    paths = {one.path for one in reading.documents}
    stored = {path: {one.key for one in view.documents.from_path(path)} for path in paths}
    # Files that lie where a stored document lay come first: they keep their names.
    ordered = sorted(reading.documents, key=lambda one: (not _stored_name(one, stored[one.path]), one.key, one.path))
    for document in ordered:
        name = _name(view, document, stored[document.path], taken)
        if name is None:
            continue
        one = (
            document if name == document.digest.name else replace(document, digest=replace(document.digest, name=name))
        )
        taken[one.key] = one
    return replace(reading, documents=[taken[key] for key in sorted(taken)])


def _stored_name(document: ParsedDocument, stored: set[tuple[str, str]]) -> str | None:
    """The name under which a file of this place and day is stored."""
    return next((name for day, name in sorted(stored) if day == document.digest.date), None)


def _name(
    view: CatalogView,
    document: ParsedDocument,
    stored: set[tuple[str, str]],
    taken: dict[tuple[str, str], ParsedDocument],
) -> str | None:
    """The name of a document; None where it is a copy of one that has its name."""
    if own := _stored_name(document, stored):
        return own
    path = Path(document.path)
    for name in _names(path):
        key = (document.digest.date, name)
        if key in taken:
            if taken[key].hash == document.hash:
                return None
            continue
        other = view.documents.get(*key)
        if other is None or other.hash == document.hash or not other.path or not Path(other.path).is_file():
            return name
    return document.path


def _names(path: Path) -> Sequence[str]:
    """A file's name, then with one more folder each."""
    parts = path.parts
    return ["/".join(parts[-length:]) for length in range(1, len(parts))]
