"""What an ingest and a repair both see to: every chunk has its terms and its vector, and a generation holds them."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from ...index.analysis.analyzer import TERMS_VERSION
from ...index.catalog.base import CatalogStore
from ...index.catalog.terms import index_terms
from ...index.embeddings.base import Embedder
from ...index.publishing import Publisher
from ...index.util.batching import batches
from .chunker import CHUNKER_VERSION
from .embedding_model import open_model
from .embedding_queue import embed_ahead

_PASSAGES_A_TRANSACTION = 256


def renew_terms(catalog: CatalogStore) -> None:
    """Make the lexical index anew."""
    with catalog.view() as view:
        words = {row: index_terms(chunk) for row, chunk in view.chunks.of_papers(view.papers.ids()).items()}
    with catalog.write() as transaction:
        transaction.terms.rebuild(words)
        transaction.metadata.set("terms", TERMS_VERSION)
        transaction.touch()


def embed_missing(catalog: CatalogStore, embedder: Callable[[], Embedder], told: Callable[[int, int], object]) -> int:
    """Embed what has no vector, a few passages a transaction, so that little is lost when it is cut short.

    While a transaction is written, the next passages are embedded in the background.

    Args:
        catalog: where the chunks are.
        embedder: opens the embedder; called only where vectors are missing.
        told: called before each transaction with how many passages are done, and of how many.

    Returns:
        How many passages had none.

    Raises:
        ConfigError: the catalog was made with another embedding model.
    """
    with catalog.view() as view:
        missing = view.chunks.without_vectors(view.model_id or "")
        if not missing:
            return 0
        model = open_model(view, embedder)
    bare = {chunk.passage_hash: chunk.passage for chunk in missing}
    # By length, so that the batches of a transaction pad little.
    hashes = sorted(bare, key=lambda key: (len(bare[key]), key))
    parts = list(batches(hashes, _PASSAGES_A_TRANSACTION))
    done = 0
    with closing(embed_ahead(model, [[bare[key] for key in part] for part in parts])) as matrices:
        for part in parts:
            told(done, len(hashes))
            matrix = next(matrices)
            with catalog.write() as transaction:
                transaction.vectors.put(part, model.model_id, matrix)
                transaction.touch()
            done += len(part)
    return done


def default_publisher(folder: Path) -> Publisher:
    """Return the publisher of a data directory that keeps generations in it."""
    return Publisher(folder / "generations")


def publish(
    catalog: CatalogStore,
    publisher: Publisher,
    step: Callable[[str], object],
    embedder: Callable[[], Embedder],
    *,
    always: bool = False,
) -> int | None:
    """Publish a version of the index if much has changed since the last one, or `always`.

    Args:
        catalog: what it is built from.
        publisher: publishes it.
        step: called before every step.
        embedder: opens the embedder; called only if a version is published, to calibrate it.
        always: publish even if little has changed.

    Returns:
        The number of the published version; None while there are no chunks.
    """
    with catalog.view() as view:
        if not view.chunks.count():
            return None
        with closing(publisher.engine(view.model_id or "", view.dimension)) as engine:
            if always or engine.is_stale(view):
                model = open_model(view, embedder)
                publisher.publish(
                    engine,
                    view,
                    model.queries,
                    chunker=CHUNKER_VERSION,
                    observe=lambda name: step(f"publish:{name}"),
                    release_model=model.release_memory,
                )
            return engine.status().version
