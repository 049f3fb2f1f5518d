"""Reranking: reorder the first papers by a cross-encoder, which reads question and passage together."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from importlib import import_module
from typing import Any, Protocol

import numpy as np

from ..catalog.base import CatalogView
from ..domain.errors import ModelError
from ..embeddings.e5.tokenizer import normalize_text
from ..embeddings.hugging_face import load_pretrained
from .fusion import RankedPaper
from .understanding import Query

PASSAGES = 3
"""Largest number of passages read of a paper: its best ones, which are also the evidence of a hit."""


class Reranker(Protocol):
    """Scores how well passages answer a question. To add a reranker, implement this protocol."""

    def scores(self, question: str, passages: Sequence[str]) -> list[float]:
        """Return one number a passage, in order; higher is better. Comparable within one question only."""
        ...


class CrossEncoderReranker:
    """A CrossEncoder of sentence-transformers.

    Its methods may be called from any thread; calls are serialized, since Hugging Face tokenizers cannot be shared.

    Args:
        model: a `CrossEncoder` with one output.
        name: the name shown in messages.
        batch_size: pairs in a forward pass.

    Raises:
        ModelError: the model has several outputs, as classifiers do.
    """

    def __init__(self, model: Any, name: str, batch_size: int = 32) -> None:
        self._model, self._name, self._batch_size = model, name, batch_size
        self._lock = threading.Lock()
        if model.num_labels != 1:
            raise ModelError(f"{name}: gives {model.num_labels} scores a pair, as classifiers do; a reranker gives one")
        # The raw score: a sigmoid, with which most models end, makes all good passages equal in float32.
        self._raw = import_module("torch").nn.Identity()

    @classmethod
    def open(cls, name: str, *, device: str = "", batch_size: int = 32) -> CrossEncoderReranker:
        """Load a model. Code in model repositories is never run.

        Args:
            name: model name on Hugging Face, or a directory.
            device: PyTorch device: "cpu", "cuda", "cuda:1", "mps"; empty selects the best available.
            batch_size: pairs in a forward pass.

        Raises:
            ModelError: the extra is not installed, or the model cannot be loaded or is no reranker.
        """
        return cls(load_pretrained("CrossEncoder", name, device), name, batch_size)

    def scores(self, question: str, passages: Sequence[str]) -> list[float]:
        """Return one number a passage, in order; higher is better. Text beyond the model's window is cut off.

        Raises:
            ModelError: the forward pass fails, or returns numbers that are not finite.
        """
        if not passages:
            return []
        pairs = [(normalize_text(question), normalize_text(passage)) for passage in passages]
        try:
            with self._lock:
                found = self._model.predict(
                    pairs, batch_size=self._batch_size, activation_fn=self._raw, show_progress_bar=False
                )
        except (RuntimeError, OSError, ValueError) as error:  # what torch raises, out of memory included
            remedy = "a smaller `batch_size`, or another `device`, may help"
            raise ModelError(f"{self._name}: cannot rerank ({error}); {remedy}") from error
        if not np.isfinite(found).all():
            raise ModelError(f"{self._name}: gives scores that are no numbers; its weights are damaged")
        return [float(score) for score in found]


def rerank(reranker: Reranker, query: Query, ranking: list[RankedPaper], view: CatalogView) -> list[RankedPaper]:
    """Reorder the first `config.rerank_papers` papers behind those that the question names; scores stay.

    Raises:
        ModelError: the model cannot be run.
    """
    named = query.question.paper_ids
    start = sum(paper.paper_id in named for paper in ranking)
    end = start + query.config.rerank_papers
    rows = [[item.chunk.row for item in paper.chunks[:PASSAGES]] for paper in ranking[start:end]]
    chunks = view.chunks.by_rows(row for of_paper in rows for row in of_paper)
    passages = [[chunks[row].passage for row in of_paper] for of_paper in rows]
    order = best_first(reranker, query.question.topic or query.question.effective_text, passages)
    return [*ranking[:start], *(ranking[start + at] for at in order), *ranking[end:]]


def best_first(reranker: Reranker, question: str, papers: Sequence[Sequence[str]]) -> list[int]:
    """Return indices of papers, best first; a paper's score is the best of its first `PASSAGES` passages.

    A paper answers where one of its passages does; a mean would rank papers with one long abstract before those with
    many short sections. Ties keep the given order; papers without a passage come last.

    Args:
        reranker: gives the scores.
        question: the question.
        papers: the passages of each paper, best first.

    Raises:
        ModelError: the model cannot be run.
    """
    selected = [list(passages[:PASSAGES]) for passages in papers]
    scores = iter(reranker.scores(question, [passage for passages in selected for passage in passages]))
    best = [max((next(scores) for _ in passages), default=-np.inf) for passages in selected]
    return sorted(range(len(best)), key=lambda position: -best[position])
