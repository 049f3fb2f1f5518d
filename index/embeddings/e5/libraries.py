"""Import the inference libraries on first use, without telemetry; read and compile OpenVINO graphs."""

from __future__ import annotations

import mmap
import sys
from importlib import import_module
from threading import Lock
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np

from ...domain.errors import ModelError

if TYPE_CHECKING:
    from pathlib import Path

_TELEMETRY = "openvino_telemetry"
_importing = Lock()


def import_library(name: str) -> ModuleType:
    """Import an installed library.

    Raises:
        ModelError: it cannot be imported.
    """
    try:
        return import_module(name)
    except ImportError as error:
        if _interrupted(error):
            raise KeyboardInterrupt from error
        remedy = 'reinstall nonmun, or configure embedding = "sentence-transformers:<name or directory>"'
        raise ModelError(
            f"The bundled embedding model needs {name}, which cannot be imported ({error}): {remedy}."
        ) from error


def _interrupted(error: BaseException | None) -> bool:
    """Return whether Ctrl-C caused an import error: compiled modules turn KeyboardInterrupt into ImportError."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return True
        error = error.__cause__ or error.__context__
    return False


def import_openvino() -> ModuleType:
    """Import OpenVINO without its telemetry.

    `import openvino` reports the import to Google Analytics and writes ~/intel unless openvino_telemetry is absent. An
    empty module of that name, removed afterwards, makes OpenVINO use its own stub instead.

    Raises:
        ModelError: it cannot be imported.
    """
    with _importing:
        if "openvino" in sys.modules or _TELEMETRY in sys.modules:
            return import_library("openvino")
        sys.modules[_TELEMETRY] = ModuleType(_TELEMETRY)
        try:
            return import_library("openvino")
        finally:
            del sys.modules[_TELEMETRY]


class Graph:
    """An OpenVINO model over memory-mapped constants. It must outlive the models compiled from it.

    Args:
        path: IR file (.xml).
        constants: constants of the IR file (.bin).

    Raises:
        ModelError: OpenVINO cannot be imported.
        OSError: a file cannot be read.
        RuntimeError: OpenVINO cannot read the model.

    """

    def __init__(self, path: Path, constants: Path) -> None:
        openvino = import_openvino()
        with constants.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)  # OpenVINO rejects a read-only array
        array = np.frombuffer(mapped, np.uint8)
        tensor = openvino.Tensor(array, shared_memory=True)
        self.model: Any = openvino.Core().read_model(path.read_text("utf-8", "replace"), tensor)
        self._references, self._mapped = (tensor, array), mapped  # must outlive the model

    def release_constants(self) -> None:
        """Release the pages of the constants; a later access reads them again."""
        if hasattr(mmap, "MADV_DONTNEED"):
            self._mapped.madvise(mmap.MADV_DONTNEED)


def compile_graph(graph: Graph, streams: int = 1) -> Any:
    """Compile a graph for this machine's CPU and return the OpenVINO CompiledModel.

    Args:
        graph: the graph to compile.
        streams: number of concurrent batches, among which the cores are divided.

    Raises:
        RuntimeError: OpenVINO cannot compile it.
    """
    core = import_openvino().Core()
    # On a CPU without bfloat16 that precision fails or is slow. float32 differs by less than the 8-bit weights do.
    precision = "bf16" if "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES") else "f32"
    # No CACHE_DIR: it would save 0.16 s per start, but take 125 MB and leave a partial file when a process is killed.
    options = {"INFERENCE_PRECISION_HINT": precision, "DYNAMIC_QUANTIZATION_GROUP_SIZE": 128, "NUM_STREAMS": streams}
    if streams > 1:
        # Passages have many shapes; caching primitives for each would take 30 MiB. Without a cache, vectors change.
        options["CPU_RUNTIME_CACHE_CAPACITY"] = 32
    return core.compile_model(graph.model, "CPU", options)
