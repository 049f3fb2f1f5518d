"""The embedding model of an index: all its vectors are of one model."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ...index.embeddings.base import as_managed
from ...index.engine.base import check_model

if TYPE_CHECKING:
    from ...index.catalog.base import CatalogView
    from ...index.embeddings.base import Embedder, ManagedEmbedder


def open_model(view: CatalogView, embedder: Callable[[], Embedder]) -> ManagedEmbedder:
    """Open the embedding model.

    Raises:
        ConfigError: the catalog was built with another model.
    """
    model = as_managed(embedder())
    check_model(view.model_id, model.model_id)
    return model
