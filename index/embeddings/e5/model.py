"""The bundled embedding model: multilingual-e5-small with 8-bit weights on OpenVINO or ONNX Runtime."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ...domain.errors import ModelError
from ...util.memory import release_memory
from .batching import pack, window_size, windows
from .model_cache import TOKENIZER, ensure_built
from .onnx_runner import ONNXRUNTIME
from .openvino_runner import OPENVINO
from .tokenizer import Tokenizer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from .backend import Backend, Runner

    Matrix = NDArray[np.float32]

DIMENSION = 384
MODEL_ID = OPENVINO.model_id
BACKENDS = {backend.name: backend for backend in (OPENVINO, ONNXRUNTIME)}


class E5:
    """Multilingual E5 (Wang et al. 2024, https://arxiv.org/abs/2402.05672), for Korean, English and some 90 languages.

    A text longer than 512 tokens is split into consecutive windows, and its vector is their mean weighted by tokens.
    Every method is thread-safe. The vector of a text does not depend on the thread, and on the other texts of a call
    only within 1e-5.
    """

    # Two concurrent calls saturate the cores: one tokenizes while the other runs the model.
    concurrency = 2
    # Measured: an index with vectors of both backends ranks as one of a single backend does, within the difference
    # between the backends.
    compatible_models = frozenset(backend.model_id for backend in BACKENDS.values())

    def __init__(self, backend: Backend, runner: Runner, tokenizer: Tokenizer) -> None:
        self._backend, self._runner = backend, runner
        self._tokenizer = tokenizer

    @classmethod
    def open(cls, cache_dir: Path, report: Callable[[str], None] | None = None, backend: str = "") -> E5:
        """Open the model from a model cache; build it there first if needed (a few seconds, up to 135 MB).

        Args:
            cache_dir: model cache, a folder with one subfolder per model id.
            report: called with a one-line message before a build.
            backend: "openvino" or "onnxruntime"; empty selects ONNX Runtime if OpenVINO cannot run.

        Raises:
            ModelError: the weights are not installed or their hash differs, the model cannot be built, or no backend
                can run it.
            BusyError: another process has been building the model for ten minutes.
        """
        if backend:
            return cls._open(BACKENDS[backend], cache_dir, report)
        try:
            return cls._open(OPENVINO, cache_dir, report)
        except ModelError as error:
            try:
                return cls._open(ONNXRUNTIME, cache_dir, report)
            except ModelError as second:
                if str(second) == str(error):
                    raise error from None
                raise ModelError(f"{error} {second}") from error

    @classmethod
    def _open(cls, backend: Backend, cache_dir: Path, report: Callable[[str], None] | None) -> E5:
        backend.require()
        folder = ensure_built(cache_dir, report, backend)
        try:
            return cls._load(backend, folder)
        except (RuntimeError, OSError):  # every file size matches, so compare the hashes
            ensure_built(cache_dir, report, backend, thorough=True)
        try:
            return cls._load(backend, folder)
        except (RuntimeError, OSError) as error:
            name = backend.name
            raise ModelError(f"{name} cannot run the model in {folder} ({error}): reinstall {name}.") from error

    @classmethod
    def _load(cls, backend: Backend, folder: Path) -> E5:
        return cls(backend, backend.load(folder), Tokenizer(folder / TOKENIZER))

    @cached_property
    def _query_prefix(self) -> NDArray[np.int32]:
        return self._tokenizer.encode("query: ")

    @cached_property
    def _passage_prefix(self) -> NDArray[np.int32]:
        return self._tokenizer.encode("passage: ")

    @property
    def model_id(self) -> str:
        """Name of the model, hash of the weights, backend and quantization."""
        return self._backend.model_id

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return DIMENSION

    @property
    def window(self) -> int:
        """Maximum number of passage tokens per forward pass, excluding the prefix and special tokens."""
        return window_size(self._passage_prefix)

    def queries(self, texts: Sequence[str]) -> Matrix:
        """Embed queries: float32 (len(texts), 384), rows of unit length, in order."""
        self._prepare(texts)
        return self._embed(texts, self._query_prefix)

    def passages(self, texts: Sequence[str]) -> Matrix:
        """Embed passages: float32 (len(texts), 384), rows of unit length, in order."""
        self._prepare(texts)
        return self._embed(texts, self._passage_prefix)

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of a text, without the prefix and special tokens."""
        return len(self._tokenizer.encode(text))

    def _prepare(self, texts: Sequence[str]) -> None:
        """Compile the model while the tokenizer loads in the background."""
        if not self._tokenizer.is_ready():
            self._runner.prepare(len(texts))

    def release_memory(self) -> None:
        """Release the compiled model and the tokenizer; the next call loads them again, and calls in progress go on."""
        self._runner.release_memory()
        self._tokenizer.release_memory()
        release_memory()

    def share_cores(self) -> None:
        """Run each batch on one core from here on: concurrent queries then do not wait for one another."""
        self._runner.share_cores()

    def _embed(self, texts: Sequence[str], prefix: NDArray[np.int32]) -> Matrix:
        total = np.zeros((len(texts), DIMENSION), np.float32)
        encoded = (self._tokenizer.encode(text) for text in texts)
        unsorted = [window for text, ids in enumerate(encoded) for window in windows(text, ids, prefix)]
        packed = list(pack(unsorted))
        for batch, vectors in zip(packed, self._runner.run(packed), strict=True):
            for window, vector in zip(batch, vectors, strict=True):
                total[window.text] += vector * window.weight
        return total / np.linalg.norm(total, axis=1, keepdims=True)
