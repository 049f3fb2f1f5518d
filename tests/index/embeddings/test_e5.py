"""The bundled model: shape, order, normalization and batching of vectors, hostile texts, long texts and threads."""

from __future__ import annotations

import unicodedata
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest

from nonmun.index.embeddings.e5 import E5
from nonmun.index.embeddings.e5.model_cache import TOKENIZER, model_folder
from nonmun.index.embeddings.e5.tokenizer import Tokenizer

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from nonmun.index.embeddings.base import Embedder

    Matrix = NDArray[np.float32]

KOREAN = "정상 이미지 한 장만으로 이상 영역을 찾는 범용 분할 모델을 제안한다."
ENGLISH = "We propose a universal model that segments anomalies given a single normal image as its prompt."
PAIRS = {
    KOREAN: ENGLISH,
    "시뮬레이션에서 배운 로봇 조작을 현실로 옮긴다.": "Moving robot manipulation from simulation to reality.",
    "영상 생성 확산 모델의 샘플링 속도를 네 배 높인다.": "We accelerate sampling of video diffusion models fourfold.",
    "코드를 쓰는 언어 모델의 보안 취약점을 평가한다.": "Evaluating vulnerabilities of language models that write code.",
}
HOSTILE = ["", " ", "\0", "\0\0a", "\ud800", "a\udfffb", "\ufdfa" * 9, "\u0301", "\u1100" * 50, "😀", "\x1b[0m"]


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def e5(cache: Path) -> E5:
    return E5.open(cache)


def embed_passage(e5: E5, text: str) -> Matrix:
    return e5.passages([text])[0]


def test_implements_the_embedder_protocol(e5: E5) -> None:
    embedder: Embedder = e5
    assert embedder.model_id == "multilingual-e5-small@1571fc98/openvino-int8-g128"
    assert (embedder.dimension, embedder.window) == (384, 508)


def test_returns_unit_float32_rows_in_order(e5: E5) -> None:
    texts = [ENGLISH * 5, "짧다", KOREAN, ENGLISH]
    vectors = e5.passages(texts)
    assert (vectors.shape, vectors.dtype) == ((4, 384), np.float32)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    np.testing.assert_array_equal(vectors[::-1], e5.passages(texts[::-1]))


def test_returns_no_rows_for_no_texts(e5: E5) -> None:
    vectors = e5.queries([])
    assert (vectors.shape, vectors.dtype) == ((0, 384), np.float32)


def test_batched_vectors_equal_single_ones(e5: E5) -> None:
    texts = [(KOREAN + " " + ENGLISH + " ") * n + "끝" * n for n in (0, 1, 2, 3, 5, 8, 13, 1, 2, 0, 30)]
    for embed in (e5.queries, e5.passages):
        single = np.vstack([embed([text]) for text in texts])
        np.testing.assert_allclose(embed(texts), single, atol=1e-5)


def test_queries_and_passages_have_different_vectors(e5: E5) -> None:
    assert not np.allclose(e5.queries([KOREAN]), e5.passages([KOREAN]), atol=1e-3)


def test_composes_decomposed_hangul(e5: E5) -> None:
    decomposed = unicodedata.normalize("NFD", KOREAN)
    assert decomposed != KOREAN
    np.testing.assert_array_equal(embed_passage(e5, decomposed), embed_passage(e5, KOREAN))
    assert e5.count_tokens(decomposed) == e5.count_tokens(KOREAN)


@pytest.mark.parametrize("text", HOSTILE)
def test_returns_a_unit_vector_for_any_string(e5: E5, text: str) -> None:
    for vectors in (e5.queries([text]), e5.passages([text])):
        assert np.linalg.norm(vectors) == pytest.approx(1, abs=1e-6)


def test_embeds_the_text_after_a_nul(e5: E5) -> None:
    cut, whole = embed_passage(e5, "이상 탐지"), embed_passage(e5, "이상 탐지\0로봇 조작")
    assert cut @ whole < 0.99
    np.testing.assert_array_equal(whole, embed_passage(e5, "이상 탐지 로봇 조작"))


def test_joins_surrogate_pairs_and_replaces_lone_surrogates(e5: E5) -> None:
    np.testing.assert_array_equal(embed_passage(e5, "로봇 \ud83d\ude00"), embed_passage(e5, "로봇 😀"))
    assert embed_passage(e5, "이상 \ud800 탐지") @ embed_passage(e5, "이상 탐지") > 0.99


def test_token_ids_are_those_of_xlm_roberta(cache: Path, e5: E5) -> None:
    tokenizer = Tokenizer(model_folder(cache) / TOKENIZER)
    assert tokenizer.encode("Hello World!").tolist() == [35378, 6661, 38]  # from XLM-RoBERTa's own tests
    assert e5.count_tokens("Hello World!") == 3
    assert e5.count_tokens("") == 0


def test_long_passage_has_the_weighted_mean_of_its_windows(e5: E5) -> None:
    words = ["paper"] * 400 + ["robot"] * 700
    assert all(e5.count_tokens(word) == 1 for word in words[::400])
    parts = [words[i : i + e5.window] for i in range(0, len(words), e5.window)]
    vectors = e5.passages([" ".join(part) for part in parts])
    mean = np.array([len(part) for part in parts], np.float32) @ vectors
    np.testing.assert_allclose(embed_passage(e5, " ".join(words)), mean / np.linalg.norm(mean), atol=1e-6)


def test_embeds_a_hundred_thousand_characters(e5: E5) -> None:
    text = (ENGLISH + " ") * (100_000 // len(ENGLISH))
    assert embed_passage(e5, text) @ embed_passage(e5, ENGLISH) > 0.9


def test_concurrent_calls_return_the_same_vectors(e5: E5) -> None:
    texts = [*PAIRS, *PAIRS.values(), KOREAN * 20]
    sequential = e5.passages(texts)
    with ThreadPoolExecutor(6) as pool:
        for vectors in pool.map(e5.passages, [texts] * 12):
            np.testing.assert_allclose(vectors, sequential, atol=1e-6)


def test_translations_are_nearest_neighbors(e5: E5) -> None:
    scores = e5.queries(list(PAIRS)) @ e5.passages(list(PAIRS.values())).T
    np.testing.assert_array_equal(scores.argmax(1), range(len(PAIRS)))
