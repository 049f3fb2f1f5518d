"""The bundled embedder: multilingual-e5-small, 8-bit weights, on OpenVINO or ONNX Runtime."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ...domain.errors import ModelError
from ...util.memory import release_memory
from .batching import batches, window_size, windows
from .model_cache import TOKENIZER, ensure
from .onnx_runner import ONNXRUNTIME
from .openvino_runner import OPENVINO
from .tokenizer import Tokenizer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from .backend import Recipe, Runner

    Matrix = NDArray[np.float32]

DIMENSION = 384
MODEL_ID = OPENVINO.model_id
RECIPES = {recipe.engine: recipe for recipe in (OPENVINO, ONNXRUNTIME)}


class E5:
    """An `Embedder` for Korean, English and some ninety other languages (https://arxiv.org/abs/2402.05672).

    A text longer than the model's 512 tokens is cut into consecutive windows; its vector is their mean, weighted by
    tokens. Every method may be called from any thread at any time; a text has the same vector on every thread, and
    in any company the same to 1e-5.
    """

    # Two callers keep the cores busy: one's texts are tokenised while the other's are embedded.
    concurrency = 2
    # Measured: mixed vectors find what vectors of one engine find, no further apart than the engines by themselves.
    compatible_models = frozenset(recipe.model_id for recipe in RECIPES.values())

    def __init__(self, recipe: Recipe, runner: Runner, tokenizer: Tokenizer) -> None:
        self._recipe, self._runner = recipe, runner
        self._tokenizer = tokenizer

    @classmethod
    def open(cls, cache_dir: Path, report: Callable[[str], None] | None = None, engine: str = "") -> E5:
        """The model from a cache folder, built there first if need be (a few seconds, up to 135 MB).

        Args:
            cache_dir: a folder that holds one built model per model identity.
            report: called with one line if a build begins.
            engine: "openvino" or "onnxruntime"; empty takes ONNX Runtime where OpenVINO cannot run.

        Raises:
            ModelError: the weights are missing or unknown, the model cannot be built, or no engine can run it.
            BusyError: another process has been building for ten minutes.

        """
        if engine:
            return cls._open(RECIPES[engine], cache_dir, report)
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
    def _open(cls, recipe: Recipe, cache_dir: Path, report: Callable[[str], None] | None) -> E5:
        recipe.require()
        folder = ensure(cache_dir, report, recipe)
        try:
            return cls._load(recipe, folder)
        except (RuntimeError, OSError):  # every size was right, so look at the bytes
            ensure(cache_dir, report, recipe, thorough=True)
        try:
            return cls._load(recipe, folder)
        except (RuntimeError, OSError) as error:
            name = recipe.engine
            raise ModelError(f"{name} cannot run the model in {folder} ({error}): reinstall {name}.") from error

    @classmethod
    def _load(cls, recipe: Recipe, folder: Path) -> E5:
        return cls(recipe, recipe.load(folder), Tokenizer(folder / TOKENIZER))

    @cached_property
    def _query(self) -> NDArray[np.int32]:
        return self._tokenizer.encode("query: ")

    @cached_property
    def _passage(self) -> NDArray[np.int32]:
        return self._tokenizer.encode("passage: ")

    @property
    def model_id(self) -> str:
        """Base model, weights and recipe."""
        return self._recipe.model_id

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
        self._load_both(texts)
        return self._embed(texts, self._query)

    def passages(self, texts: Sequence[str]) -> Matrix:
        """Passages to float32 (n, 384), unit rows, in order."""
        self._load_both(texts)
        return self._embed(texts, self._passage)

    def count_tokens(self, text: str) -> int:
        """How many of `window`'s tokens the text takes."""
        return len(self._tokenizer.encode(text))

    def _load_both(self, texts: Sequence[str]) -> None:
        """Have the model ready by the time that the tokenizer is."""
        if not self._tokenizer.is_ready():
            self._runner.prepare(len(texts))

    def release_memory(self) -> None:
        """Give back the memory of what the next call makes again; calls that are under way go on."""
        self._runner.release_memory()
        self._tokenizer.release_memory()
        release_memory()

    def _embed(self, texts: Sequence[str], prefix: NDArray[np.int32]) -> Matrix:
        total = np.zeros((len(texts), DIMENSION), np.float32)
        encoded = (self._tokenizer.encode(text) for text in texts)
        found = [window for text, ids in enumerate(encoded) for window in windows(text, ids, prefix)]
        packed = list(batches(found))
        for batch, vectors in zip(packed, self._runner.run(packed), strict=True):
            for window, vector in zip(batch, vectors, strict=True):
                total[window.text] += vector * window.weight
        return total / np.linalg.norm(total, axis=1, keepdims=True)
