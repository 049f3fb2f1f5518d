"""The tokenizer: a sentencepiece model, rebuilt from the vocabulary in the weight file."""

from __future__ import annotations

import io
import unicodedata
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from ...domain.errors import ModelError
from .libraries import import_library

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from .weights import Weights

START, PADDING, END, UNKNOWN = 0, 1, 2, 3
_UNIGRAM = 1  # sentencepiece's model type
_KIND_UNKNOWN, _KIND_CONTROL = 2, 3  # sentencepiece's piece types


def build_tokenizer(weights: Weights) -> bytes:
    """Return a serialized sentencepiece model of the vocabulary.

    The embedding model numbers its special tokens as fairseq does (`<s>` 0, padding 1, `</s>` 2, unknown 3);
    sentencepiece requires unknown, `<s>` and `</s>` at 0 to 2. From there on, a token id is the sentencepiece id plus
    one. `<mask>`, the last piece, never results from text and is omitted.
    """
    model = import_library("sentencepiece.sentencepiece_model_pb2").ModelProto()
    model.trainer_spec.model_type = _UNIGRAM
    model.trainer_spec.unk_id, model.trainer_spec.bos_id, model.trainer_spec.eos_id = 0, 1, 2
    model.trainer_spec.pad_id = -1
    model.normalizer_spec.CopyFrom(_normalizer())
    for special, kind in (("<unk>", _KIND_UNKNOWN), ("<s>", _KIND_CONTROL), ("</s>", _KIND_CONTROL)):
        model.pieces.add(piece=special, score=0.0, type=kind)
    ordinary = slice(UNKNOWN + 1, -1)
    for piece, score in zip(weights.pieces[ordinary], weights.scores[ordinary].tolist(), strict=True):
        model.pieces.add(piece=piece.decode(), score=score)
    model.trainer_spec.vocab_size = len(model.pieces)
    return model.SerializeToString()


def _normalizer() -> Any:
    """Return the nmt_nfkc normalizer of XLM-R: sentencepiece includes it in a model trained with that rule."""
    trained = io.BytesIO()
    import_library("sentencepiece").SentencePieceTrainer.train(
        sentence_iterator=iter(["a b c d e f g"] * 50),
        model_writer=trained,
        vocab_size=12,
        normalization_rule_name="nmt_nfkc",
        minloglevel=2,  # no output to stderr
    )
    spec = (
        import_library("sentencepiece.sentencepiece_model_pb2")
        .ModelProto.FromString(trained.getvalue())
        .normalizer_spec
    )
    spec.add_dummy_prefix = spec.remove_extra_whitespaces = spec.escape_whitespaces = True
    return spec


def normalize_text(text: str) -> str:
    """Normalize a text to NFC, with NUL replaced by a space and lone surrogates by U+FFFD; join surrogate pairs.

    The vocabulary holds composed Hangul only. sentencepiece would treat NUL as an unknown letter of the adjacent word,
    and rejects surrogates.
    """
    if not text.isascii():
        joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        text = unicodedata.normalize("NFC", joined)
    return text.replace("\0", " ")


class Tokenizer:
    """Convert text to token ids. Thread-safe, since sentencepiece only reads its model.

    Loading takes 0.2 s without the interpreter lock. It runs in a background thread, in parallel with loading the
    weights.

    Args:
        model: file with the result of `build_tokenizer`, verified to be complete.

    Raises:
        ModelError: sentencepiece cannot be imported.
    """

    def __init__(self, model: Path) -> None:
        self._library, self._path = import_library("sentencepiece"), model
        self._lock = Lock()
        self._loading: Future[Any] | None = None
        self._load()

    def _load(self) -> Future[Any]:
        with self._lock:
            if self._loading is None:
                thread = ThreadPoolExecutor(1, "tokenizer")
                self._loading = thread.submit(self._library.SentencePieceProcessor, model_file=str(self._path))
                thread.shutdown(wait=False)
            return self._loading

    def is_ready(self) -> bool:
        """Return whether texts can be encoded without waiting; start loading if the model was released."""
        return self._load().done()

    def release_memory(self) -> None:
        """Release the model (36 MiB); the next call loads it again."""
        with self._lock:
            self._loading = None

    def encode(self, text: str) -> NDArray[np.int32]:
        """Return the token ids of a text without special tokens, int32 (tokens,).

        Raises:
            ModelError: sentencepiece cannot read its model.
        """
        try:
            processor = self._load().result()
        except (RuntimeError, OSError) as error:
            raise ModelError(f"sentencepiece cannot read {self._path} ({error}): reinstall sentencepiece.") from error
        ids = np.asarray(processor.encode(normalize_text(text)), np.int32) + np.int32(1)
        ids[ids == 1] = UNKNOWN  # the unknown token of sentencepiece has id 0
        return ids
