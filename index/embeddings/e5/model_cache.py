"""The model cache: each backend's model files are built once, are complete or absent, and rebuilt if damaged."""

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
from .weights import find_weights, read_weights

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .backend import Backend
    from .weights import Weights

TOKENIZER = "tokenizer.spm"
_MANIFEST = "manifest.json"
_ALWAYS_HASHED = (
    6_000_000  # bytes of the largest file that is always hashed: the tokenizer, loaded later, and the graph
)
_LOCK_TIMEOUT = 600.0  # seconds; a build takes a few


def model_folder(cache_dir: Path, backend: Backend = OPENVINO) -> Path:
    """Return the folder of a backend's model within a model cache."""
    return cache_dir / f"{backend.model_id}{backend.layout}".replace("/", "-")


def ensure_built(
    cache_dir: Path,
    report: Callable[[str], None] | None = None,
    backend: Backend = OPENVINO,
    *,
    thorough: bool = False,
) -> Path:
    """Return the folder of a backend's model, after building it if it is absent or damaged.

    Args:
        cache_dir: model cache; created if needed, and writable only if the model has to be built (up to 135 MB).
        report: called with a one-line message before a build.
        backend: the backend to build for.
        thorough: compare the hashes of all files, not only their sizes.

    Raises:
        ModelError: the weights are not installed or their hash differs, or the folder cannot be written.
        BusyError: another process has been building the model for ten minutes.
    """
    folder = model_folder(cache_dir, backend)
    if is_intact(folder, thorough=thorough):
        return folder
    try:
        cache_dir.mkdir(parents=True, exist_ok=True)
        with FileLock(f"{folder}.lock", timeout=_LOCK_TIMEOUT):
            if not is_intact(folder, thorough=thorough):  # another process may have built it
                _build(folder, backend, report)
    except Timeout as error:
        raise BusyError(f"A process that builds the embedding model holds {folder}.lock: wait or end it.") from error
    except (OSError, RuntimeError) as error:  # OpenVINO raises RuntimeError
        remedy = "name a cache folder that can be written, with up to 135 MB to spare"
        raise ModelError(f"The embedding model cannot be built in {cache_dir} ({error}): {remedy}.") from error
    return folder


def is_intact(folder: Path, *, thorough: bool = False) -> bool:
    """Return whether every file has the size of the manifest, and the SHA-256 if it is small or with `thorough`."""
    try:
        manifest: dict[str, Any] = json.loads((folder / _MANIFEST).read_bytes())
        return TOKENIZER in manifest and all(
            _matches(folder / name, entry, thorough=thorough) for name, entry in manifest.items()
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _matches(path: Path, entry: dict[str, object], *, thorough: bool) -> bool:
    size = path.stat().st_size
    return size == entry["bytes"] and (not (thorough or size < _ALWAYS_HASHED) or _sha256(path) == entry["sha256"])


def _build(folder: Path, backend: Backend, report: Callable[[str], None] | None) -> None:
    """Build in a temporary folder and rename it, so that the folder is complete whenever it exists; hold the lock."""
    weights = read_weights(find_weights())
    if report:
        report(
            f"Building the embedding model multilingual-e5-small for {backend.name} (once, a few seconds, "
            f"up to 135 MB) in {folder}"
        )
    unfinished = folder.with_name(folder.name + ".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)  # left by a killed process
    try:
        _write(weights, backend, unfinished)
        shutil.rmtree(folder, ignore_errors=True)
        unfinished.replace(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _write(weights: Weights, backend: Backend, folder: Path) -> None:
    folder.mkdir()
    backend.write(weights, folder)
    (folder / TOKENIZER).write_bytes(build_tokenizer(weights))
    entries = {path.name: _entry(path) for path in sorted(folder.iterdir())}
    (folder / _MANIFEST).write_text(json.dumps(entries, indent=1))


def _entry(path: Path) -> dict[str, object]:
    """Return a file's manifest entry, after flushing the file to disk: the manifest must not outlive it."""
    sync(path)
    return {"bytes": path.stat().st_size, "sha256": _sha256(path)}


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
