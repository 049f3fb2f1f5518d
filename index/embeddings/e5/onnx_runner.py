"""Runs the encoder on ONNX Runtime, where OpenVINO cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .backend import Recipe
from .batching import padded
from .libraries import load
from .onnx_graph import IDS, MASK, write_onnx
from .weights import SHA256

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from .batching import Window
    from .weights import Weights

_MODEL = "graph.onnx"


class OnnxRuntime:
    """The built graph; every batch has all cores.

    Raises:
        ModelError: ONNX Runtime cannot be imported.
        RuntimeError: it cannot read or run the model.

    """

    def __init__(self, model: Path) -> None:
        runtime: Any = _require()
        options = runtime.SessionOptions()
        options.log_severity_level = 3  # errors only
        # Threads that wait by spinning would take a core from the tokenizer and from the writes.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # Memory that grew for the longest batch is not kept: without that, every new shape adds to it.
        options.enable_mem_pattern = False
        try:
            self._session = runtime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # its own classes, which share no other ancestor
            raise RuntimeError(" ".join(str(error).split())) from error

    def run(self, batches: Sequence[Sequence[Window]]) -> Iterator[NDArray[np.float32]]:
        """Unit vectors of each batch, float32 (rows, hidden), in order."""
        for batch in batches:
            ids, mask = padded(batch)
            yield self._session.run(None, {IDS: ids, MASK: mask})[0]

    def prepare(self, texts: int) -> None:
        """It is ready."""

    def release_memory(self) -> None:
        """It holds one session, which to make again would take as long as to open the model."""


def _require() -> Any:
    return load("onnxruntime")


def _write(weights: Weights, folder: Path) -> None:
    write_onnx(weights, folder / _MODEL)


def _load(folder: Path) -> OnnxRuntime:
    return OnnxRuntime(folder / _MODEL)


_ID = f"multilingual-e5-small@{SHA256[:8]}/onnxruntime-nbits8-b128"
ONNXRUNTIME = Recipe(_ID, "", "onnxruntime", _require, _write, _load)
