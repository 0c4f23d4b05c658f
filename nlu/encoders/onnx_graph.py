"""Writes ONNX models: the few message types of onnx.proto that a graph of tensors needs.

The protocol buffer wire format and the field numbers are those of onnx/onnx.proto (IR version 8).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

IR_VERSION = 8
OPSET = 20
CONTRIBUTED = "com.microsoft"
_FLOAT, _INT8, _INT64 = 1, 3, 7
_TENSOR_TYPES = {"float32": _FLOAT, "int8": _INT8, "int64": _INT64}
_ATTRIBUTE_FLOAT, _ATTRIBUTE_INT = 1, 2


@dataclass(slots=True)
class Graph:
    """Nodes in the order of evaluation, and the constants they read."""

    nodes: list[bytes] = field(default_factory=list)
    constants: list[bytes] = field(default_factory=list)

    def constant(self, name: str, array: NDArray[np.generic]) -> str:
        """Add an array of float32, int8 or int64; its name."""
        tensor = b"".join(_number(1, size) for size in array.shape)
        tensor += _number(2, _TENSOR_TYPES[array.dtype.name]) + _text(8, name)
        self.constants.append(tensor + _bytes(9, np.ascontiguousarray(array).tobytes()))
        return name

    def node(
        self,
        operator: str,
        inputs: Sequence[str],
        outputs: Sequence[str],
        *,
        domain: str = "",
        **attributes: float,
    ) -> str:
        """Add an operation; the name of its first output. An empty input is one left out."""
        encoded = b"".join(_text(1, name) for name in inputs)
        encoded += b"".join(_text(2, name) for name in outputs)
        encoded += _text(4, operator) + _text(7, domain)
        encoded += b"".join(_bytes(5, _attribute(n, v)) for n, v in attributes.items())
        self.nodes.append(encoded)
        return outputs[0]

    def model(self, token_ids: str, embeddings: str, width: int) -> bytes:
        """The file: int64 (1, tokens) in, float32 (1, tokens, width) out."""
        graph = b"".join(_bytes(1, node) for node in self.nodes) + _text(2, "encoder")
        graph += b"".join(_bytes(5, constant) for constant in self.constants)
        graph += _bytes(11, _value(token_ids, _INT64, (1, "tokens")))
        graph += _bytes(12, _value(embeddings, _FLOAT, (1, "tokens", width)))
        opsets = (("", OPSET), (CONTRIBUTED, 1))
        imports = b"".join(_bytes(8, _text(1, d) + _number(2, v)) for d, v in opsets)
        return _number(1, IR_VERSION) + _bytes(7, graph) + imports


def _value(name: str, kind: int, shape: tuple[int | str, ...]) -> bytes:
    sizes = [_text(2, size) if isinstance(size, str) else _number(1, size) for size in shape]
    tensor = _number(1, kind) + _bytes(2, b"".join(_bytes(1, size) for size in sizes))
    return _text(1, name) + _bytes(2, _bytes(1, tensor))


def _attribute(name: str, value: float) -> bytes:
    if isinstance(value, int):
        return _text(1, name) + _number(3, value) + _number(20, _ATTRIBUTE_INT)
    fixed = _varint(2 << 3 | 5) + np.float32(value).tobytes()
    return _text(1, name) + fixed + _number(20, _ATTRIBUTE_FLOAT)


def _number(key: int, value: int) -> bytes:
    # Negative numbers are written as the 64 bits of their two's complement.
    return _varint(key << 3) + _varint(value & (1 << 64) - 1)


def _text(key: int, value: str) -> bytes:
    return _bytes(key, value.encode())


def _bytes(key: int, value: bytes) -> bytes:
    return _varint(key << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)
