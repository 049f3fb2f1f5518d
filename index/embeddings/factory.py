"""Which embedder the settings name."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..domain.errors import ConfigError, ModelError

if TYPE_CHECKING:  # numpy, which the settings do without
    from .base import Embedder

BUNDLED = "bundled"
ENGINES = ("openvino", "onnxruntime")


def open_embedder(
    spec: str,
    cache_dir: Path,
    report: Callable[[str], None] | None = None,
    *,
    device: str = "",
    batch_size: int = 32,
) -> Embedder:
    """The embedder that a setting names.

    Args:
        spec: `bundled` (multilingual-e5-small, ships with the package; `bundled:openvino` and `bundled:onnxruntime`
            name what runs it, which is OpenVINO wherever it can), `sentence-transformers:<name or directory>`,
            or `llama-index:<module>:<attribute>`, where the attribute is a llama-index `BaseEmbedding` or makes one.
        cache_dir: where the bundled model is built on first use.
        report: called with one line when something takes long.
        device: where a sentence-transformers model runs, as PyTorch names it; empty takes the best there is.
        batch_size: texts that it reads at once.

    Raises:
        ConfigError: the setting names nothing that exists.
        ModelError: the model cannot be found, built or run.
    """
    kind, _, name = spec.partition(":")
    if spec in {BUNDLED, *(f"{BUNDLED}:{engine}" for engine in ENGINES)}:
        from .e5 import E5

        return E5.open(cache_dir / "models", report, name)
    if kind == "sentence-transformers" and name:
        from .sentence_transformers import SentenceTransformerEmbedder

        return SentenceTransformerEmbedder.open(name, device=device, batch_size=batch_size)
    if kind == "llama-index" and name.count(":") == 1:
        from .llama_index import LlamaEmbedder

        return LlamaEmbedder(_attribute(name, spec))
    engines = ", ".join(repr(f"{BUNDLED}:{engine}") for engine in ENGINES)
    raise ConfigError(
        f"embedding = {spec!r} is unknown; use {BUNDLED!r}, {engines}, 'sentence-transformers:<name or directory>' or "
        "'llama-index:<module>:<attribute>'"
    )


def engine_here(spec: str) -> str:
    """What runs an embedding setting on this machine, without loading the model: the engine of the bundled one."""
    kind, _, name = spec.partition(":")
    if kind != BUNDLED:
        return kind
    from .e5 import RECIPES

    for engine in [name] if name in RECIPES else RECIPES:
        with suppress(ModelError):
            RECIPES[engine].require()
            return engine
    return "none"


def _attribute(name: str, spec: str) -> Any:
    module, _, attribute = name.partition(":")
    try:
        found = getattr(importlib.import_module(module), attribute)
        if isinstance(found, type) or not hasattr(found, "get_text_embedding"):
            found = found()
    except Exception as error:  # the module is the user's own, and so is what it raises
        raise ConfigError(f"embedding = {spec!r}: {error}") from error
    if not hasattr(found, "get_text_embedding"):
        raise ConfigError(f"embedding = {spec!r}: is no llama-index BaseEmbedding and makes none")
    return found
