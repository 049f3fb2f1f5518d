"""Imports the heavy libraries when they are first needed, and keeps them quiet and off the network."""

from __future__ import annotations

import sys
from importlib import import_module
from threading import Lock
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ..errors import ModelError

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


def read_graph(path: Path) -> Any:
    """An OpenVINO Model from an IR file (.xml, its .bin beside it, mapped).

    Raises:
        ModelError: OpenVINO cannot be imported.
        RuntimeError: OpenVINO cannot read the file.

    """
    return load_openvino().Core().read_model(str(path))


def compile_graph(graph: Any, streams: int = 1) -> Any:
    """An OpenVINO CompiledModel for this machine's CPU.

    Args:
        graph: a Model.
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
    return core.compile_model(graph, "CPU", options)
