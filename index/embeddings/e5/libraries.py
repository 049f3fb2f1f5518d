"""Imports the heavy libraries when they are first needed, and keeps them quiet and off the network."""

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


def load(name: str) -> ModuleType:
    """An installed library.

    Raises:
        ModelError: it cannot be imported.

    """
    try:
        return import_module(name)
    except ImportError as error:
        if _interrupted(error):
            raise KeyboardInterrupt from error
        cure = 'reinstall nonmun, or configure embedding = "sentence-transformers:<name or directory>"'
        raise ModelError(
            f"The bundled embedding model needs {name}, which cannot be imported ({error}): {cure}."
        ) from error


def _interrupted(error: BaseException | None) -> bool:
    """Whether Ctrl-C came during the import: compiled modules turn it into an ImportError that it is the cause of."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return True
        error = error.__cause__ or error.__context__
    return False


def load_openvino() -> ModuleType:
    """OpenVINO, imported without its telemetry.

    `import openvino` reports the import to Google Analytics and writes ~/intel unless openvino_telemetry is absent;
    an empty module of that name makes OpenVINO take its own stub instead, and is gone again afterwards.

    Raises:
        ModelError: it cannot be imported.

    """
    with _importing:
        if "openvino" in sys.modules or _TELEMETRY in sys.modules:
            return load("openvino")
        sys.modules[_TELEMETRY] = ModuleType(_TELEMETRY)
        try:
            return load("openvino")
        finally:
            del sys.modules[_TELEMETRY]


class Graph:
    """An OpenVINO Model over its constants, mapped. It has to outlive what is compiled of it.

    Args:
        path: of the IR file (.xml).
        constants: of the file that belongs to it (.bin).

    Raises:
        ModelError: OpenVINO cannot be imported.
        OSError: a file cannot be read.
        RuntimeError: OpenVINO cannot make a model of them.

    """

    def __init__(self, path: Path, constants: Path) -> None:
        openvino = load_openvino()
        with constants.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)  # an array that is read-only is not taken
        array = np.frombuffer(mapped, np.uint8)
        tensor = openvino.Tensor(array, shared_memory=True)
        self.model: Any = openvino.Core().read_model(path.read_text("utf-8", "replace"), tensor)
        self._kept, self._mapped = (tensor, array), mapped  # let go of after the model

    def forget_constants(self) -> None:
        """Give back the memory of the pages that were read; they are read again where they are needed."""
        if hasattr(mmap, "MADV_DONTNEED"):
            self._mapped.madvise(mmap.MADV_DONTNEED)


def compile_graph(graph: Graph, streams: int = 1) -> Any:
    """An OpenVINO CompiledModel for this machine's CPU.

    Args:
        graph: what to compile.
        streams: how many batches run at once; the cores are shared out among them.

    Raises:
        RuntimeError: OpenVINO cannot compile it.

    """
    core = load_openvino().Core()
    # Where the CPU has no bfloat16, asking for it fails or is slow; float32 differs by less than the 8-bit weights do.
    precision = "bf16" if "BF16" in core.get_property("CPU", "OPTIMIZATION_CAPABILITIES") else "f32"
    # No CACHE_DIR: it would save 0.16 s a start, for 125 MB more and a file that a killed process leaves half-written.
    options = {"INFERENCE_PRECISION_HINT": precision, "DYNAMIC_QUANTIZATION_GROUP_SIZE": 128, "NUM_STREAMS": streams}
    if streams > 1:
        # Passages have many shapes, and what is prepared for each would be kept: 30 MiB. To keep none changes vectors.
        options["CPU_RUNTIME_CACHE_CAPACITY"] = 32
    return core.compile_model(graph.model, "CPU", options)
