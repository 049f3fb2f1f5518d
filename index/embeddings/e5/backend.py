"""What an engine is: how its files are built from the weights, and how they are run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from .batching import Window
    from .weights import Weights


class Runner(Protocol):
    """A loaded model. Safe to call from any thread at any time."""

    def run(self, batches: Sequence[Sequence[Window]]) -> Iterator[NDArray[np.float32]]:
        """Unit vectors of each batch, float32 (rows, hidden), in order."""
        ...

    def prepare(self, texts: int) -> None:
        """Make ready what running so many texts will likely need, if it takes long."""
        ...

    def release_memory(self) -> None:
        """Give back the memory of what the next run makes again; runs that are under way go on."""
        ...


@dataclass(frozen=True, slots=True)
class Recipe:
    """One way to run the weights.

    Attributes:
        model_id: names weights and recipe.
        layout: version of what `write` writes; empty for the first. Another one has another folder, since programs that
            share a cache need not be of one version.
        engine: the library that runs it, as settings name it.
        require: imports that library; raises ModelError where it cannot.
        write: writes the graph and its constants into a folder.
        load: the runner of such a folder.

    """

    model_id: str
    layout: str
    engine: str
    require: Callable[[], object]
    write: Callable[[Weights, Path], None]
    load: Callable[[Path], Runner]
