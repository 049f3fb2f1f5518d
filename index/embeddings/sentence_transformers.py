"""Adapter from a sentence-transformers model to an `Embedder`."""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..domain.errors import ModelError
from ..domain.vectors import Matrix, unit_rows
from .e5.tokenizer import normalize_text
from .hugging_face import identity, load_pretrained

_E5 = re.compile(r"(?<![a-z0-9])e5(?![a-z0-9])", re.IGNORECASE)
_E5_PROMPTS = {"query": "query: ", "document": "passage: "}
_PASSAGE_PROMPTS = ("document", "passage", "corpus")  # in the order of precedence of sentence-transformers
_DEFAULT_WINDOW = 512  # of a model whose configuration has no limit
_CHARACTERS_PER_TOKEN = 2  # estimate for a model without a tokenizer


class SentenceTransformerEmbedder:
    """An `Embedder` on top of a `SentenceTransformer`.

    Queries and passages get the prompts of the model's configuration. An E5 model (by its name) without any gets
    "query: " and "passage: ". Every method may be called from any thread; a lock serializes the calls, since Hugging
    Face tokenizers are not thread-safe.

    Args:
        model: a `SentenceTransformer`.
        name: the configured name or directory, for error messages.
        model_id: identifies the model and its weights.
        batch_size: texts per forward pass.
    """

    def __init__(self, model: Any, name: str, model_id: str, batch_size: int = 32) -> None:
        self._model, self._name, self._id, self._batch_size = model, name, model_id, batch_size
        self._lock = threading.Lock()
        if _E5.search(name) and not any((model.prompts or {}).values()):
            model.prompts = dict(_E5_PROMPTS)
        prompts = model.prompts or {}
        passage = next((prompts[key] for key in _PASSAGE_PROMPTS if key in prompts), None) or ""
        self._window = max(16, _max_length(model) - self._special_tokens() - self.count_tokens(passage))
        self._dimension = self.passages(["probe"]).shape[1]

    @classmethod
    def open(cls, name: str, *, device: str = "", batch_size: int = 32) -> SentenceTransformerEmbedder:
        """Load a model. Code in model repositories is never run.

        Args:
            name: name of a model on Hugging Face, or a directory.
            device: PyTorch device ("cpu", "cuda", "cuda:1", "mps"); empty selects the best available.
            batch_size: texts per forward pass.

        Raises:
            ModelError: the extra is not installed, or the model cannot be loaded.
        """
        model = load_pretrained("SentenceTransformer", name, device)
        return cls(model, name, f"sentence-transformers/{identity(name)}", batch_size)

    @property
    def model_id(self) -> str:
        """Name of the model or its directory, with a hash of its configuration and weights."""
        return self._id

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._dimension

    @property
    def window(self) -> int:
        """Maximum number of passage tokens per forward pass, excluding the prompt and special tokens."""
        return self._window

    def queries(self, texts: Sequence[str]) -> Matrix:
        """Embed queries: float32 (len(texts), dimension), rows of unit length, in order."""
        return self._embed(texts, self._model.encode_query)

    def passages(self, texts: Sequence[str]) -> Matrix:
        """Embed passages: float32 (len(texts), dimension), rows of unit length, in order."""
        return self._embed(texts, self._model.encode_document)

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of a text, without the prompt and special tokens."""
        tokenizer: Any = getattr(self._model, "tokenizer", None)
        encode, text = tokenizer, normalize_text(text)
        with self._lock:
            if callable(tokenizer):  # a tokenizer of transformers
                return len(encode(text, add_special_tokens=False, truncation=False, verbose=False)["input_ids"])
            if hasattr(tokenizer, "encode_batch"):  # a tokenizer of tokenizers, which static models have
                return len(tokenizer.encode(text, add_special_tokens=False).ids)
        return -(-len(text) // _CHARACTERS_PER_TOKEN)

    def _special_tokens(self) -> int:
        count = getattr(getattr(self._model, "tokenizer", None), "num_special_tokens_to_add", None)
        return int(count(False)) if count else 0

    def _embed(self, texts: Sequence[str], encode: Callable[..., Any]) -> Matrix:
        if not texts:
            return np.zeros((0, self._dimension), np.float32)
        cleaned = [normalize_text(text) for text in texts]
        try:
            with self._lock:
                vectors = encode(cleaned, batch_size=self._batch_size, convert_to_numpy=True, show_progress_bar=False)
        except (RuntimeError, OSError, ValueError) as error:  # errors of torch, among them out of memory
            remedy = "a smaller `batch_size`, or another `device`, may help"
            raise ModelError(f"{self._name}: cannot embed ({error}); {remedy}") from error
        if not np.isfinite(vectors).all():
            raise ModelError(f"{self._name}: returned NaN or infinite values; its weights are damaged")
        return unit_rows(vectors)


def _max_length(model: Any) -> int:
    """Return the maximum number of tokens per forward pass, with special tokens: the least limit of the model's parts.

    transformers marks "no limit" with a huge number, which is ignored.
    """
    limits = (
        getattr(model, "max_seq_length", None),
        getattr(getattr(model, "tokenizer", None), "model_max_length", None),
    )
    valid = [
        int(limit)
        for limit in limits
        if isinstance(limit, int | float) and math.isfinite(limit) and 0 < limit < 1_000_000
    ]
    return min(valid, default=_DEFAULT_WINDOW)
