"""Keeps the built model on disk: built once, complete or absent, rebuilt when damaged."""

from __future__ import annotations

import hashlib
import json
import shutil
from typing import TYPE_CHECKING, Any

from filelock import FileLock, Timeout

from ...domain.errors import BusyError, ModelError
from ...util.files import sync
from .openvino_runner import OPENVINO
from .tokenizer import build_tokenizer
from .weights import find, read

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .backend import Recipe
    from .weights import Weights

TOKENIZER = "tokenizer.spm"
_MANIFEST = "manifest.json"
_SMALL = 6_000_000  # bytes that are hashed in no time: the tokenizer's, since it is loaded later, and the graph's
_PATIENCE = 600.0  # seconds; a build takes a few


def folder_of(cache_dir: Path, recipe: Recipe = OPENVINO) -> Path:
    """Where the built model belongs within a cache folder."""
    return cache_dir / f"{recipe.model_id}{recipe.layout}".replace("/", "-")


def ensure(
    cache_dir: Path,
    report: Callable[[str], None] | None = None,
    recipe: Recipe = OPENVINO,
    *,
    thorough: bool = False,
) -> Path:
    """The folder of the built model, built first where it is absent or damaged.

    Args:
        cache_dir: may be absent; needs to be writable only for a build (up to 135 MB).
        report: called with one line before a build begins.
        recipe: what to build.
        thorough: compare hashes, not only sizes.

    Raises:
        ModelError: the weights are missing or unknown, or the folder cannot be written.
        BusyError: another process has been building for ten minutes.

    """
    folder = folder_of(cache_dir, recipe)
    if intact(folder, thorough=thorough):
        return folder
    try:
        cache_dir.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{folder}.lock", timeout=_PATIENCE):
            if not intact(folder, thorough=thorough):  # another process may have built it meanwhile
                _build(folder, recipe, report)
    except Timeout as error:
        raise BusyError(f"A process that builds the embedding model holds {folder}.lock: wait or end it.") from error
    except (OSError, RuntimeError) as error:  # OpenVINO knows only RuntimeError
        cure = "name a cache folder that can be written, with up to 135 MB to spare"
        raise ModelError(f"The embedding model cannot be built in {cache_dir} ({error}): {cure}.") from error
    return folder


def intact(folder: Path, *, thorough: bool = False) -> bool:
    """Whether every file is as the manifest says: its size, and its sha256 if `thorough` or it is a small one."""
    try:
        manifest: dict[str, Any] = json.loads((folder / _MANIFEST).read_bytes())
        return TOKENIZER in manifest and all(
            _matches(folder / name, said, thorough=thorough) for name, said in manifest.items()
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _matches(path: Path, said: dict[str, object], *, thorough: bool) -> bool:
    size = path.stat().st_size
    return size == said["bytes"] and (not (thorough or size < _SMALL) or _sha256(path) == said["sha256"])


def _build(folder: Path, recipe: Recipe, report: Callable[[str], None] | None) -> None:
    """Builds beside the folder and renames, so that the folder is complete whenever it exists; needs the lock."""
    weights = read(find())
    if report:
        report(
            f"Building the embedding model multilingual-e5-small for {recipe.engine} (once, a few seconds, "
            f"up to 135 MB) in {folder}"
        )
    unfinished = folder.with_name(folder.name + ".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)  # of a process that died
    try:
        _write(weights, recipe, unfinished)
        shutil.rmtree(folder, ignore_errors=True)
        unfinished.replace(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _write(weights: Weights, recipe: Recipe, folder: Path) -> None:
    folder.mkdir()
    recipe.write(weights, folder)
    (folder / TOKENIZER).write_bytes(build_tokenizer(weights))
    entries = {path.name: _entry(path) for path in sorted(folder.iterdir())}
    (folder / _MANIFEST).write_text(json.dumps(entries, indent=1))


def _entry(path: Path) -> dict[str, object]:
    """A file's line in the manifest; on the disk before the manifest vouches for it."""
    sync(path)
    return {"bytes": path.stat().st_size, "sha256": _sha256(path)}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
