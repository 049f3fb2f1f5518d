"""A cross-encoder's second look at the first papers: question and passage read together, by a model of one's own."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from importlib import import_module
from typing import Any, Protocol

import numpy as np

from ..domain.errors import ModelError
from ..embeddings.e5.tokenizer import clean
from ..embeddings.hugging_face import pretrained

PASSAGES = 3
"""How many of a paper's passages are read, at most: its best ones, which are also those that a hit shows."""


class Reranker(Protocol):
    """Says how well passages answer a question."""

    def scores(self, question: str, passages: Sequence[str]) -> list[float]:
        """One number a passage, in order; higher is better. Comparable within one question only."""
        ...


class CrossEncoderReranker:
    """A CrossEncoder of sentence-transformers.

    Its methods may be called from any thread; they take turns, since Hugging Face tokenizers cannot be shared.

    Args:
        model: a `CrossEncoder` that gives one score a pair.
        name: as it was asked for, to show in messages.
        batch_size: pairs that the model reads at once.
    """

    def __init__(self, model: Any, name: str, batch_size: int = 32) -> None:
        self._model, self._name, self._batch_size = model, name, batch_size
        self._lock = threading.Lock()
        if model.num_labels != 1:
            raise ModelError(f"{name}: gives {model.num_labels} scores a pair, as classifiers do; a reranker gives one")
        # The raw score: a sigmoid, which most models end with, makes all good passages equal in float32.
        self._raw = import_module("torch").nn.Identity()

    @classmethod
    def open(cls, name: str, *, device: str = "", batch_size: int = 32) -> CrossEncoderReranker:
        """Load a model. Code in model repositories is never run.

        Args:
            name: of a model on Hugging Face, or a directory.
            device: as PyTorch names it: "cpu", "cuda", "cuda:1", "mps"; empty takes the best there is.
            batch_size: pairs that the model reads at once.

        Raises:
            ModelError: the extra is not installed, or the model cannot be loaded or is no reranker.
        """
        return cls(pretrained("CrossEncoder", name, device), name, batch_size)

    def scores(self, question: str, passages: Sequence[str]) -> list[float]:
        """One number a passage, in order; higher is better. What is too long for the model is cut off.

        Raises:
            ModelError: the model cannot read them, or gives what is no number.
        """
        if not passages:
            return []
        pairs = [(clean(question), clean(passage)) for passage in passages]
        try:
            with self._lock:
                found = self._model.predict(
                    pairs, batch_size=self._batch_size, activation_fn=self._raw, show_progress_bar=False
                )
        except (RuntimeError, OSError, ValueError) as error:  # what torch raises, out of memory among it
            cure = "a smaller `batch_size`, or another `device`, may help"
            raise ModelError(f"{self._name}: cannot rerank ({error}); {cure}") from error
        if not np.isfinite(found).all():
            raise ModelError(f"{self._name}: gives scores that are no numbers; its weights are damaged")
        return [float(score) for score in found]


def best_first(reranker: Reranker, question: str, papers: Sequence[Sequence[str]]) -> list[int]:
    """Positions of papers, best first: each as good as the best of its first `PASSAGES` passages.

    A paper answers where one of its passages does; a mean would put those with one long abstract before those with
    many short sections. Equal papers stay in the order they are given in; those without a passage come last.

    Args:
        reranker: gives the scores; what other channels said of the papers counts only where it sees no difference.
        question: the question.
        papers: the passages of each paper, best first.

    Raises:
        ModelError: the model cannot be run.
    """
    read = [list(passages[:PASSAGES]) for passages in papers]
    scores = iter(reranker.scores(question, [passage for passages in read for passage in passages]))
    best = [max((next(scores) for _ in passages), default=-np.inf) for passages in read]
    return sorted(range(len(best)), key=lambda position: -best[position])
