"""Load sentence-transformers models from a directory or Hugging Face, without running their code, and hash them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Generator
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from ..domain.errors import ModelError

_LOOKS_LOCAL = re.compile(
    r"[~.]|[\\/]|[A-Za-z]:[\\/]|[^/]+/[^/]+[\\/]"
)  # a Hugging Face name is `model` or `owner/model`
_CONFIG_FILES = ("modules.json", "config.json")  # every model has at least one of them
_OTHER_RUNTIMES = {"onnx", "openvino"}
_IGNORED_SUFFIXES = {".md", ".png", ".jpg", ".lock"}
_DEFAULT_OWNER = "sentence-transformers"  # of a name without an owner
_TIMEOUT = 10.0  # seconds


def load_pretrained(kind: str, name: str, device: str = "") -> Any:
    """Load a model. Code in model repositories is never run.

    A model in the local cache is loaded from there, without a request to Hugging Face for a newer version.

    Args:
        kind: class of sentence_transformers, "SentenceTransformer" or "CrossEncoder".
        name: name of a model on Hugging Face, or a directory.
        device: PyTorch device; empty selects the best available.

    Raises:
        ModelError: the extra is not installed, the device cannot be used, or the model cannot be loaded.
    """
    library = _library(name)
    _check_device(device)
    folder = _folder(name)
    model_class = getattr(library, kind)
    options: dict[str, Any] = {"device": device or None, "trust_remote_code": False}
    try:
        if folder is None and _cached(name) is None:
            _check_hub(name)
            return model_class(name, **options)
        with _quiet():
            return model_class(str(folder or name), local_files_only=True, **options)
    except ModelError:
        raise
    except Exception as error:  # the libraries below may raise anything
        remedy = _remedy(error, name, folder)
        raise ModelError(f"{name}: cannot be loaded as a {kind} ({_one_line(error)}): {remedy}") from error


def identity(name: str) -> str:
    """Return a model's name, or its directory's name, with a hash of its configuration, vocabulary and weights.

    Files for other runtimes, documentation and hidden files do not count.
    """
    folder = _folder(name)
    files = folder or _cached(name)
    if files is None:
        return name
    digest = hashlib.sha256()
    for path in sorted(path for path in files.rglob("*") if path.is_file()):
        inside = path.relative_to(files)
        hidden = any(part.startswith(".") for part in inside.parts)
        if hidden or inside.parts[0] in _OTHER_RUNTIMES or path.suffix.lower() in _IGNORED_SUFFIXES:
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
    except Exception as error:  # torch raises several types, one of them for an unknown device name
        raise ModelError(
            f"device = {device!r}: cannot be used ({_one_line(error)}); leave it empty, or 'cpu'"
        ) from error


def _folder(name: str) -> Path | None:
    """Return the directory that a name refers to; None if it is a name on Hugging Face.

    Raises:
        ModelError: the name is a path but no directory, or the directory holds no model.
    """
    folder = Path(name)
    with suppress(RuntimeError):  # `~name` of an unknown user
        folder = folder.expanduser()
    if not folder.is_dir():
        if _LOOKS_LOCAL.match(name):
            raise ModelError(f"{name}: there is no such directory")
        return None
    if not any((folder / file).is_file() for file in _CONFIG_FILES):
        raise ModelError(
            f"{name}: cannot be loaded: the directory holds no model (neither {' nor '.join(_CONFIG_FILES)}); "
            "`nonmun model export` writes one"
        )
    return folder.resolve()


def _cached(name: str) -> Path | None:
    """Return the folder of a model in the local Hugging Face cache; None if it was never downloaded."""
    find_cached = import_module("huggingface_hub").try_to_load_from_cache
    for repository in (name, f"{_DEFAULT_OWNER}/{name}"):
        for file in _CONFIG_FILES:
            path = find_cached(repository, file)
            if isinstance(path, str):
                return Path(path).parent
        if "/" in name:
            break
    return None


def _check_hub(name: str) -> None:
    """Check with one request that a model exists; loading would retry the request for each of its files five times.

    Raises:
        ModelError: there is no such model, or Hugging Face cannot be reached.
    """
    hub = import_module("huggingface_hub")
    try:
        hub.HfApi().model_info(name if "/" in name else f"{_DEFAULT_OWNER}/{name}", timeout=_TIMEOUT)
    except hub.errors.RepositoryNotFoundError as error:
        raise ModelError(
            f"{name}: there is no such directory, and no such model on Hugging Face (or it is a private one: "
            "`hf auth login`)"
        ) from error
    except Exception as error:  # the HTTP library, and so its errors, differ between versions
        raise ModelError(
            f"{name}: there is no such directory, no such model in the local cache, and Hugging Face cannot be reached "
            f"({_one_line(error)}): name a directory that holds the model, or connect and try again"
        ) from error


def _remedy(error: Exception, name: str, folder: Path | None) -> str:
    if "trust_remote_code" in str(error):
        return "it requires code from its repository, which nonmun never runs; choose another model"
    if folder:
        return f"its files are damaged, incomplete or of another kind; write or copy {folder} again"
    return f"its files are damaged or incomplete; remove {_cached(name) or 'them'} and try again"


def _one_line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


@contextmanager
def _quiet() -> Generator[None]:
    """Suppress the progress bars and tables that transformers prints while it loads files."""
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
