"""Embedders with only the required members get the defaults of the optional ones."""

from __future__ import annotations

import numpy as np
import pytest

from nonmun.index.embeddings.base import as_managed, with_stored_model_id


def test_supplies_the_defaults(hash_embedder) -> None:
    embedder = hash_embedder()
    managed = as_managed(embedder)
    assert (managed.concurrency, managed.compatible_models) == (1, ())
    managed.release_memory()
    assert (managed.model_id, managed.dimension, managed.window) == ("hash-64", 64, 100)
    assert managed.count_tokens("four") == embedder.count_tokens("four")
    for role in ("queries", "passages"):
        np.testing.assert_array_equal(getattr(managed, role)(["a text"]), getattr(embedder, role)(["a text"]))
    assert as_managed(managed) is managed


def test_takes_the_optional_members_that_an_embedder_has(hash_embedder) -> None:
    class Concurrent(hash_embedder):
        concurrency = 3
        released = 0

        def release_memory(self) -> None:
            self.released += 1

    embedder = Concurrent()
    managed = as_managed(embedder)
    managed.release_memory()
    assert (managed.concurrency, managed.compatible_models, embedder.released) == (3, (), 1)


def test_takes_the_stored_model_id_of_a_compatible_model(hash_embedder) -> None:
    class Compatible(hash_embedder):
        concurrency = 3
        compatible_models = frozenset({"hash-64-old"})

    embedder = Compatible()
    renamed = with_stored_model_id(embedder, "hash-64-old")
    assert (renamed.model_id, as_managed(renamed).concurrency) == ("hash-64-old", 3)
    np.testing.assert_array_equal(renamed.passages(["a text"]), embedder.passages(["a text"]))


@pytest.mark.parametrize("stored", [None, "hash-64", "another"])
def test_keeps_its_own_model_id_otherwise(hash_embedder, stored: str | None) -> None:
    embedder = hash_embedder()
    assert with_stored_model_id(embedder, stored) is embedder
