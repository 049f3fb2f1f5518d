"""The bundled embedder: multilingual-e5-small, int8 weights, on OpenVINO."""

from __future__ import annotations

from threading import local
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import ModelError
from .batches import batches, padded, window_size, windows
from .build import GRAPH, MODEL_ID, TOKENIZER, ensure
from .graph import IDS, MASK
from .runtime import compile_graph
from .tokens import Tokenizer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    Matrix = NDArray[np.float32]

DIMENSION = 384


class E5:
    """An `Embedder` for Korean, English and some ninety other languages (https://arxiv.org/abs/2402.05672).

    A text longer than the model's 512 tokens is cut into consecutive windows; its vector is their mean, weighted by
    tokens. Every method may be called from any thread at any time; a text has the same vector on every thread, and
    in any company the same to 1e-5.
    """

    def __init__(self, compiled: Any, tokenizer: Tokenizer) -> None:
        self._compiled = compiled
        self._tokenizer = tokenizer
        self._query = tokenizer.encode("query: ")
        self._passage = tokenizer.encode("passage: ")
        self._requests = local()

    @classmethod
    def open(cls, cache_dir: Path, report: Callable[[str], None] | None = None) -> E5:
        """The model from a cache folder, built there first if need be (a few seconds, 135 MB).

        Args:
            cache_dir: a folder that holds one built model per model identity.
            report: called with one line if a build begins.

        Raises:
            ModelError: the weights are missing or unknown, the model cannot be built, or OpenVINO cannot run it.
            BusyError: another process has been building for ten minutes.

        """
        folder = ensure(cache_dir, report)
        try:
            return cls._load(folder)
        except (RuntimeError, OSError):  # every size was right, so look at the bytes
            ensure(cache_dir, report, thorough=True)
        try:
            return cls._load(folder)
        except (RuntimeError, OSError) as error:
            raise ModelError(f"OpenVINO cannot run the model in {folder} ({error}): reinstall openvino.") from error

    @classmethod
    def _load(cls, folder: Path) -> E5:
        return cls(compile_graph(folder / GRAPH), Tokenizer(folder / TOKENIZER))

    @property
    def model_id(self) -> str:
        """Base model, weights and recipe."""
        return MODEL_ID

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return DIMENSION

    @property
    def window(self) -> int:
        """Tokens of a passage that the model sees at once, prefix and special tokens taken off."""
        return window_size(self._passage)

    def queries(self, texts: Sequence[str]) -> Matrix:
        """Questions to float32 (n, 384), unit rows, in order."""
        return self._embed(texts, self._query)

    def passages(self, texts: Sequence[str]) -> Matrix:
        """Passages to float32 (n, 384), unit rows, in order."""
        return self._embed(texts, self._passage)

    def count_tokens(self, text: str) -> int:
        """How many of `window`'s tokens the text takes."""
        return len(self._tokenizer.encode(text))

    def _embed(self, texts: Sequence[str], prefix: NDArray[np.int32]) -> Matrix:
        total = np.zeros((len(texts), DIMENSION), np.float32)
        encoded = (self._tokenizer.encode(text) for text in texts)
        found = [window for text, ids in enumerate(encoded) for window in windows(text, ids, prefix)]
        for batch in batches(found):
            for window, vector in zip(batch, self._run(*padded(batch)), strict=True):
                total[window.text] += vector * window.weight
        return total / np.linalg.norm(total, axis=1, keepdims=True)

    def _run(self, ids: NDArray[np.int64], mask: NDArray[np.int64]) -> Matrix:
        """Unit vectors of a batch; valid until this thread's next batch."""
        return self._request().infer({IDS: ids, MASK: mask}, share_inputs=True, share_outputs=True)[0]

    def _request(self) -> Any:
        """The calling thread's own: a request serves one caller at a time; OpenVINO queues what runs at once."""
        if not hasattr(self._requests, "mine"):
            self._requests.mine = self._compiled.create_infer_request()
        return self._requests.mine
