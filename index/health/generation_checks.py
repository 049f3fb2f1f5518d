"""Check the published generation against the catalog that it was built from. Nothing is written."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np

from ..catalog.base import CatalogView
from ..domain.errors import IndexDamagedError
from ..domain.findings import INGEST, Finding, repairable_finding, unrepairable_finding
from ..domain.vectors import Vectors
from ..engine.generation import CANARIES, SPACE, Generation, checksum
from ..engine.store import Generations

_BLOCK = 2_000
_SPARE = 64 << 20  # bytes that should be free beyond the size of another generation


def check_generation(view: CatalogView, folder: Path, *, thorough: bool, building: bool) -> Iterator[Finding]:
    """Check the generation that `CURRENT` names against a snapshot of the catalog.

    Args:
        view: the snapshot.
        folder: the folder of generations.
        thorough: also compare every vector.
        building: whether an ingest is running, which may publish a generation that is newer than the snapshot.
    """
    generations = Generations(folder)
    number = generations.current()
    if not view.chunks.count():
        return
    if number is None:
        reason = "CURRENT names no generation" if (folder / "CURRENT").exists() else "no generation is published"
        yield repairable_finding("generation-missing", f"{reason}: every question scans the whole catalog", INGEST)
        return
    try:
        generation = Generation.open(generations.path(number))
    except IndexDamagedError as error:
        yield repairable_finding("generation-unreadable", f"generation {error}".partition("; the next")[0], INGEST)
        return
    with closing(generation):
        if building and generation.manifest.rev > view.revision:
            return  # published after the snapshot was taken
        defects = _manifest_defects(view, generation, number)
        try:
            defects = defects or _content_defects(view, generation, thorough=thorough)
        except IndexDamagedError as error:
            defects = [("unreadable", str(error))]
    for code, message in defects:
        yield repairable_finding(f"generation-{code}", f"generation {number}: {message}")


def _manifest_defects(view: CatalogView, generation: Generation, number: int) -> list[tuple[str, str]]:
    manifest = generation.manifest
    model = view.model_id, view.dimension
    if manifest.number != number:
        return [("unreadable", f"its manifest belongs to generation {manifest.number}")]
    if (manifest.model_id, manifest.dimension) != model:
        return [("model", f"built with {manifest.model_id}, the catalog's vectors are of {model[0]}")]
    if manifest.space != SPACE:
        return [("space", f"its vectors are of the space {manifest.space!r}, expected {SPACE!r}")]
    if manifest.catalog != view.catalog_id:
        return [("foreign", "built from another catalog, or before this one was restored")]
    if manifest.rev > view.revision:
        return [
            ("foreign", f"built at revision {manifest.rev}, the catalog is at {view.revision}: an older copy of it?")
        ]
    return []


def _content_defects(view: CatalogView, generation: Generation, *, thorough: bool) -> list[tuple[str, str]]:
    """Compare counts, row numbers and vectors.

    Chunks may have been removed since the generation was built, and no snapshot of that time exists. In any case, the
    generation must hold every chunk of the catalog that is not newer than itself, with the same vector, and no newer
    one.
    """
    manifest = generation.manifest
    vectors = view.vectors.all(manifest.model_id, manifest.dimension)
    newer = set(view.vectors.all(manifest.model_id, manifest.dimension, after_revision=manifest.rev).rows.tolist())
    stored = generation.rows()
    if generation.count() != manifest.rows or len(stored) != manifest.rows:
        return [("count", f"holds {len(stored)} of {manifest.rows} vectors")]
    if unexpected := stored & newer:
        return [("foreign", f"holds {len(unexpected)} rows that are newer than itself: built from another catalog")]
    expected = set(vectors.rows.tolist()) - newer
    if missing := expected - stored:
        return [
            ("rows", f"lacks {len(missing)} chunks, such as row {min(missing)}, so no search by meaning finds them")
        ]
    shared = _select(vectors, expected)
    if len(expected) == len(stored) and checksum(shared) != manifest.checksum:
        return [("checksum", "was built from other vectors than those of the catalog")]
    return _vector_defects(generation, shared, thorough=thorough)


def _select(vectors: Vectors, rows: set[int]) -> Vectors:
    selected = np.isin(vectors.rows, sorted(rows))
    return Vectors(vectors.rows[selected], vectors.korean[selected], vectors.matrix[selected])


def _vector_defects(generation: Generation, shared: Vectors, *, thorough: bool) -> list[tuple[str, str]]:
    count = len(shared.rows)
    if not count:
        return []
    centered = generation.learned.means.centred(shared)
    if lost := generation.lost(centered):
        message = f"{len(lost)} of {min(CANARIES, count)} sampled vectors are not their own nearest neighbors"
        return [("canaries", message)]
    differing = 0
    for start in range(0, count if thorough else 0, _BLOCK):
        rows = shared.rows[start : start + _BLOCK].tolist()
        stored = generation.stored(rows)
        differing += sum(
            not np.allclose(stored[row], centered.matrix[start + offset], atol=1e-4) for offset, row in enumerate(rows)
        )
    return [("vectors", f"{differing} vectors differ from those of the catalog")] if differing else []


def check_folder(folder: Path, *, building: bool) -> Iterator[Finding]:
    """Check the folder of generations for leftovers, foreign files and the free space that another generation needs.

    Args:
        folder: the folder of generations.
        building: whether an ingest is running; an unfinished generation is then no leftover.
    """
    generations = Generations(folder)
    leftovers = [] if building else generations.leftovers()
    if leftovers:
        names = ", ".join(path.name for path in leftovers[:5])
        yield repairable_finding("leftovers", f"{folder}: an interrupted run left {names} unfinished", INGEST)
    if foreign := generations.strangers():
        names = ", ".join(path.name for path in foreign[:5])
        yield unrepairable_finding("strangers", f"{folder}: {names} does not belong to nonmun", "move it elsewhere")
    number = generations.current()
    files = [path for path in generations.path(number).rglob("*") if path.is_file()] if number else []
    needed = sum(path.stat().st_size for path in files) + _SPARE
    free = shutil.disk_usage(folder if folder.exists() else folder.parent).free
    if free < needed:
        message = f"{free >> 20} MB are free, the next generation may need {needed >> 20} MB"
        yield unrepairable_finding("disk-low", f"{folder}: {message}", "free some, or the next ingest cannot publish")
