"""Repairs of the catalog's metadata and vectors, each a part of a transaction."""

from __future__ import annotations

from ..base import CatalogTransaction
from .integrity import last_revision


def restore_model(transaction: CatalogTransaction) -> None:
    """Store the model id and dimension of the vectors, which must be of one model."""
    [(model_id, dimension)] = transaction.vectors.models()
    transaction.metadata.set_model(model_id, dimension)


def restore_revision(transaction: CatalogTransaction) -> None:
    """Raise the catalog's revision to the highest revision of a row."""
    transaction.metadata.set("rev", str(last_revision(transaction.view)))


def remove_unusable_vectors(transaction: CatalogTransaction) -> None:
    """Remove vectors that belong to no chunk or sentence, are of another model than the catalog's, or are invalid."""
    view = transaction.view
    transaction.vectors.remove_unusable(view.model_id or "", view.dimension)
