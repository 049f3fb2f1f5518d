"""Any sentence-transformers model, by name or directory, as an embedder."""

from __future__ import annotations

import math
import re
import threading
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..domain.errors import ModelError
from ..domain.vectors import Matrix, unit_rows
from .e5.tokenizer import clean
from .hugging_face import identity, pretrained

_E5 = re.compile(r"(?<![a-z0-9])e5(?![a-z0-9])", re.IGNORECASE)
_E5_PROMPTS = {"query": "query: ", "document": "passage: "}
_PASSAGE = ("document", "passage", "corpus")  # the order in which sentence-transformers looks for it
_WINDOW = 512  # where a model does not say
_CHARACTERS_A_TOKEN = 2  # where it has no tokenizer to ask


class SentenceTransformerEmbedder:
    """A SentenceTransformer with the prompts of its own configuration; E5 models that name none get E5's.

    Every method may be called from any thread; they take turns, since Hugging Face tokenizers cannot be shared.

    Args:
        model: a `SentenceTransformer`.
        name: as it was asked for, to show in messages.
        model_id: names model and weights.
        batch_size: texts that the model reads at once.
    """

    def __init__(self, model: Any, name: str, model_id: str, batch_size: int = 32) -> None:
        self._model, self._name, self._id, self._batch_size = model, name, model_id, batch_size
        self._lock = threading.Lock()
        if _E5.search(name) and not any((model.prompts or {}).values()):
            model.prompts = dict(_E5_PROMPTS)
        prompts = model.prompts or {}
        passage = next((prompts[key] for key in _PASSAGE if key in prompts), None) or ""
        self._window = max(16, _length(model) - self._special() - self.count_tokens(passage))
        self._dimension = self.passages(["probe"]).shape[1]

    @classmethod
    def open(cls, name: str, *, device: str = "", batch_size: int = 32) -> SentenceTransformerEmbedder:
        """Load a model. Code in model repositories is never run.

        Args:
            name: of a model on Hugging Face, or a directory.
            device: as PyTorch names it: "cpu", "cuda", "cuda:1", "mps"; empty takes the best there is.
            batch_size: texts that the model reads at once.

        Raises:
            ModelError: the extra is not installed, or the model cannot be loaded.
        """
        model = pretrained("SentenceTransformer", name, device)
        return cls(model, name, f"sentence-transformers/{identity(name)}", batch_size)

    @property
    def model_id(self) -> str:
        """The model's name, or its directory's, with a hash of its configuration and weights."""
        return self._id

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return self._dimension

    @property
    def window(self) -> int:
        """Tokens of a passage that the model sees at once, prompt and special tokens taken off."""
        return self._window

    def queries(self, texts: Sequence[str]) -> Matrix:
        """Questions to float32 (n, dimension), unit rows, in order."""
        return self._embed(texts, self._model.encode_query)

    def passages(self, texts: Sequence[str]) -> Matrix:
        """Passages to float32 (n, dimension), unit rows, in order."""
        return self._embed(texts, self._model.encode_document)

    def count_tokens(self, text: str) -> int:
        """How many of `window`'s tokens a text takes."""
        tokenizer: Any = getattr(self._model, "tokenizer", None)
        encode, text = tokenizer, clean(text)
        with self._lock:
            if callable(tokenizer):  # of transformers
                return len(encode(text, add_special_tokens=False, truncation=False, verbose=False)["input_ids"])
            if hasattr(tokenizer, "encode_batch"):  # of tokenizers, as static models have
                return len(tokenizer.encode(text, add_special_tokens=False).ids)
        return -(-len(text) // _CHARACTERS_A_TOKEN)

    def _special(self) -> int:
        count = getattr(getattr(self._model, "tokenizer", None), "num_special_tokens_to_add", None)
        return int(count(False)) if count else 0

    def _embed(self, texts: Sequence[str], encode: Callable[..., Any]) -> Matrix:
        if not texts:
            return np.zeros((0, self._dimension), np.float32)
        cleaned = [clean(text) for text in texts]
        try:
            with self._lock:
                found = encode(cleaned, batch_size=self._batch_size, convert_to_numpy=True, show_progress_bar=False)
        except (RuntimeError, OSError, ValueError) as error:  # what torch raises, out of memory among it
            cure = "a smaller `batch_size`, or another `device`, may help"
            raise ModelError(f"{self._name}: cannot embed ({error}); {cure}") from error
        if not np.isfinite(found).all():
            raise ModelError(f"{self._name}: gives vectors that are no numbers; its weights are damaged")
        return unit_rows(found)


def _length(model: Any) -> int:
    """Tokens that a model sees at once, special ones included: the least of what its parts say."""
    said = (
        getattr(model, "max_seq_length", None),
        getattr(getattr(model, "tokenizer", None), "model_max_length", None),
    )
    real = [int(one) for one in said if isinstance(one, int | float) and math.isfinite(one) and 0 < one < 1_000_000]
    return min(real, default=_WINDOW)
