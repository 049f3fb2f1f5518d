"""The interface of an inference backend: how its model files are built from the weights, and how they are run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from .batching import TokenWindow
    from .weights import Weights


class Runner(Protocol):
    """A loaded model. Safe to call from any thread."""

    def run(self, batches: Sequence[Sequence[TokenWindow]]) -> Iterator[NDArray[np.float32]]:
        """Yield the vectors of each batch, float32 (rows, hidden size), rows of unit length, in order."""
        ...

    def prepare(self, texts: int) -> None:
        """Load or compile what `run` will need for this number of texts."""
        ...

    def share_cores(self) -> None:
        """Run each batch on one core from here on, for concurrent callers."""
        ...

    def release_memory(self) -> None:
        """Free what the next run can load again; runs in progress go on."""
        ...


@dataclass(frozen=True, slots=True)
class Backend:
    """A library that runs the model, with a quantization of the weights.

    Attributes:
        model_id: identifies the weights, the library and the quantization.
        layout: version of the files that `write` writes, empty for the first. It is part of the folder's name, since
            programs of different versions may share a model cache.
        name: name of the library in settings.
        require: imports the library; raises ModelError if it cannot be imported.
        write: writes the graph and its constants to a folder.
        load: returns a runner of the files in a folder.
    """

    model_id: str
    layout: str
    name: str
    require: Callable[[], object]
    write: Callable[[Weights, Path], None]
    load: Callable[[Path], Runner]
