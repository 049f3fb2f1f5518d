"""Models of sentence-transformers, from a directory or Hugging Face: never their code, and told apart by content."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Generator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from ..domain.errors import ModelError

_LOOKS_LOCAL = re.compile(r"[~.]|[\\/]|[A-Za-z]:[\\/]|[^/]+/[^/]+[\\/]")  # a name is `model` or `owner/model`
_MARKS = ("modules.json", "config.json")  # one of them lies beside every model
_OTHER_RUNTIMES = {"onnx", "openvino"}
_NOT_READ = {".md", ".png", ".jpg", ".lock"}
_OWNER = "sentence-transformers"  # of a name without one
_TIMEOUT = 10.0  # seconds


def pretrained(kind: str, name: str, device: str = "") -> Any:
    """A model, loaded. Code in model repositories is never run.

    What is in the local cache is taken as it is, without asking Hugging Face whether there is a newer one.

    Args:
        kind: the class of sentence_transformers: "SentenceTransformer" or "CrossEncoder".
        name: of a model on Hugging Face, or a directory.
        device: as PyTorch names it; empty takes the best there is.

    Raises:
        ModelError: the extra is not installed, or the model cannot be loaded; the message names the cure.
    """
    library = _library(name)
    _check_device(device)
    folder = _folder(name)
    make = getattr(library, kind)
    options: dict[str, Any] = {"device": device or None, "trust_remote_code": False}
    try:
        if folder is None and _cached(name) is None:
            _check_hub(name)
            return make(name, **options)
        with _quiet():
            return make(str(folder or name), local_files_only=True, **options)
    except ModelError:
        raise
    except Exception as error:  # the library raises whatever its parts raise
        cure = _cure(error, name, folder)
        raise ModelError(f"{name}: cannot be loaded as a {kind} ({_line(error)}): {cure}") from error


def identity(name: str) -> str:
    """A model's name, or its directory's name, with a hash of what is in it: configuration, vocabulary, weights."""
    folder = _folder(name)
    files = folder or _cached(name)
    if files is None:
        return name
    digest = hashlib.sha256()
    for path in sorted(path for path in files.rglob("*") if path.is_file()):
        inside = path.relative_to(files)
        hidden = any(part.startswith(".") for part in inside.parts)
        if hidden or inside.parts[0] in _OTHER_RUNTIMES or path.suffix.lower() in _NOT_READ:
            continue
        with path.open("rb") as file:
            digest.update(f"{inside.as_posix()}\n{hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return f"{folder.name if folder else name}@{digest.hexdigest()[:8]}"


def _library(name: str) -> Any:
    try:
        return import_module("sentence_transformers")
    except ImportError as error:
        raise ModelError(
            f"{name}: sentence-transformers is not installed: pip install 'nonmun[sentence-transformers]'"
        ) from error


def _check_device(device: str) -> None:
    if not device:
        return
    try:
        import_module("torch").zeros(1, device=device)
    except Exception as error:  # torch raises several kinds, one of them for a word that it does not know
        raise ModelError(f"device = {device!r}: cannot be used ({_line(error)}); leave it empty, or 'cpu'") from error


def _folder(name: str) -> Path | None:
    """The directory that a name means; None for one of Hugging Face.

    Raises:
        ModelError: it can only mean a directory, and that holds no model.
    """
    folder = Path(name)
    with suppress(RuntimeError):  # ~name of nobody is no directory either
        folder = folder.expanduser()
    if not folder.is_dir():
        if _LOOKS_LOCAL.match(name):
            raise ModelError(f"{name}: there is no such directory")
        return None
    if not any((folder / mark).is_file() for mark in _MARKS):
        raise ModelError(
            f"{name}: cannot be loaded: the directory holds no model (neither {' nor '.join(_MARKS)}); "
            "`nonmun model export` writes one"
        )
    return folder.resolve()


def _cached(name: str) -> Path | None:
    """The folder of the local Hugging Face cache that holds a model; None where it was never downloaded."""
    find = import_module("huggingface_hub").try_to_load_from_cache
    for owned in (name, f"{_OWNER}/{name}"):
        for mark in _MARKS:
            found = find(owned, mark)
            if isinstance(found, str):
                return Path(found).parent
        if "/" in name:
            break
    return None


def _check_hub(name: str) -> None:
    """Ask Hugging Face for a model once, where loading it would ask for each of its files five times.

    Raises:
        ModelError: Hugging Face cannot be reached.
    """
    hub = import_module("huggingface_hub")
    try:
        hub.HfApi().model_info(name if "/" in name else f"{_OWNER}/{name}", timeout=_TIMEOUT)
    except hub.errors.RepositoryNotFoundError as error:
        raise ModelError(
            f"{name}: there is no such directory, and no such model on Hugging Face (or it is a private one: "
            "`hf auth login`)"
        ) from error
    except Exception as error:  # what the HTTP library raises, which differs between versions
        raise ModelError(
            f"{name}: there is no such directory, no such model in the local cache, and Hugging Face cannot be reached "
            f"({_line(error)}): name a directory that holds the model, or connect and try again"
        ) from error


def _cure(error: Exception, name: str, folder: Path | None) -> str:
    if "trust_remote_code" in str(error):
        return "it wants to run code of its own, and nonmun runs none; choose another model"
    if folder:
        return f"its files are damaged, incomplete or of another kind; write or copy {folder} anew"
    return f"its files are damaged or incomplete; remove {_cached(name) or 'them'} and try again"


def _line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


@contextmanager
def _quiet() -> Generator[None]:
    """Without the bars and tables that transformers prints while it reads files."""
    logging = import_module("transformers.utils.logging")
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    if bars:
        logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()
