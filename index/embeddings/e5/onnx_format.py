"""The part of ONNX's file format that writing a model takes, as protobuf messages.

Field numbers are those of onnx.proto3 (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3). Enumerations are
declared as int32, which is the same on the wire. The `onnx` package would bring all of it, and a compiler with it.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

_PACKAGE = "nonmun.onnx"
_FIELD: Any = descriptor_pb2.FieldDescriptorProto
_SCALARS = {
    "int64": _FIELD.TYPE_INT64,
    "int32": _FIELD.TYPE_INT32,
    "float": _FIELD.TYPE_FLOAT,
    "string": _FIELD.TYPE_STRING,
    "bytes": _FIELD.TYPE_BYTES,
}

# A field is "name number type", with a star behind a repeated one's type.
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


@cache
def messages() -> dict[str, Any]:
    """The message classes by name."""
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
    found = {name: pool.FindMessageTypeByName(f"{_PACKAGE}.{name}") for name in _MESSAGES}
    return {name: message_factory.GetMessageClass(descriptor) for name, descriptor in found.items()}
