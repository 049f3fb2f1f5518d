"""Puts an ONNX model together, node by node, its tensors in a file beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .onnx_format import DATA_TYPES, EXTERNAL, FLOAT_ATTRIBUTE, INT_ATTRIBUTE, messages

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import BinaryIO

    from numpy.typing import NDArray

_IR, _OPSET, _MICROSOFT = 9, 20, "com.microsoft"
_SMALL = 1024  # bytes
_ALIGNED = 4096  # where a tensor begins, so that it can be mapped into memory


class OnnxFile:
    """A model under construction. Values are known by their names; every node has one output.

    Args:
        data: where the tensors go, opened for writing.
        name: the file's name, which the model points to.

    """

    def __init__(self, data: BinaryIO, name: str) -> None:
        self._data, self._name = data, name
        self._model: Any = messages()["ModelProto"](ir_version=_IR, producer_name="nonmun")
        self._model.opset_import.add(domain="", version=_OPSET)
        self._model.opset_import.add(domain=_MICROSOFT, version=1)
        self._model.graph.name = "e5"
        self._graph: Any = self._model.graph

    def input(self, name: str, kind: str, *shape: str) -> str:
        """A value that the caller gives, of a numpy type, each dimension known by a name."""
        self._declare(self._graph.input, name, kind, shape)
        return name

    def output(self, name: str, kind: str, *shape: str) -> None:
        """Hand out a value."""
        self._declare(self._graph.output, name, kind, shape)

    def _declare(self, where: Any, name: str, kind: str, shape: tuple[str, ...]) -> None:
        tensor = where.add(name=name).type.tensor_type
        tensor.elem_type = DATA_TYPES[kind]
        for dimension in shape:
            tensor.shape.dim.add(dim_param=dimension)

    def tensor(self, values: NDArray[Any]) -> str:
        """A constant: a small one within the model, where shapes are read from, a large one beside it."""
        name = f"c{len(self._graph.initializer)}"
        found = self._graph.initializer.add(name=name, data_type=DATA_TYPES[values.dtype.name], dims=values.shape)
        if values.nbytes <= _SMALL:
            found.raw_data = values.tobytes()
            return name
        begin = self._data.seek(-(-self._data.tell() // _ALIGNED) * _ALIGNED)
        self._data.write(np.ascontiguousarray(values).data)
        found.data_location = EXTERNAL
        for key, value in (("location", self._name), ("offset", begin), ("length", values.nbytes)):
            found.external_data.add(key=key, value=str(value))
        return name

    def node(
        self, kind: str, *inputs: str, output: str = "", attributes: Mapping[str, int | float] | None = None
    ) -> str:
        """An operation; its output. An input that is left out is an empty name, "ms:" marks ONNX Runtime's own."""
        output = output or f"v{len(self._graph.node)}"
        node = self._graph.node.add(op_type=kind.removeprefix("ms:"), name=output, input=inputs, output=[output])
        node.domain = _MICROSOFT if kind.startswith("ms:") else ""
        for name, value in (attributes or {}).items():
            if isinstance(value, int):
                node.attribute.add(name=name, i=value, type=INT_ATTRIBUTE)
            else:
                node.attribute.add(name=name, f=value, type=FLOAT_ATTRIBUTE)
        return output

    def write(self, path: Path) -> None:
        """Write the model."""
        path.write_bytes(self._model.SerializeToString())
