"""Write ONNX models: the graph node by node, large tensors to a separate file.

Only the messages that this takes are declared, with the field numbers of onnx.proto3
(https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3) and enumerations as int32, which is encoded alike. The package
`onnx` is not used, since it is a large compiled dependency for a file that is written once.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import BinaryIO

    from numpy.typing import NDArray

_IR, _OPSET, _MICROSOFT = 9, 20, "com.microsoft"
_MAX_INLINE = 1024  # bytes of a tensor within the model file
_ALIGNMENT = 4096  # of external tensors, so that they can be memory-mapped
_PACKAGE = "nonmun.onnx"
_FIELD: Any = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    "int64": _FIELD.TYPE_INT64,
    "int32": _FIELD.TYPE_INT32,
    "float": _FIELD.TYPE_FLOAT,
    "string": _FIELD.TYPE_STRING,
    "bytes": _FIELD.TYPE_BYTES,
}

# "name number type" of each field; the type of a repeated field ends in a star.
_MESSAGES = {
    "ModelProto": "ir_version 1 int64, producer_name 2 string, graph 7 GraphProto, opset_import 8 OperatorSetIdProto*",
    "OperatorSetIdProto": "domain 1 string, version 2 int64",
    "GraphProto": "node 1 NodeProto*, name 2 string, initializer 5 TensorProto*, input 11 ValueInfoProto*, "
    "output 12 ValueInfoProto*",
    "NodeProto": "input 1 string*, output 2 string*, name 3 string, op_type 4 string, attribute 5 AttributeProto*, "
    "domain 7 string",
    "AttributeProto": "name 1 string, f 2 float, i 3 int64, type 20 int32",
    "TensorProto": "dims 1 int64*, data_type 2 int32, name 8 string, raw_data 9 bytes, "
    "external_data 13 StringStringEntryProto*, data_location 14 int32",
    "StringStringEntryProto": "key 1 string, value 2 string",
    "ValueInfoProto": "name 1 string, type 2 TypeProto",
    "TypeProto": "tensor_type 1 TensorTypeProto",
    "TensorTypeProto": "elem_type 1 int32, shape 2 TensorShapeProto",
    "TensorShapeProto": "dim 1 DimensionProto*",
    "DimensionProto": "dim_value 1 int64, dim_param 2 string",
}

FLOAT_ATTRIBUTE, INT_ATTRIBUTE = 1, 2  # AttributeProto.type
EXTERNAL = 1  # TensorProto.data_location
DATA_TYPES = {"float32": 1, "uint8": 2, "int8": 3, "int32": 6, "int64": 7}  # TensorProto.data_type by numpy's name


class OnnxFile:
    """Builds an ONNX model. Values are identified by name; every node has one output.

    Args:
        data: file for large tensors, open for writing.
        name: name of that file, to which the model refers.

    """

    def __init__(self, data: BinaryIO, name: str) -> None:
        self._data, self._name = data, name
        self._model: Any = onnx_messages()["ModelProto"](ir_version=_IR, producer_name="nonmun")
        self._model.opset_import.add(domain="", version=_OPSET)
        self._model.opset_import.add(domain=_MICROSOFT, version=1)
        self._model.graph.name = "e5"
        self._graph: Any = self._model.graph

    def input(self, name: str, kind: str, *shape: str) -> str:
        """Declare an input of a numpy dtype with named dimensions, and return its name."""
        self._declare(self._graph.input, name, kind, shape)
        return name

    def output(self, name: str, kind: str, *shape: str) -> None:
        """Declare a value as an output of the model."""
        self._declare(self._graph.output, name, kind, shape)

    def _declare(self, values: Any, name: str, kind: str, shape: tuple[str, ...]) -> None:
        tensor = values.add(name=name).type.tensor_type
        tensor.elem_type = DATA_TYPES[kind]
        for dimension in shape:
            tensor.shape.dim.add(dim_param=dimension)

    def tensor(self, values: NDArray[Any]) -> str:
        """Add a constant and return its name. Small ones stay in the model file, where shape inference reads them."""
        name = f"c{len(self._graph.initializer)}"
        initializer = self._graph.initializer.add(name=name, data_type=DATA_TYPES[values.dtype.name], dims=values.shape)
        if values.nbytes <= _MAX_INLINE:
            initializer.raw_data = values.tobytes()
            return name
        begin = self._data.seek(-(-self._data.tell() // _ALIGNMENT) * _ALIGNMENT)
        self._data.write(np.ascontiguousarray(values).data)
        initializer.data_location = EXTERNAL
        for key, value in (("location", self._name), ("offset", begin), ("length", values.nbytes)):
            initializer.external_data.add(key=key, value=str(value))
        return name

    def node(
        self, kind: str, *inputs: str, output: str = "", attributes: Mapping[str, int | float] | None = None
    ) -> str:
        """Add a node and return the name of its output.

        Args:
            kind: operator, with the prefix "ms:" if it is one of ONNX Runtime (com.microsoft).
            inputs: names of the inputs; empty for an optional input that is absent.
            output: name of the output; empty to generate one.
            attributes: attributes of the operator.
        """
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
        """Write the model file."""
        path.write_bytes(self._model.SerializeToString())


@cache
def onnx_messages() -> dict[str, Any]:
    """Return the protobuf message classes by name."""
    file: Any = descriptor_pb2.FileDescriptorProto(name="nonmun/onnx.proto", package=_PACKAGE, syntax="proto3")
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field in fields.split(", "):
            label, number, kind = field.split()
            repeated = kind.endswith("*")
            scalar = _SCALARS.get(kind.rstrip("*"))
            message.field.add(
                name=label,
                number=int(number),
                label=_FIELD.LABEL_REPEATED if repeated else _FIELD.LABEL_OPTIONAL,
                type=scalar or _FIELD.TYPE_MESSAGE,
                type_name=None if scalar else f".{_PACKAGE}.{kind.rstrip('*')}",
            )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    descriptors = {name: pool.FindMessageTypeByName(f"{_PACKAGE}.{name}") for name in _MESSAGES}
    return {name: message_factory.GetMessageClass(descriptor) for name, descriptor in descriptors.items()}
