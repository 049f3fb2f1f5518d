"""The passages of chunks that have to be embedded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ...index.catalog.base import CatalogView
from ...index.domain.chunks import Chunk


def distinct_passages(chunks: Iterable[Chunk]) -> dict[str, str]:
    """Return the passages of chunks by hash, the shortest first."""
    return shortest_first({chunk.passage_hash: chunk.passage for chunk in chunks})


def shortest_first(passages: Mapping[str, str]) -> dict[str, str]:
    """Return passages by hash, the shortest first: batches of similar length need little padding."""
    return dict(sorted(passages.items(), key=lambda item: (len(item[1]), item[0])))


def missing_passages(view: CatalogView, chunks: Iterable[Chunk], model_id: str) -> dict[str, str]:
    """Return the passages of chunks that have no vector of a model, as `distinct_passages`."""
    passages = distinct_passages(chunks)
    existing = view.vectors.existing(passages, model_id)
    return {key: passage for key, passage in passages.items() if key not in existing}
