"""Entailment by a cross-encoder for natural language inference (NLI) of the user's choice."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from ....index.domain.errors import ModelError
from ....index.embeddings.e5.tokenizer import normalize_text
from ....index.embeddings.hugging_face import load_pretrained

_THRESHOLD = 0.5  # probability of entailment


class CrossEncoderNLI:
    """A sentence-transformers `CrossEncoder` that distinguishes entailment from neutral and contradiction.

    Thread-safe: calls are serialized, since Hugging Face tokenizers cannot be shared between threads.

    Args:
        model: the `CrossEncoder`.
        name: name of the model in messages.
        entailment: index of the entailment label in its output.
    """

    def __init__(self, model: Any, name: str, entailment: int) -> None:
        self._model, self._name, self._entailment = model, name, entailment
        self._lock = threading.Lock()

    @classmethod
    def of(cls, model: Any, name: str) -> CrossEncoderNLI:
        """Wrap a loaded `CrossEncoder`.

        Args:
            model: the `CrossEncoder`.
            name: name of the model in messages.

        Raises:
            ModelError: the model does not have exactly one label that begins with "entail", among others.
        """
        labels: dict[int, str] = {int(index): str(label).lower() for index, label in model.config.id2label.items()}
        entailment = [index for index, label in labels.items() if label.startswith("entail")]
        if len(entailment) != 1 or len(labels) < 2:
            listed = ", ".join(labels.values())
            raise ModelError(f"{name}: has no label for entailment ({listed}); name a model for NLI in [answer] nli")
        return cls(model, name, entailment[0])

    @classmethod
    def open(cls, name: str, *, device: str = "") -> CrossEncoderNLI:
        """Load a model. Code in model repositories is never run.

        Args:
            name: name of a model on Hugging Face, or a directory.
            device: a PyTorch device; empty selects the best one available.

        Raises:
            ModelError: the extra is not installed, or the model cannot be loaded or is not for NLI.
        """
        return cls.of(load_pretrained("CrossEncoder", name, device), name)

    def entails(self, premise: str, hypothesis: str) -> bool:
        """Return whether entailment is at least as likely as not.

        Raises:
            ModelError: the model fails.
        """
        pair = (normalize_text(premise), normalize_text(hypothesis))
        try:
            with self._lock:
                scores = self._model.predict([pair], apply_softmax=True, show_progress_bar=False)
        except (RuntimeError, OSError, ValueError) as error:  # torch raises these, also when out of memory
            raise ModelError(f"{self._name}: cannot be run ({error}); another `device` may help") from error
        return bool(np.asarray(scores)[0, self._entailment] >= _THRESHOLD)
