"""Bring derived data up to date: the lexical index, sentences, missing vectors and the published version."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

from ...index.analysis.analyzer import TERMS_VERSION
from ...index.analysis.chunk_sentences import SENTENCES_VERSION, split_chunk
from ...index.catalog.base import CatalogStore
from ...index.catalog.recovery.repair import remove_unusable_vectors
from ...index.catalog.terms import index_terms
from ...index.domain.sentences import sentence_passage
from ...index.embeddings.base import Embedder, ManagedEmbedder
from ...index.engine.base import EngineOptions
from ...index.engine.shared import SharedEngine
from ...index.publishing import Publisher
from ...index.util.batching import batches
from .chunker import CHUNKER_VERSION
from .embedding_model import open_model
from .embedding_queue import embed_batches
from .passages import distinct_passages, shortest_first

_PASSAGES_PER_TRANSACTION = 256


def rebuild_lexical_index(catalog: CatalogStore) -> None:
    """Rebuild the lexical index from all chunks."""
    with catalog.view() as view:
        terms = {row: index_terms(chunk) for row, chunk in view.chunks.of_papers(view.papers.ids()).items()}
    with catalog.write() as transaction:
        transaction.terms.rebuild(terms)
        transaction.metadata.set("terms", TERMS_VERSION)
        transaction.touch()


def embed_missing(
    catalog: CatalogStore, embedder: Callable[[], Embedder], on_progress: Callable[[int, int], object]
) -> int:
    """Embed the passages without a vector, in small transactions, so that an interrupted run loses little.

    While a transaction is written, the next passages are embedded in the background.

    Args:
        catalog: the catalog.
        embedder: opens the embedding model; called only if vectors are missing.
        on_progress: callback before each transaction, for the number of embedded passages and their total.

    Returns:
        The number of passages that were embedded.

    Raises:
        ConfigError: the catalog was built with another embedding model.
    """
    with catalog.view() as view:
        missing = view.chunks.without_vectors(view.model_id or "")
        if not missing:
            return 0
        model = open_model(view, embedder)
    return _embed(catalog, model, distinct_passages(missing), on_progress, changes_searches=True)


def _embed(
    catalog: CatalogStore,
    model: ManagedEmbedder,
    passages: Mapping[str, str],
    on_progress: Callable[[int, int], object],
    *,
    changes_searches: bool = False,
) -> int:
    """Embed and store passages by hash, in their order; return their number."""
    hash_batches = list(batches(list(passages), _PASSAGES_PER_TRANSACTION))
    done = 0
    with closing(embed_batches(model, [[passages[key] for key in batch] for batch in hash_batches])) as matrices:
        for batch in hash_batches:
            on_progress(done, len(passages))
            matrix = next(matrices)
            with catalog.write() as transaction:
                transaction.vectors.put(batch, model.model_id, matrix)
                if changes_searches:
                    transaction.touch()
            done += len(batch)
    return done


def embed_sentences(
    catalog: CatalogStore, embedder: Callable[[], Embedder], on_progress: Callable[[int, int], object]
) -> int:
    """Split the chunks of digest papers into sentences and embed those without a vector, in small transactions.

    Sentences change no search, so the catalog keeps its revision.

    Args:
        catalog: the catalog.
        embedder: opens the embedding model; called only if vectors are missing.
        on_progress: callback before each transaction, for the number of embedded sentences and their total.

    Returns:
        The number of sentences that were embedded.

    Raises:
        ConfigError: the catalog was built with another embedding model.
    """
    _split_chunks(catalog, lambda: on_progress(0, 0))
    with catalog.view() as view:
        missing = view.sentences.without_vectors(view.model_id or "")
        if not missing:
            return 0
        model = open_model(view, embedder)
        chunks = view.chunks.by_rows(row for row, _, _ in missing.values())
    passages = {key: sentence_passage(chunks[row], start, end) for key, (row, start, end) in missing.items()}
    return _embed(catalog, model, shortest_first(passages), on_progress)


def _split_chunks(catalog: CatalogStore, on_progress: Callable[[], object]) -> None:
    """Split the chunks of digest papers that are not split yet, or all if another version made their sentences."""
    with catalog.view() as view:
        is_outdated = view.metadata.get("sentences") not in {None, SENTENCES_VERSION}
    if is_outdated:
        with catalog.write() as transaction:
            transaction.sentences.clear()
    with catalog.view() as view:
        unsplit = view.sentences.unsplit_rows()
    for rows in batches(unsplit, _PASSAGES_PER_TRANSACTION):
        on_progress()
        with catalog.view() as view:
            sentences = {row: split_chunk(chunk) for row, chunk in view.chunks.by_rows(rows).items()}
        with catalog.write() as transaction:
            transaction.sentences.put(sentences)
            transaction.metadata.set("sentences", SENTENCES_VERSION)
    if is_outdated:  # most passages are still those of before, and have kept their vectors
        with catalog.write() as transaction:
            remove_unusable_vectors(transaction)


def default_publisher(folder: Path) -> Publisher:
    """Return the publisher of a data directory that keeps generations in it."""
    return Publisher(SharedEngine(EngineOptions(folder / "generations")))


def publish(
    catalog: CatalogStore,
    publisher: Publisher,
    on_step: Callable[[str], object],
    embedder: Callable[[], Embedder],
    *,
    always: bool = False,
) -> int | None:
    """Publish a version of the index if much has changed since the last one, or `always`.

    Args:
        catalog: the catalog to build it from.
        publisher: publishes it.
        on_step: callback for the name of each step, before it is taken.
        embedder: opens the embedding model; called only if a version is published, to calibrate it.
        always: publish even if little has changed.

    Returns:
        The number of the published version; None while there are no chunks.
    """
    with catalog.view() as view:
        if not view.chunks.count():
            return None
        engine = publisher.engines.for_model(view.model_id, view.dimension)
        if always or engine.is_stale(view):
            model = open_model(view, embedder)
            publisher.publish(
                engine,
                view,
                model.queries,
                chunker=CHUNKER_VERSION,
                observe=lambda name: on_step(f"publish:{name}"),
                release_model=model.release_memory,
            )
        return engine.status().version
