"""Build a generation's folder: write, verify and sync it, or leave nothing behind."""

from __future__ import annotations

import shutil
from collections.abc import Generator
from contextlib import closing, contextmanager
from pathlib import Path

from ..domain.errors import ConfigError, IndexDamagedError, NonmunError
from ..domain.vectors import Vectors
from ..util.files import sync_tree
from .artifacts import Artifacts
from .base import Observer
from .chroma import ChromaCollection
from .generation import Generation, IndexData, Manifest, write_manifest


def build(folder: Path, manifest: Manifest, data: IndexData, artifacts: Artifacts, observe: Observer) -> Manifest:
    """Write, verify and sync a generation into a new folder.

    Raises:
        IndexDamagedError: it does not return what was put in.
        ConfigError: it cannot be written.
    """
    with _cleanup(folder, observe) as observe_step:
        folder.mkdir(parents=True)
        observe_step("build")
        ChromaCollection.build(folder, data.vectors, observe_step)
        data.save(folder)
        artifacts.save(folder)
        manifest = write_manifest(folder, manifest)
        observe_step("verify")
        with closing(Generation.open(folder)) as generation:
            verify(generation, data.vectors)
        observe_step("sync")
        sync_tree(folder)
        return manifest


def verify(generation: Generation, vectors: Vectors) -> None:
    """Check that a generation's collection has as many vectors as it should, and that a sample finds itself.

    Raises:
        IndexDamagedError: it does not.
    """
    number, expected = generation.manifest.number, len(vectors.rows)
    if (count := generation.collection.count()) != expected:
        raise IndexDamagedError(f"generation {number} holds {count} of {expected} vectors")
    if lost := generation.canaries_lost(vectors):
        raise IndexDamagedError(f"generation {number} does not find row {lost[0]}")


def cannot_write(path: Path, error: Exception) -> ConfigError:
    """Return the error to raise where a generation cannot be written."""
    return ConfigError(
        f"{path}: cannot be written ({error}); is the disk full or the folder read-only? Everything ingested is kept "
        "and found; make room and ingest again"
    )


@contextmanager
def _cleanup(folder: Path, observe: Observer) -> Generator[Observer]:
    """Empty the folder of a build that fails, and report as unwritable what is neither ours nor the observer's."""
    observer_failed = False

    def observe_step(step: str) -> None:
        nonlocal observer_failed
        observer_failed = True
        observe(step)
        observer_failed = False

    try:
        yield observe_step
    except BaseException as error:
        # The empty folder stays: its number is not used again, since Chroma remembers a path it failed to open.
        for path in folder.glob("*"):
            shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
        is_ours = isinstance(error, NonmunError) and error.__cause__ is None  # not one that Chroma caused
        if observer_failed or is_ours or not isinstance(error, Exception):
            raise
        raise cannot_write(folder, error) from error
