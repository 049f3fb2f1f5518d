"""Checks of the published generation against the catalog that it was built from. Nothing is written."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np

from ..catalog.base import CatalogView
from ..domain.errors import IndexDamagedError
from ..domain.findings import INGEST, Finding, incurable, mendable
from ..domain.vectors import Vectors
from ..engine.generation import CANARIES, SPACE, Generation, checksum
from ..engine.store import Generations

_BLOCK = 2_000
_SPARE = 64 << 20  # bytes that should be free beyond the room of another generation


def compare(view: CatalogView, folder: Path, *, thorough: bool, building: bool) -> Iterator[Finding]:
    """What is wrong with the generation that `CURRENT` names, as far as this snapshot can tell."""
    generations = Generations(folder)
    number = generations.current()
    if not view.chunks.count():
        return
    if number is None:
        named = "CURRENT names none" if (folder / "CURRENT").exists() else "none is published"
        yield mendable("generation-missing", f"{named}: every question scans the whole catalog", INGEST)
        return
    try:
        generation = Generation.open(generations.path(number))
    except IndexDamagedError as error:
        yield mendable("generation-unreadable", f"generation {error}".partition("; the next")[0], INGEST)
        return
    with closing(generation):
        if building and generation.manifest.rev > view.revision:
            return  # published since this snapshot was taken
        faults = _manifest_faults(view, generation, number)
        try:
            faults = faults or _content_faults(view, generation, thorough=thorough)
        except IndexDamagedError as error:
            faults = [("unreadable", str(error))]
    for code, message in faults:
        yield mendable(f"generation-{code}", f"generation {number}: {message}")


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
    """Counts, rows, and vectors that find themselves.

    Rows may have gone since it was built, and no snapshot of that time is left. What holds whatever happened: a chunk
    that is no newer than the generation and still here must be in it, with this vector, and a newer one must not.
    """
    manifest = generation.manifest
    vectors = view.vectors.all(manifest.model_id, manifest.dimension)
    newer = set(view.vectors.all(manifest.model_id, manifest.dimension, after_revision=manifest.rev).rows.tolist())
    stored = generation.rows()
    if generation.count() != manifest.rows or len(stored) != manifest.rows:
        return [("count", f"holds {len(stored)} of {manifest.rows} vectors")]
    if strange := stored & newer:
        return [("foreign", f"holds {len(strange)} rows that are newer than itself: it is of another catalog")]
    expected = set(vectors.rows.tolist()) - newer
    if missing := expected - stored:
        return [
            ("rows", f"lacks {len(missing)} chunks, such as row {min(missing)}, so no search by meaning finds them")
        ]
    shared = _among(vectors, expected)
    if len(expected) == len(stored) and checksum(shared) != manifest.checksum:
        return [("checksum", "was built from other vectors than the catalog holds")]
    return _canary_faults(generation, shared, thorough=thorough)


def _among(vectors: Vectors, rows: set[int]) -> Vectors:
    kept = np.isin(vectors.rows, sorted(rows))
    return Vectors(vectors.rows[kept], vectors.korean[kept], vectors.matrix[kept])


def _canary_faults(generation: Generation, shared: Vectors, *, thorough: bool) -> list[tuple[str, str]]:
    count = len(shared.rows)
    if not count:
        return []
    centred = generation.learned.means.centred(shared)
    if lost := generation.lost(centred):
        return [("canaries", f"{len(lost)} of {min(CANARIES, count)} sampled vectors do not find themselves")]
    other = 0
    for start in range(0, count if thorough else 0, _BLOCK):
        rows = shared.rows[start : start + _BLOCK].tolist()
        found = generation.stored(rows)
        other += sum(not np.allclose(found[row], centred.matrix[start + at], atol=1e-4) for at, row in enumerate(rows))
    return [("vectors", f"{other} vectors are not those of the catalog")] if other else []


def look_around(folder: Path, *, building: bool) -> Iterator[Finding]:
    """What lies about in the folder of generations, and whether there is room for the next one.

    Args:
        folder: the folder of generations.
        building: whether an ingest is running: what is half built then is not left over.
    """
    generations = Generations(folder)
    left = [] if building else generations.leftovers()
    if left:
        names = ", ".join(path.name for path in left[:5])
        yield mendable("leftovers", f"{folder}: {names} left half built by a run that was cut short", INGEST)
    if strangers := generations.strangers():
        names = ", ".join(path.name for path in strangers[:5])
        yield incurable("strangers", f"{folder}: {names} is not of nonmun", "move it elsewhere")
    number = generations.current()
    held = [path for path in generations.path(number).rglob("*") if path.is_file()] if number else []
    needed = sum(path.stat().st_size for path in held) + _SPARE
    free = shutil.disk_usage(folder if folder.exists() else folder.parent).free
    if free < needed:
        message = f"{free >> 20} MB are free, the next generation may need {needed >> 20} MB"
        yield incurable("disk-low", f"{folder}: {message}", "make room, or the next ingest cannot publish")
