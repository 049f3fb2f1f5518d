"""Any sentence-transformers model, by name or directory, as an embedder."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .embedding import Matrix, unit_rows
from .errors import ModelError

_E5_PROMPTS = {"query": "query: ", "passage": "passage: "}


class SentenceTransformerEmbedder:
    """A SentenceTransformer with its own prompts; without any, E5 models get E5's."""

    def __init__(self, model: Any, name: str) -> None:
        self._model = model
        dimension = model.get_embedding_dimension()
        self._dimension = int(dimension)
        prompts = {key.lower(): value for key, value in (getattr(model, "prompts", None) or {}).items() if value}
        if not prompts and "e5" in name.lower():
            prompts = dict(_E5_PROMPTS)
        self._query = prompts.get("query", "")
        self._passage = prompts.get("passage") or prompts.get("document") or prompts.get("corpus") or ""
        self._id = f"sentence-transformers/{_identity(name)}"
        length = getattr(model, "max_seq_length", None) or 512
        special = len(self._tokens(""))
        self._window = max(16, int(length) - special - len(self._tokens(self._passage)) + special - 1)

    @classmethod
    def open(cls, name: str) -> SentenceTransformerEmbedder:
        """Load a model; remote code in model repositories is never run.

        Raises:
            ModelError: the extra is not installed, or the model cannot be loaded.
        """
        try:
            from sentence_transformers import SentenceTransformer  # pyright: ignore[reportMissingImports] - an extra
        except ImportError as error:
            raise ModelError(
                "sentence-transformers is not installed: pip install 'nonmun[sentence-transformers]'"
            ) from error
        try:
            model = SentenceTransformer(name, trust_remote_code=False)
        except Exception as error:  # the library raises whatever its parts raise; the cure is one
            raise ModelError(f"{name}: cannot be loaded as a sentence-transformers model: {error}") from error
        return cls(model, name)

    @property
    def model_id(self) -> str:
        """The model's name, or its directory's name with a hash of its configuration and weight sizes."""
        return self._id

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._dimension

    @property
    def window(self) -> int:
        """Tokens of a passage that the model sees at once."""
        return self._window

    def queries(self, texts: Sequence[str]) -> Matrix:
        """Questions to float32 (n, dimension), unit rows, in order."""
        return self._embed(texts, self._query)

    def passages(self, texts: Sequence[str]) -> Matrix:
        """Passages to float32 (n, dimension), unit rows, in order."""
        return self._embed(texts, self._passage)

    def count_tokens(self, text: str) -> int:
        """Tokens of a text, special ones included."""
        return len(self._tokens(text))

    def _tokens(self, text: str) -> list[int]:
        return list(self._model.tokenizer(text, truncation=False, verbose=False)["input_ids"])

    def _embed(self, texts: Sequence[str], prompt: str) -> Matrix:
        if not texts:
            return np.zeros((0, self._dimension), np.float32)
        cleaned = [prompt + text.encode("utf-8", "replace").decode() for text in texts]
        return unit_rows(self._model.encode(cleaned, prompt="", convert_to_numpy=True, show_progress_bar=False))


def _identity(name: str) -> str:
    folder = Path(name)
    if not folder.is_dir():
        return name
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(f"{path.relative_to(folder)}:{path.stat().st_size}\n".encode())
            if path.suffix == ".json" and path.stat().st_size < 1_000_000:
                digest.update(path.read_bytes())
    return f"{folder.name}@{digest.hexdigest()[:8]}"
