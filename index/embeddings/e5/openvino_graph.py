"""Build the encoder as an OpenVINO graph, from token embeddings to unit vectors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .libraries import import_openvino

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from .weights import Weights

VECTORS = "word_vectors"
MASK = "attention_mask"
_EPSILON = 1e-12


def write_graph(weights: Weights, path: Path) -> None:
    """Write the IR to `path` (.xml) and its constants to a file of the same name with the suffix .bin.

    Inputs are `word_vectors`, float32 (batch, tokens, hidden size), and `attention_mask`, int64 (batch, tokens); the
    output is float32 (batch, hidden size), the mean over the unmasked tokens, scaled to unit length.
    """
    ov = import_openvino()
    ov.save_model(_Graph(weights, ov).model(), str(path), compress_to_fp16=False)


class _Graph:
    """BERT (Devlin et al. 2018, https://arxiv.org/abs/1810.04805) in OpenVINO operations."""

    def __init__(self, weights: Weights, ov: Any) -> None:
        self._weights = weights
        self._ov = ov
        self._op = ov.opset14

    def model(self) -> Any:
        embeddings = self._input(VECTORS, [-1, -1, self._weights.hidden], np.float32)
        mask = self._input(MASK, [-1, -1], np.int64)
        keep = self._op.convert(mask, np.float32)
        x = self._norm(self._op.add(embeddings, self._positions(mask)), "emb.ln")
        bias = self._attention_bias(keep)
        for layer in range(self._weights.layers):
            x = self._layer(x, bias, f"l{layer}.")
        return self._ov.Model([self._op.result(self._pooled(x, keep))], [embeddings, mask], "e5")

    def _input(self, name: str, shape: list[int], kind: Any) -> Any:
        node = self._op.parameter(shape, kind, name=name)
        node.output(0).get_tensor().set_names({name})
        return node

    def _constant(self, values: NDArray[Any]) -> Any:
        return self._op.constant(np.ascontiguousarray(values))

    def _ints(self, *values: int) -> Any:
        return self._constant(np.array(values, np.int64))

    def _positions(self, mask: Any) -> Any:
        """Return the sum of the position and type embeddings."""
        op, w = self._op, self._weights
        table = w.dense("emb.pos").reshape(-1, w.hidden) + w.dense("emb.type")[: w.hidden]
        length = op.gather(op.shape_of(mask), self._ints(1), self._ints(0))
        return op.slice(self._constant(table), self._ints(0), length, self._ints(1), self._ints(0))

    def _attention_bias(self, keep: Any) -> Any:
        """Return the attention bias, 0 for a token and -1e9 for padding, float32 (batch, 1, 1, tokens)."""
        op = self._op
        absent = op.subtract(op.unsqueeze(keep, self._ints(1, 2)), self._constant(np.array(1, np.float32)))
        return op.multiply(absent, self._constant(np.array(1e9, np.float32)))

    def _layer(self, x: Any, bias: Any, name: str) -> Any:
        op = self._op
        x = self._norm(op.add(x, self._attention(x, bias, name)), name + "aln")
        inner = op.gelu(self._linear(x, name + "fi"), "erf")
        return self._norm(op.add(x, self._linear(inner, name + "fo")), name + "oln")

    def _attention(self, x: Any, bias: Any, name: str) -> Any:
        op = self._op
        q, k, v = (self._heads(self._linear(x, name + part)) for part in "qkv")
        context = op.transpose(op.scaled_dot_product_attention(q, k, v, bias, causal=False), self._ints(0, 2, 1, 3))
        return self._linear(op.reshape(context, self._ints(0, 0, self._weights.hidden), True), name + "ao")

    def _heads(self, x: Any) -> Any:
        w = self._weights
        split = self._op.reshape(x, self._ints(0, 0, w.heads, w.hidden // w.heads), True)
        return self._op.transpose(split, self._ints(0, 2, 1, 3))

    def _linear(self, x: Any, name: str) -> Any:
        """Return x W^T + b, with W in int8 and one scale per row, for which OpenVINO multiplies in int8."""
        op = self._op
        bias = self._weights.dense(name + ".b")
        codes, scales = _per_row(self._weights.matrix(name + ".w", len(bias)))
        weight = op.multiply(op.convert(self._constant(codes), np.float32), self._constant(scales))
        return op.add(op.matmul(x, weight, False, True), self._constant(bias))

    def _norm(self, x: Any, name: str) -> Any:
        op, w = self._op, self._weights
        unit = op.mvn(x, self._ints(-1), True, _EPSILON, "inside_sqrt")
        return op.add(op.multiply(unit, self._constant(w.dense(name + ".w"))), self._constant(w.dense(name + ".b")))

    def _pooled(self, x: Any, keep: Any) -> Any:
        """Return the unit vector of the sum of the token vectors, which equals that of their mean."""
        op = self._op
        total = op.reduce_sum(op.multiply(x, op.unsqueeze(keep, self._ints(2))), self._ints(1), False)
        return op.normalize_l2(total, self._ints(1), _EPSILON, "max")


def _per_row(matrix: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Quantize to codes in -127..127, int8 (rows, columns), and scales, float32 (rows, 1)."""
    scales = np.maximum(np.abs(matrix).max(1, keepdims=True) / 127, np.float32(1e-8))
    return np.rint(matrix / scales).astype(np.int8), scales
