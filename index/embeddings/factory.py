"""Open the embedding model that the setting `embedding` names."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..domain.errors import ConfigError, ModelError

if TYPE_CHECKING:  # imports numpy, which the settings do not need
    from .base import Embedder

BUNDLED = "bundled"
_BACKENDS = ("openvino", "onnxruntime")


def open_embedder(
    spec: str,
    cache_dir: Path,
    report: Callable[[str], None] | None = None,
    *,
    device: str = "",
    batch_size: int = 32,
) -> Embedder:
    """Open the embedding model that a setting names.

    Args:
        spec: `bundled` (multilingual-e5-small, part of the package, on OpenVINO where that can run and else on ONNX
            Runtime; `bundled:openvino` and `bundled:onnxruntime` select the backend),
            `sentence-transformers:<name or directory>`, or `llama-index:<module>:<attribute>`, where the attribute is a
            llama-index `BaseEmbedding` or a callable that returns one.
        cache_dir: the bundled model is built in its folder `models` on first use.
        report: called with a one-line message before a slow step.
        device: PyTorch device of a sentence-transformers model; empty selects the best available.
        batch_size: batch size of a sentence-transformers model.

    Raises:
        ConfigError: the setting is unknown, or its module or attribute cannot be used.
        ModelError: the model cannot be found, built or run.
    """
    kind, _, name = spec.partition(":")
    if spec in {BUNDLED, *(f"{BUNDLED}:{backend}" for backend in _BACKENDS)}:
        from .e5 import E5

        return E5.open(cache_dir / "models", report, name)
    if kind == "sentence-transformers" and name:
        from .sentence_transformers import SentenceTransformerEmbedder

        return SentenceTransformerEmbedder.open(name, device=device, batch_size=batch_size)
    if kind == "llama-index" and name.count(":") == 1:
        return as_embedder(_import_embedding(name, spec))
    backends = ", ".join(repr(f"{BUNDLED}:{backend}") for backend in _BACKENDS)
    raise ConfigError(
        f"embedding = {spec!r} is unknown; use {BUNDLED!r}, {backends}, 'sentence-transformers:<name or directory>' or "
        "'llama-index:<module>:<attribute>'"
    )


def as_embedder(embedding: Any) -> Embedder:
    """Return an embedding model as an embedder: a llama-index `BaseEmbedding` is wrapped, an `Embedder` is one."""
    if not _is_llama_index(embedding):
        return embedding
    from .llama_index import LlamaEmbedder

    return LlamaEmbedder(embedding)


def detect_backend(spec: str) -> str:
    """Return the backend that would run a setting's model on this machine, without loading the model.

    Returns:
        "openvino" or "onnxruntime" for the bundled model, "none" if neither can be imported; for other models the
        kind of the setting, such as "sentence-transformers".
    """
    kind, _, name = spec.partition(":")
    if kind != BUNDLED:
        return kind
    from .e5 import BACKENDS

    for backend in [name] if name in BACKENDS else BACKENDS:
        with suppress(ModelError):
            BACKENDS[backend].require()
            return backend
    return "none"


def _import_embedding(name: str, spec: str) -> Any:
    """Import `module:attribute`, and call the attribute unless it is a `BaseEmbedding` instance."""
    module, _, attribute = name.partition(":")
    try:
        embedding = getattr(importlib.import_module(module), attribute)
        if isinstance(embedding, type) or not _is_llama_index(embedding):
            embedding = embedding()
    except Exception as error:  # a user's module may raise anything
        raise ConfigError(f"embedding = {spec!r}: {error}") from error
    if not _is_llama_index(embedding):
        raise ConfigError(
            f"embedding = {spec!r}: is neither a llama-index BaseEmbedding nor a callable that returns one"
        )
    return embedding


def _is_llama_index(embedding: Any) -> bool:
    return hasattr(embedding, "get_text_embedding_batch")  # llama-index is imported only where it is used
