"""Whether one text follows from another, by a cross-encoder for natural language inference of one's own."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np

from ....index.domain.errors import ModelError
from ....index.embeddings.e5.tokenizer import clean
from ....index.embeddings.hugging_face import pretrained

_ENOUGH = 0.5  # probability of entailment


class CrossEncoderNLI:
    """A CrossEncoder of sentence-transformers that tells entailment, neutral and contradiction apart.

    Its methods may be called from any thread; they take turns, since Hugging Face tokenizers cannot be shared.

    Args:
        model: a `CrossEncoder` with a label that begins with "entail".
        name: as it was asked for, to show in messages.
    """

    def __init__(self, model: Any, name: str) -> None:
        self._model, self._name, self._lock = model, name, threading.Lock()
        labels: dict[int, str] = {int(at): str(label).lower() for at, label in model.config.id2label.items()}
        found = [at for at, label in labels.items() if label.startswith("entail")]
        if len(found) != 1 or len(labels) < 2:
            shown = ", ".join(labels.values())
            raise ModelError(f"{name}: has no label for entailment ({shown}); name a model for NLI in [answer] nli")
        self._at = found[0]

    @classmethod
    def open(cls, name: str, *, device: str = "") -> CrossEncoderNLI:
        """Load a model. Code in model repositories is never run.

        Args:
            name: of a model on Hugging Face, or a directory.
            device: as PyTorch names it; empty takes the best there is.

        Raises:
            ModelError: the extra is not installed, or the model cannot be loaded or is none for NLI.
        """
        return cls(pretrained("CrossEncoder", name, device), name)

    def entails(self, premise: str, hypothesis: str) -> bool:
        """Whether entailment is likelier than not.

        Raises:
            ModelError: the model cannot be run.
        """
        try:
            with self._lock:
                scores = self._model.predict(
                    [(clean(premise), clean(hypothesis))], apply_softmax=True, show_progress_bar=False
                )
        except (RuntimeError, OSError, ValueError) as error:  # what torch raises, out of memory among it
            raise ModelError(f"{self._name}: cannot be run ({error}); another `device` may help") from error
        return bool(np.asarray(scores)[0, self._at] >= _ENOUGH)
