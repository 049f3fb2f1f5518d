"""Runs the encoder on OpenVINO: one batch on all cores, or many batches with a core each."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock, local
from typing import TYPE_CHECKING

from ...domain.errors import ModelError
from ...util.memory import release_memory
from .backend import Recipe
from .batching import padded
from .embedding_table import WORDS, Words, write_words
from .libraries import Graph, compile_graph, load_openvino
from .openvino_graph import MASK, VECTORS, write_graph
from .weights import SHA256

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from .batching import Window
    from .weights import Weights

    Matrix = NDArray[np.float32]

GRAPH, CONSTANTS = "encoder.xml", "encoder.bin"
_MOST_STREAMS = 16  # each holds the activations of a batch
# Fewer batches than this are not worth a second copy of the model (half a second, 120 MB), but use one that is there.
_WORTH_STREAMS = 8
_FIRST, _READY = Lock(), Event()


class _Compiled:
    """A compiled graph with a request for every thread: a request serves one caller at a time."""

    def __init__(self, graph: Graph, words: Words, streams: int = 1) -> None:
        self._requests = local()
        self._compiled = compile_graph(graph, streams)
        self._words, self._graph = words, graph  # let go of last

    def __call__(self, batch: Sequence[Window]) -> Matrix:
        # OpenVINO's binding sets itself up in a process's first inference, and lets go of the interpreter's lock
        # meanwhile: of two threads that are first at once, each waits for what the other holds, for ever.
        if _READY.is_set():
            return self._infer(batch)
        with _FIRST:
            vectors = self._infer(batch)
            _READY.set()
            return vectors

    def _infer(self, batch: Sequence[Window]) -> Matrix:
        is_first = not hasattr(self._requests, "mine")
        if is_first:
            self._requests.mine = self._compiled.create_infer_request()
        ids, mask = padded(batch)
        inputs = {VECTORS: self._words(ids), MASK: mask}
        vectors = self._requests.mine.infer(inputs, share_inputs=True, share_outputs=True)[0].copy()
        if is_first:
            self._graph.forget_constants()  # it has packed them by now, and reads its own copy
            release_memory()  # and what loading and compiling took
        return vectors


class OpenVino:
    """The built graph. Few batches, such as a question, have every core; of many, each core takes one at a time.

    Cores that share a batch wait for each other after every layer: on two cores that takes a third of the throughput.
    Each of the two ways is compiled when it is first needed: who only asks, or only ingests, holds one copy.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._graph: Graph | None = Graph(folder / GRAPH, folder / CONSTANTS)
        self._words = Words(folder / WORDS, self._graph.model.input(VECTORS).partial_shape[2].get_length())
        self._alone: _Compiled | None = None
        self._many: tuple[ThreadPoolExecutor, _Compiled] | None = None
        self._lock = Lock()

    def run(self, batches: Sequence[Sequence[Window]]) -> Iterator[Matrix]:
        """Unit vectors of each batch, float32 (rows, hidden), in order.

        Raises:
            ModelError: what was built is gone.
            RuntimeError: OpenVINO cannot compile the graph.
        """
        if self._many is None and len(batches) < _WORTH_STREAMS:
            yield from map(self._one(), batches)
        elif len(batches) < 2 and (alone := self._alone) is not None:
            yield from map(alone, batches)
        else:
            pool, compiled = self._streams()
            yield from pool.map(compiled, batches)

    def prepare(self, texts: int) -> None:
        """Compile what `run` will need for so many texts, where that is known before they are cut into batches.

        Raises:
            ModelError: what was built is gone.
            RuntimeError: OpenVINO cannot compile the graph.
        """
        if texts < _WORTH_STREAMS and self._many is None:
            self._one()

    def release_memory(self) -> None:
        """Let go of what is compiled; a run that is under way holds it to its end, and the threads end with it."""
        with self._lock:
            self._alone = self._many = self._graph = None

    def _compile(self, streams: int = 1) -> _Compiled:
        try:
            if self._graph is None:
                self._graph = Graph(self._folder / GRAPH, self._folder / CONSTANTS)
            return _Compiled(self._graph, self._words, streams)
        except OSError as error:  # it was there when the model was opened
            raise ModelError(f"{self._folder}: cannot be read any more ({error}); run the command again") from error

    def _one(self) -> _Compiled:
        with self._lock:
            if self._alone is None:
                self._alone = self._compile()
            return self._alone

    def _streams(self) -> tuple[ThreadPoolExecutor, _Compiled]:
        with self._lock:
            if self._many is None:
                streams = min(cores(), _MOST_STREAMS)
                self._many = ThreadPoolExecutor(streams, "e5"), self._compile(streams)
            return self._many


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _write(weights: Weights, folder: Path) -> None:
    write_graph(weights, folder / GRAPH)
    write_words(weights, folder / WORDS)


def _load(folder: Path) -> OpenVino:
    return OpenVino(folder)


_ID = f"multilingual-e5-small@{SHA256[:8]}/openvino-int8-g128"
OPENVINO = Recipe(_ID, "/words", "openvino", load_openvino, _write, _load)
