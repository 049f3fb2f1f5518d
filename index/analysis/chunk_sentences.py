"""Split chunks into the sentences that are embedded and quoted."""

from __future__ import annotations

from ..domain.chunks import Chunk
from ..domain.sentences import Sentence, sentence_hash
from .analyzer import TERMS_VERSION, terms
from .sentences import sentences

SENTENCES_VERSION = f"1.{TERMS_VERSION}"
"""Changes whenever the same chunk may give other sentences, terms or passages; stored sentences are then made anew."""


def split_chunk(chunk: Chunk) -> list[Sentence]:
    """Return the sentences of a chunk, in order."""
    return [
        Sentence(start, end, " ".join(dict.fromkeys(terms(chunk.text[start:end]))), sentence_hash(chunk, start, end))
        for start, end in sentences(chunk.text)
    ]
