"""A BERT encoder's weights (model.safetensors, config.json) as a quantised ONNX model."""

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nlu.encoders.onnx_graph import CONTRIBUTED, Graph

IDS_INPUT = "input_ids"
_HEADER_BYTES = 1 << 24
_TYPES = {"F32": np.float32, "F16": np.float16}
# Seven bits: two products of an activation (8 bits) and a weight then fit the 16-bit sums of
# processors without VNNI, so that all processors get the same numbers.
_LARGEST_WEIGHT = 63

Tensors = dict[str, NDArray[np.generic]]
Float32 = NDArray[np.float32]


def onnx_of_bert(folder: Path) -> bytes:
    """An ONNX model of the encoder in `folder`; ValueError or KeyError where it is no BERT.

    Linear layers have int8 weights with a scale per column, the word embeddings int8 with a scale
    per row; activations are quantised as they come.
    """
    config = json.loads((folder / "config.json").read_text("utf-8"))
    if config.get("model_type") != "bert" or config.get("hidden_act") != "gelu":
        raise ValueError("the encoder is no BERT")
    return _Bert(config, _read_tensors(folder / "model.safetensors")).model()


class _Bert:
    def __init__(self, config: dict[str, Any], tensors: Tensors) -> None:
        self._tensors = tensors
        self._width = int(config["hidden_size"])
        self._heads = int(config["num_attention_heads"])
        self._layers = int(config["num_hidden_layers"])
        self._epsilon = float(config["layer_norm_eps"])
        self._graph = Graph()

    def model(self) -> bytes:
        row = self._embedded()
        for layer in range(self._layers):
            row = self._layer(row, f"encoder.layer.{layer}")
        return self._graph.model(IDS_INPUT, row, self._width)

    def _embedded(self) -> str:
        graph = self._graph
        words, scales = _quantised(self._tensor("embeddings.word_embeddings.weight"), axis=1)
        # One text at a time: every token is of the first type.
        kind = self._tensor("embeddings.token_type_embeddings.weight")[0]
        places = self._tensor("embeddings.position_embeddings.weight") + kind
        table = graph.constant("words", words)
        whole = graph.node("Gather", [table, IDS_INPUT], ["word.int8"], axis=0)
        floats = graph.node("Cast", [whole], ["word.float"], to=1)
        scale = graph.constant("words.scale", scales)
        scaled = graph.node("Gather", [scale, IDS_INPUT], ["word.scale"], axis=0)
        word = graph.node("Mul", [floats, scaled], ["word"])
        size = graph.node("Shape", [IDS_INPUT], ["size"], start=1, end=2)
        start = graph.constant("zero", np.zeros(1, np.int64))
        table = graph.constant("places", places)
        place = graph.node("Slice", [table, start, size, start], ["place"])
        total = graph.node("Add", [word, place], ["embedded"])
        weights = self._normal("embeddings.LayerNorm")
        return graph.node(
            "LayerNormalization", [total, *weights], ["embedded.normal"], epsilon=self._epsilon
        )

    def _layer(self, row: str, name: str) -> str:
        graph = self._graph
        parts = [f"{name}.attention.self.{part}" for part in ("query", "key", "value")]
        weights = np.concatenate([self._tensor(f"{p}.weight") for p in parts])
        biases = np.concatenate([self._tensor(f"{p}.bias") for p in parts])
        joined = self._linear(row, f"{name}.qkv", weights, biases)
        split = [f"{name}.{part}" for part in ("query", "key", "value")]
        graph.node("Split", [joined], split, axis=2, num_outputs=3)
        heads = graph.node(
            "MultiHeadAttention",
            split,
            [f"{name}.heads"],
            domain=CONTRIBUTED,
            num_heads=self._heads,
        )
        attended = self._dense(heads, f"{name}.attention.output.dense")
        row = self._added(attended, row, f"{name}.attention.output.LayerNorm")
        wide = self._dense(row, f"{name}.intermediate.dense")
        active = graph.node("Gelu", [wide], [f"{name}.gelu"])
        narrow = self._dense(active, f"{name}.output.dense")
        return self._added(narrow, row, f"{name}.output.LayerNorm")

    def _dense(self, row: str, name: str) -> str:
        weights, biases = self._tensor(f"{name}.weight"), self._tensor(f"{name}.bias")
        return self._linear(row, name, weights, biases)

    def _linear(self, row: str, name: str, weights: Float32, biases: Float32) -> str:
        """`row @ weights.T + biases`."""
        whole, scales = _quantised(weights, axis=1)
        inputs = [
            row,
            self._graph.constant(f"{name}.weight", whole.T),
            self._graph.constant(f"{name}.scale", scales[:, 0]),
            "",
            self._graph.constant(f"{name}.bias", biases),
        ]
        return self._graph.node(
            "DynamicQuantizeMatMul", inputs, [f"{name}.out"], domain=CONTRIBUTED
        )

    def _added(self, row: str, other: str, name: str) -> str:
        """The sum of two rows, normalised."""
        return self._graph.node(
            "SkipLayerNormalization",
            [row, other, *self._normal(name)],
            [f"{name}.out"],
            domain=CONTRIBUTED,
            epsilon=self._epsilon,
        )

    def _normal(self, name: str) -> list[str]:
        parts = (f"{name}.weight", f"{name}.bias")
        return [self._graph.constant(part, self._tensor(part)) for part in parts]

    def _tensor(self, name: str) -> Float32:
        return self._tensors[name].astype(np.float32)


def _quantised(weights: Float32, axis: int) -> tuple[NDArray[np.int8], Float32]:
    """Whole numbers and the scale of each row or column that they are to be multiplied with."""
    scales = np.abs(weights).max(axis=axis, keepdims=True) / np.float32(_LARGEST_WEIGHT)
    scales[scales == 0] = 1
    return np.rint(weights / scales).astype(np.int8), scales


def _read_tensors(path: Path) -> Tensors:
    """The float tensors of a safetensors file; ValueError where it is not one."""
    content = np.memmap(path, np.uint8, mode="r")
    (length,) = struct.unpack("<Q", content[:8].tobytes())
    if length > min(_HEADER_BYTES, len(content) - 8):
        raise ValueError("model.safetensors is damaged")
    header = json.loads(content[8 : 8 + length].tobytes())
    body = content[8 + length :]
    return {
        name: _tensor(body, about)
        for name, about in header.items()
        if name != "__metadata__" and about["dtype"] in _TYPES
    }


def _tensor(body: NDArray[np.uint8], about: dict[str, Any]) -> NDArray[np.generic]:
    start, end = about["data_offsets"]
    return np.frombuffer(body[start:end], _TYPES[about["dtype"]]).reshape(about["shape"])
