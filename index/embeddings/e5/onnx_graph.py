"""Build the encoder as an ONNX graph with 8-bit weights in blocks of 128, from token ids to unit vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .onnx_writer import DATA_TYPES, OnnxFile

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from .weights import Weights

IDS = "input_ids"
MASK = "attention_mask"
_EPSILON = 1e-12
_BLOCK = 128
_ZERO_POINT = 128  # default of MatMulNBits for 8 bits
_INT8 = 4  # accuracy level of MatMulNBits that quantizes activations to 8 bits


def write_onnx(weights: Weights, path: Path) -> None:
    """Write the model to `path` and its tensors to a file of the same name with the suffix .data.

    Inputs `input_ids` and `attention_mask` are int64 (batch, tokens); the output is float32 (batch, hidden size),
    the mean over the unmasked tokens, scaled to unit length.
    """
    tensors = path.with_suffix(".data")
    with tensors.open("wb") as data:
        file = OnnxFile(data, tensors.name)
        _Encoder(weights, file).build()
    file.write(path)


class _Encoder:
    """BERT (Devlin et al. 2018, https://arxiv.org/abs/1810.04805) in operations of ONNX and ONNX Runtime."""

    def __init__(self, weights: Weights, file: OnnxFile) -> None:
        self._weights, self._file = weights, file

    def build(self) -> None:
        f = self._file
        ids, mask = f.input(IDS, "int64", "batch", "tokens"), f.input(MASK, "int64", "batch", "tokens")
        x = self._embeddings(ids)
        padding = f.node("Cast", mask, attributes={"to": DATA_TYPES["int32"]})
        for layer in range(self._weights.layers):
            x = self._layer(x, padding, f"l{layer}.")
        weight = f.node("Unsqueeze", f.node("Cast", mask, attributes={"to": DATA_TYPES["float32"]}), self._ints(2))
        total = f.node("ReduceSum", f.node("Mul", x, weight), self._ints(1), attributes={"keepdims": 0})
        f.node("LpNormalization", total, output="vectors", attributes={"axis": 1, "p": 2})
        f.output("vectors", "float32", "batch", "hidden")

    def _ints(self, *values: int) -> str:
        return self._file.tensor(np.array(values, np.int64))

    def _embeddings(self, ids: str) -> str:
        """Sum the token, position and type embeddings; the token table holds the exact 4-bit codes and scales."""
        f, w = self._file, self._weights
        codes, scales = w.blocks("emb.word", w.vocab_size)
        codes_of_ids = f.node("Cast", f.node("Gather", f.tensor(codes), ids), attributes={"to": DATA_TYPES["float32"]})
        scale = f.node("Unsqueeze", f.node("Gather", f.tensor(scales), ids), self._ints(3))
        word = f.node("Reshape", f.node("Mul", codes_of_ids, scale), self._ints(0, 0, w.hidden))
        table = w.dense("emb.pos").reshape(-1, w.hidden) + w.dense("emb.type")[: w.hidden]
        length = f.node("Shape", ids, attributes={"start": 1, "end": 2})
        positions = f.node("Slice", f.tensor(table), self._ints(0), length, self._ints(0))
        return self._norm(f.node("Add", word, positions), "emb.ln")

    def _layer(self, x: str, padding: str, name: str) -> str:
        f = self._file
        q, k, v = (self._linear(x, name + part) for part in "qkv")
        mixed = f.node("ms:MultiHeadAttention", q, k, v, "", padding, attributes={"num_heads": self._weights.heads})
        x = self._norm(f.node("Add", x, self._linear(mixed, name + "ao")), name + "aln")
        inner = f.node("Gelu", self._linear(x, name + "fi"))
        return self._norm(f.node("Add", x, self._linear(inner, name + "fo")), name + "oln")

    def _linear(self, x: str, name: str) -> str:
        f, w = self._file, self._weights
        bias = w.dense(name + ".b")
        matrix = w.matrix(name + ".w", len(bias))
        rows, columns = matrix.shape
        codes, scales = _blockwise(matrix)
        packed = x, f.tensor(codes), f.tensor(scales.reshape(-1))
        options = {"bits": 8, "block_size": _BLOCK, "accuracy_level": _INT8}
        product = f.node("ms:MatMulNBits", *packed, attributes={"K": columns, "N": rows, **options})
        return f.node("Add", product, f.tensor(bias))

    def _norm(self, x: str, name: str) -> str:
        f, w = self._file, self._weights
        gain, bias = f.tensor(w.dense(name + ".w")), f.tensor(w.dense(name + ".b"))
        return f.node("LayerNormalization", x, gain, bias, attributes={"axis": -1, "epsilon": _EPSILON})


def _blockwise(matrix: NDArray[np.float32]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Quantize to codes with zero point 128, uint8 (rows, blocks, 128), and scales, float32 (rows, blocks)."""
    blocks = matrix.reshape(len(matrix), -1, _BLOCK)
    scales = np.maximum(np.abs(blocks).max(2) / 127, np.float32(1e-8))
    return (np.rint(blocks / scales[:, :, None]) + _ZERO_POINT).astype(np.uint8), scales
