"""Both backends agree with an independent float32 forward pass of the same weights in numpy."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from nonmun.index.embeddings.e5 import E5
from nonmun.index.embeddings.e5.model import BACKENDS
from nonmun.index.embeddings.e5.model_cache import TOKENIZER, model_folder
from nonmun.index.embeddings.e5.tokenizer import Tokenizer
from nonmun.index.embeddings.e5.weights import Weights, find_weights, read_weights

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Matrix = NDArray[np.float32]

TEXTS = (
    "",
    "이상 탐지",
    "정상 이미지 한 장만으로 이상 영역을 찾는 범용 분할 모델을 제안한다.",
    "We propose a universal model that segments anomalies given a single normal image as its prompt.",
    "GPT-4o와 o3-mini를 MMLU-Pro(5-shot)에서 비교: +3.2%p",
    "def f(x): return x ** 2  # 한글 주석 😀",
)


@pytest.mark.parametrize("backend", BACKENDS)
def test_agrees_with_a_float32_forward_pass(tmp_path: Path, backend: str) -> None:
    e5, weights = E5.open(tmp_path, backend=backend), read_weights(find_weights())
    tokenizer = Tokenizer(model_folder(tmp_path, BACKENDS[backend]) / TOKENIZER)
    codes, scales = weights.blocks("emb.word", weights.vocab_size)
    for text in TEXTS:
        ids = [0, *tokenizer.encode("query: " + text).tolist(), 2]
        words = (codes[ids] * scales[ids][:, :, None]).reshape(len(ids), -1)
        assert forward(weights, words) @ e5.queries([text])[0] >= 0.998


def forward(w: Weights, words: Matrix) -> Matrix:
    """Run BERT on one text without padding: token embeddings (tokens, 384) to the unit vector of the mean token."""
    x = words + w.dense("emb.type")[: w.hidden] + w.dense("emb.pos").reshape(-1, w.hidden)[: len(words)]
    x = norm(w, "emb.ln", x)
    for layer in range(w.layers):
        p = f"l{layer}."
        q, k, v = (linear(w, p + c, x).reshape(len(x), w.heads, -1).transpose(1, 0, 2) for c in "qkv")
        weight = np.exp(q @ k.transpose(0, 2, 1) / math.sqrt(q.shape[2]))
        mixed = (weight / weight.sum(2, keepdims=True)) @ v
        x = norm(w, p + "aln", x + linear(w, p + "ao", mixed.transpose(1, 0, 2).reshape(x.shape)))
        inner = linear(w, p + "fi", x)
        gelu = inner * (1 + np.vectorize(math.erf)(inner / math.sqrt(2)).astype(np.float32)) / 2
        x = norm(w, p + "oln", x + linear(w, p + "fo", gelu))
    mean = x.mean(0)
    return mean / np.linalg.norm(mean)


def linear(w: Weights, name: str, x: Matrix) -> Matrix:
    bias = w.dense(name + ".b")
    return x @ w.matrix(name + ".w", len(bias)).T + bias


def norm(w: Weights, name: str, x: Matrix) -> Matrix:
    scaled = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-12)
    return scaled * w.dense(name + ".w") + w.dense(name + ".b")
