"""The embedding model of an index: all its vectors are of one model."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ...index.domain.errors import ConfigError
from ...index.embeddings.base import as_managed

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


def check_model(stored: str | None, configured: str) -> None:
    """Check that the configured model is that of the catalog.

    Args:
        stored: model id of the catalog's vectors; None if it has none.
        configured: model id of the settings.

    Raises:
        ConfigError: the catalog was built with another model.
    """
    if stored is not None and stored != configured:
        raise ConfigError(
            f"the index was built with {stored}, but the settings name {configured}: set `embedding` to the model of "
            "the index, or run `nonmun reembed` to change the index to the model of the settings"
        )
