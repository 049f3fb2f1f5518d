"""The embedding model interface, and how to add a model.

A class with the six members of `Embedder` is an embedding model; it needs no base class and no registration:

* Pass an instance to `Library.open(embedding=...)`, or
* name it in the settings: add a prefix to `factory.open_embedder`, the one function that maps the setting `embedding`
  to a class.

A model may also have any of the members of `OptionalMembers`: `concurrency` if it gains from concurrent calls,
`compatible_models` if other models' vectors may be searched with its own, `release_memory` if it can free memory
between calls, and `share_cores` if several calls at once need less CPU time with a core each. `as_managed` supplies the
defaults for those it lacks.

Every method may be called from any thread. A model that cannot embed raises `ModelError`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Protocol, runtime_checkable

from ..domain.vectors import Matrix


class Embedder(Protocol):
    """Embed queries and passages as unit vectors.

    Queries and passages have separate methods, since models such as E5 put different prefixes before them.
    """

    @property
    def model_id(self) -> str:
        """Identifier of the weights and of how they are run (quantization, backend).

        It is stored with every vector. Vectors of two identifiers are never compared.
        """
        ...

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        ...

    @property
    def window(self) -> int:
        """Maximum number of passage tokens per forward pass, excluding the prefix and special tokens."""
        ...

    def queries(self, texts: Sequence[str]) -> Matrix:
        """Embed queries: float32 (len(texts), dimension), rows of unit length, in order."""
        ...

    def passages(self, texts: Sequence[str]) -> Matrix:
        """Embed passages: float32 (len(texts), dimension), rows of unit length, in order."""
        ...

    def count_tokens(self, text: str) -> int:
        """Return the number of tokens of a text, without the prefix and special tokens; compare it with `window`."""
        ...


@runtime_checkable
class OptionalMembers(Protocol):
    """Members of an embedding model for the use of CPU and memory and for mixed indexes; each has a default."""

    @property
    def concurrency(self) -> int:
        """Number of concurrent calls that saturate the model. Default: 1."""
        ...

    @property
    def compatible_models(self) -> Collection[str]:
        """Identifiers of the models whose vectors rank as this model's do, so that an index may mix them.

        Default: none.
        """
        ...

    def release_memory(self) -> None:
        """Free what the next call can load again; calls in progress go on. Default: do nothing."""
        ...

    def share_cores(self) -> None:
        """Prefer the throughput of concurrent calls to the latency of one from here on. Default: do nothing."""
        ...


class ManagedEmbedder(Embedder, OptionalMembers, Protocol):
    """An `Embedder` with the optional members; `as_managed` makes one of any `Embedder`."""


def as_managed(embedder: Embedder) -> ManagedEmbedder:
    """Return the embedder with defaults for the optional members that it lacks.

    Call it once, where an embedder enters a component; an embedder that has every member is returned as it is.
    """
    if isinstance(embedder, OptionalMembers):  # a check of `Embedder` too would load a model for its `window`
        return embedder
    return _Adapter(
        embedder,
        model_id=embedder.model_id,
        concurrency=getattr(embedder, "concurrency", 1),
        compatible_models=getattr(embedder, "compatible_models", ()),
        release_memory=getattr(embedder, "release_memory", lambda: None),
        share_cores=getattr(embedder, "share_cores", lambda: None),
    )


def with_stored_model_id(embedder: Embedder, stored: str | None) -> Embedder:
    """Return the embedder under the model id of an index's vectors, if its own vectors may be mixed with them.

    Args:
        embedder: the embedding model to search or extend the index with.
        stored: model id of the index's vectors; None if it has none.

    Returns:
        The embedder under the id `stored` if that is one of its `compatible_models`, else the embedder itself.
    """
    if stored is None or stored == embedder.model_id:
        return embedder
    managed = as_managed(embedder)
    if stored not in managed.compatible_models:
        return embedder
    return _Adapter(
        managed,
        model_id=stored,
        concurrency=managed.concurrency,
        compatible_models=managed.compatible_models,
        release_memory=managed.release_memory,
        share_cores=managed.share_cores,
    )


class _Adapter:
    """A `ManagedEmbedder` that takes its required members, `model_id` aside, from another embedder."""

    def __init__(
        self,
        embedder: Embedder,
        *,
        model_id: str,
        concurrency: int,
        compatible_models: Collection[str],
        release_memory: Callable[[], None],
        share_cores: Callable[[], None],
    ) -> None:
        self._embedder = embedder
        self.model_id, self.concurrency, self.compatible_models = model_id, concurrency, compatible_models
        self._release_memory, self._share_cores = release_memory, share_cores

    @property
    def dimension(self) -> int:
        return self._embedder.dimension

    @property
    def window(self) -> int:
        return self._embedder.window

    def queries(self, texts: Sequence[str]) -> Matrix:
        return self._embedder.queries(texts)

    def passages(self, texts: Sequence[str]) -> Matrix:
        return self._embedder.passages(texts)

    def count_tokens(self, text: str) -> int:
        return self._embedder.count_tokens(text)

    def release_memory(self) -> None:
        self._release_memory()

    def share_cores(self) -> None:
        self._share_cores()
