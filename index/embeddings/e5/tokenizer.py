"""Turns text into the model's token ids, with a sentencepiece model rebuilt from the weight file."""

from __future__ import annotations

import io
import unicodedata
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np

from ...domain.errors import ModelError
from .libraries import load

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from .weights import Weights

START, PADDING, END, UNKNOWN = 0, 1, 2, 3
_UNIGRAM = 1  # sentencepiece's model type
_KIND_UNKNOWN, _KIND_CONTROL = 2, 3  # sentencepiece's piece types


def build_tokenizer(weights: Weights) -> bytes:
    """A serialised sentencepiece model of the vocabulary.

    The model numbers its special tokens as fairseq did (`<s>` 0, padding 1, `</s>` 2, unknown 3), sentencepiece needs
    unknown, `<s>`, `</s>` at 0 to 2; from there on a model id is sentencepiece's plus one. `<mask>`, the last piece,
    never comes out of text and is left out.
    """
    model = load("sentencepiece.sentencepiece_model_pb2").ModelProto()
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
    """The nmt_nfkc rules, as in XLM-R: sentencepiece writes them into any model that it trains with them."""
    trained = io.BytesIO()
    load("sentencepiece").SentencePieceTrainer.train(
        sentence_iterator=iter(["a b c d e f g"] * 50),
        model_writer=trained,
        vocab_size=12,
        normalization_rule_name="nmt_nfkc",
        minloglevel=2,  # silent on stderr
    )
    spec = load("sentencepiece.sentencepiece_model_pb2").ModelProto.FromString(trained.getvalue()).normalizer_spec
    spec.add_dummy_prefix = spec.remove_extra_whitespaces = spec.escape_whitespaces = True
    return spec


def clean(text: str) -> str:
    """The text in NFC, NUL as a space, surrogate pairs joined and lone surrogates as U+FFFD.

    The vocabulary holds composed Hangul only; sentencepiece takes NUL for an unknown letter of the word beside it,
    and refuses surrogates.
    """
    if not text.isascii():
        joined = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
        text = unicodedata.normalize("NFC", joined)
    return text.replace("\0", " ")


class Tokenizer:
    """Text to token ids; safe to call from many threads, since sentencepiece only reads its model.

    It takes a fifth of a second to load, without the interpreter's lock: in a thread of its own, beside what else there
    is to load.

    Args:
        model: what `build_tokenizer` made, known to be whole.

    Raises:
        ModelError: sentencepiece cannot be imported.
    """

    def __init__(self, model: Path) -> None:
        self._library, self._path = load("sentencepiece"), model
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
        """Whether texts can be encoded without waiting; where it rests, it begins to load."""
        return self._load().done()

    def release_memory(self) -> None:
        """Let go of the model, 36 MiB; it is loaded again when it is next needed."""
        with self._lock:
            self._loading = None

    def encode(self, text: str) -> NDArray[np.int32]:
        """Token ids without special tokens, int32 (tokens,).

        Raises:
            ModelError: sentencepiece cannot read its model.
        """
        try:
            processor = self._load().result()
        except (RuntimeError, OSError) as error:
            raise ModelError(f"sentencepiece cannot read {self._path} ({error}): reinstall sentencepiece.") from error
        ids = np.asarray(processor.encode(clean(text)), np.int32) + np.int32(1)
        ids[ids == 1] = UNKNOWN  # sentencepiece's unknown is 0
        return ids
