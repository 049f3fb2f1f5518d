"""The ONNX Runtime backend, for machines on which OpenVINO cannot run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .backend import Backend
from .batching import pad
from .libraries import import_library
from .onnx_graph import IDS, MASK, write_onnx
from .weights import SHA256

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from .batching import TokenWindow
    from .weights import Weights

_MODEL = "graph.onnx"


class OnnxRuntime:
    """A `Runner` that runs one batch at a time on all cores.

    Args:
        model: ONNX file.

    Raises:
        ModelError: ONNX Runtime cannot be imported.
        RuntimeError: ONNX Runtime cannot load the model.

    """

    def __init__(self, model: Path) -> None:
        runtime: Any = _require()
        options = runtime.SessionOptions()
        options.log_severity_level = 3  # errors only
        # Spinning threads would take a core from the tokenizer and from database writes.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # Memory patterns are cached per input shape, so that every new shape would add to the memory.
        options.enable_mem_pattern = False
        try:
            self._session = runtime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # the error classes of ONNX Runtime have no other common base
            raise RuntimeError(" ".join(str(error).split())) from error

    def run(self, batches: Sequence[Sequence[TokenWindow]]) -> Iterator[NDArray[np.float32]]:
        """Yield the vectors of each batch, float32 (rows, hidden size), rows of unit length, in order."""
        for batch in batches:
            ids, mask = pad(batch)
            yield self._session.run(None, {IDS: ids, MASK: mask})[0]

    def prepare(self, texts: int) -> None:
        """Do nothing: the session is loaded by the constructor."""

    def share_cores(self) -> None:
        """Do nothing: the session's threads serve one caller after another."""

    def release_memory(self) -> None:
        """Do nothing: reloading the session would take as long as opening the model."""


def _require() -> Any:
    return import_library("onnxruntime")


def _write(weights: Weights, folder: Path) -> None:
    write_onnx(weights, folder / _MODEL)


def _load(folder: Path) -> OnnxRuntime:
    return OnnxRuntime(folder / _MODEL)


_ID = f"multilingual-e5-small@{SHA256[:8]}/onnxruntime-nbits8-b128"
ONNXRUNTIME = Backend(_ID, "", "onnxruntime", _require, _write, _load)
