"""The OpenVINO backend: one batch on all cores, or many batches with one core each."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock, local
from typing import TYPE_CHECKING

from ...domain.errors import ModelError
from ...util.memory import release_memory
from .backend import Backend
from .batching import pad
from .embedding_table import TABLE_FILE, EmbeddingTable, write_embedding_table
from .libraries import Graph, compile_graph, import_openvino
from .openvino_graph import MASK, VECTORS, write_graph
from .weights import SHA256

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from .batching import TokenWindow
    from .weights import Weights

    Matrix = NDArray[np.float32]

GRAPH, CONSTANTS = "encoder.xml", "encoder.bin"
_MAX_STREAMS = 16  # each holds the activations of a batch
# Fewer batches do not justify compiling a second copy of the model (0.5 s, 120 MB), but use one that exists.
_MIN_STREAMED = 8
_FIRST_INFERENCE, _INITIALIZED = Lock(), Event()


class _Compiled:
    """A compiled graph with an inference request per thread, since a request is not thread-safe."""

    def __init__(self, graph: Graph, table: EmbeddingTable, streams: int = 1) -> None:
        self._requests = local()
        self._compiled = compile_graph(graph, streams)
        self._table, self._graph = table, graph  # must outlive the compiled model

    def __call__(self, batch: Sequence[TokenWindow]) -> Matrix:
        # The Python binding initializes itself in the first inference of a process and releases the interpreter lock
        # meanwhile: two concurrent first inferences deadlock.
        if _INITIALIZED.is_set():
            return self._infer(batch)
        with _FIRST_INFERENCE:
            vectors = self._infer(batch)
            _INITIALIZED.set()
            return vectors

    def _infer(self, batch: Sequence[TokenWindow]) -> Matrix:
        is_first = not hasattr(self._requests, "request")
        if is_first:
            self._requests.request = self._compiled.create_infer_request()
        ids, mask = pad(batch)
        inputs = {VECTORS: self._table(ids), MASK: mask}
        vectors = self._requests.request.infer(inputs, share_inputs=True, share_outputs=True)[0].copy()
        if is_first:
            self._graph.release_constants()  # the compiled model has its own copy
            release_memory()  # freed by loading and compiling
        return vectors


class OpenVino:
    """A `Runner` that runs few batches, such as a query, on all cores, and many batches with one core each.

    Cores that share a batch synchronize after every layer, which costs a third of the throughput on two cores. Each
    mode is compiled on first use, so that a process that only searches, or only ingests, holds one copy.

    Args:
        folder: folder with the graph, its constants and the embedding table.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._graph: Graph | None = Graph(folder / GRAPH, folder / CONSTANTS)
        self._table = EmbeddingTable(
            folder / TABLE_FILE, self._graph.model.input(VECTORS).partial_shape[2].get_length()
        )
        self._all_cores: _Compiled | None = None
        self._streamed: tuple[ThreadPoolExecutor, _Compiled] | None = None
        self._shares_cores = False
        self._lock = Lock()

    def run(self, batches: Sequence[Sequence[TokenWindow]]) -> Iterator[Matrix]:
        """Yield the vectors of each batch, float32 (rows, hidden size), rows of unit length, in order.

        Raises:
            ModelError: the model files are gone.
            RuntimeError: OpenVINO cannot compile the graph.
        """
        if self._shares_cores and len(batches) < 2:
            _, compiled = self._compile_streams()
            yield from map(compiled, batches)
        elif self._streamed is None and len(batches) < _MIN_STREAMED:
            yield from map(self._compile_all_cores(), batches)
        elif len(batches) < 2 and (compiled := self._all_cores) is not None:
            yield from map(compiled, batches)
        else:
            pool, compiled = self._compile_streams()
            yield from pool.map(compiled, batches)

    def prepare(self, texts: int) -> None:
        """Compile the model for the mode that `run` will use, if the number of texts determines it.

        Raises:
            ModelError: the model files are gone.
            RuntimeError: OpenVINO cannot compile the graph.
        """
        if self._shares_cores:
            self._compile_streams()
        elif texts < _MIN_STREAMED and self._streamed is None:
            self._compile_all_cores()

    def share_cores(self) -> None:
        """Run single batches on one core each from here on, in the caller's thread."""
        with self._lock:
            self._shares_cores, self._all_cores = True, None

    def release_memory(self) -> None:
        """Release the compiled models; a run in progress keeps its own until it ends, and then its threads end."""
        with self._lock:
            self._all_cores = self._streamed = self._graph = None

    def _compile(self, streams: int = 1) -> _Compiled:
        try:
            if self._graph is None:
                self._graph = Graph(self._folder / GRAPH, self._folder / CONSTANTS)
            return _Compiled(self._graph, self._table, streams)
        except OSError as error:  # the files existed when the model was opened
            raise ModelError(f"{self._folder}: cannot be read any more ({error}); run the command again") from error

    def _compile_all_cores(self) -> _Compiled:
        with self._lock:
            if self._all_cores is None:
                self._all_cores = self._compile()
            return self._all_cores

    def _compile_streams(self) -> tuple[ThreadPoolExecutor, _Compiled]:
        with self._lock:
            if self._streamed is None:
                streams = min(available_cores(), _MAX_STREAMS)
                self._streamed = ThreadPoolExecutor(streams, "e5"), self._compile(streams)
            return self._streamed


def available_cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _write(weights: Weights, folder: Path) -> None:
    write_graph(weights, folder / GRAPH)
    write_embedding_table(weights, folder / TABLE_FILE)


def _load(folder: Path) -> OpenVino:
    return OpenVino(folder)


_ID = f"multilingual-e5-small@{SHA256[:8]}/openvino-int8-g128"
OPENVINO = Backend(_ID, "/words", "openvino", import_openvino, _write, _load)
