"""Checks of the published generation against the catalog, and of the folder around it. Nothing is written."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing

import numpy as np

from ..catalog.base import CatalogView
from ..domain.errors import IndexDamagedError
from ..domain.findings import INGEST, Finding, repairable_finding, unrepairable_finding
from ..domain.vectors import Vectors
from .generation import CANARIES, SPACE, Generation, checksum
from .store import GenerationStore

_BLOCK = 2_000
_SPARE = 64 << 20  # bytes that should be free beyond the size of another generation


def examine_content(
    store: GenerationStore, view: CatalogView, *, thorough: bool, publishing: bool
) -> Iterator[Finding]:
    """Yield the defects of the generation that CURRENT names, compared with this snapshot."""
    number = store.current()
    if not view.chunks.count():
        return
    if number is None:
        state = "CURRENT names none" if (store.folder / "CURRENT").exists() else "none is published"
        yield repairable_finding("generation-missing", f"{state}: every question scans the whole catalog", INGEST)
        return
    try:
        generation = Generation.open(store.path(number))
    except IndexDamagedError as error:
        yield repairable_finding("generation-unreadable", f"generation {error}".partition("; the next")[0], INGEST)
        return
    with closing(generation):
        if publishing and generation.manifest.rev > view.revision:
            return  # published since this snapshot was taken
        faults = _manifest_faults(view, generation, number)
        try:
            faults = faults or _content_faults(view, generation, thorough=thorough)
        except IndexDamagedError as error:
            faults = [("unreadable", str(error))]
    for code, message in faults:
        yield repairable_finding(f"generation-{code}", f"generation {number}: {message}")


def examine_folder(store: GenerationStore, *, publishing: bool) -> Iterator[Finding]:
    """Yield leftovers and unknown files in the folder of generations, and whether another generation has room."""
    folder = store.folder
    leftovers = [] if publishing else store.leftovers()
    if leftovers:
        names = ", ".join(path.name for path in leftovers[:5])
        yield repairable_finding("leftovers", f"{folder}: {names} left incomplete by an interrupted run", INGEST)
    if unknown := store.unknown_files():
        names = ", ".join(path.name for path in unknown[:5])
        yield unrepairable_finding("strangers", f"{folder}: {names} was not written by nonmun", "move it elsewhere")
    number = store.current()
    files = [path for path in store.path(number).rglob("*") if path.is_file()] if number else []
    needed = sum(path.stat().st_size for path in files) + _SPARE
    free = shutil.disk_usage(folder if folder.exists() else folder.parent).free
    if free < needed:
        message = f"{free >> 20} MB are free, the next generation may need {needed >> 20} MB"
        yield unrepairable_finding("disk-low", f"{folder}: {message}", "make room, or the next ingest cannot publish")


def _manifest_faults(view: CatalogView, generation: Generation, number: int) -> list[tuple[str, str]]:
    manifest = generation.manifest
    model = view.model_id, view.dimension
    if manifest.number != number:
        return [("unreadable", f"its manifest is that of generation {manifest.number}")]
    if (manifest.model_id, manifest.dimension) != model:
        return [("model", f"built with {manifest.model_id}, the catalog's vectors are of {model[0]}")]
    if manifest.space != SPACE:
        return [("space", "its vectors were prepared in another way")]
    if manifest.catalog != view.catalog_id:
        return [("foreign", "built from another catalog, or before this one was restored")]
    if manifest.rev > view.revision:
        return [
            ("foreign", f"built at revision {manifest.rev}, the catalog is at {view.revision}: an older copy of it?")
        ]
    return []


def _content_faults(view: CatalogView, generation: Generation, *, thorough: bool) -> list[tuple[str, str]]:
    """Return wrong counts, rows and vectors.

    Rows may have been deleted since it was built, and no snapshot of that time is left. Invariant: a chunk that is no
    newer than the generation and still in the catalog is in the generation, with this vector; a newer one is not.
    """
    manifest = generation.manifest
    vectors = view.vectors.all(manifest.model_id, manifest.dimension)
    newer = set(view.vectors.all(manifest.model_id, manifest.dimension, after_revision=manifest.rev).rows.tolist())
    stored = generation.collection.rows()
    if generation.collection.count() != manifest.rows or len(stored) != manifest.rows:
        return [("count", f"holds {len(stored)} of {manifest.rows} vectors")]
    if foreign := stored & newer:
        return [("foreign", f"holds {len(foreign)} rows that are newer than itself: it is of another catalog")]
    expected = set(vectors.rows.tolist()) - newer
    if missing := expected - stored:
        return [
            ("rows", f"lacks {len(missing)} chunks, such as row {min(missing)}, so no search by meaning finds them")
        ]
    shared = _select(vectors, expected)
    if len(expected) == len(stored) and checksum(shared) != manifest.checksum:
        return [("checksum", "was built from other vectors than the catalog holds")]
    return _vector_faults(generation, shared, thorough=thorough)


def _select(vectors: Vectors, rows: set[int]) -> Vectors:
    mask = np.isin(vectors.rows, sorted(rows))
    return Vectors(vectors.rows[mask], vectors.korean[mask], vectors.matrix[mask])


def _vector_faults(generation: Generation, shared: Vectors, *, thorough: bool) -> list[tuple[str, str]]:
    count = len(shared.rows)
    if not count:
        return []
    centered = generation.data.means.centered(shared)
    if lost := generation.canaries_lost(centered):
        return [("canaries", f"{len(lost)} of {min(CANARIES, count)} sampled vectors do not find themselves")]
    different = 0
    for start in range(0, count if thorough else 0, _BLOCK):
        rows = shared.rows[start : start + _BLOCK].tolist()
        stored = generation.collection.vectors(rows)
        different += sum(
            not np.allclose(stored[row], centered.matrix[start + at], atol=1e-4) for at, row in enumerate(rows)
        )
    return [("vectors", f"{different} vectors are not those of the catalog")] if different else []
