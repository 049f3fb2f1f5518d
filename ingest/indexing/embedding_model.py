"""The embedding model of an index: one for all of its vectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ...index.domain.errors import ConfigError
from ...index.embeddings.base import as_managed

if TYPE_CHECKING:
    from ...index.catalog.base import CatalogView
    from ...index.embeddings.base import Embedder, ManagedEmbedder


def open_model(view: CatalogView, embedder: Callable[[], Embedder]) -> ManagedEmbedder:
    """The embedder, opened.

    Raises:
        ConfigError: the catalog holds vectors of another model.
    """
    model = as_managed(embedder())
    check_model(view.model_id, model.model_id)
    return model


def check_model(stored: str | None, configured: str) -> None:
    """Refuse to mix the vectors of two models.

    Raises:
        ConfigError: the catalog holds vectors of another model.
    """
    if stored is not None and stored != configured:
        raise ConfigError(
            f"the index was made with {stored}, the settings name {configured}: set `embedding` to what it was made "
            "with, or run `nonmun reembed`, which changes the index to the model of the settings"
        )
