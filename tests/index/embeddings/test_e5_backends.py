"""ONNX Runtime replaces OpenVINO if that is unavailable, and an index may mix the vectors of both backends."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from nonmun.index.domain.errors import ConfigError, ModelError
from nonmun.index.embeddings.base import as_managed, with_stored_model_id
from nonmun.index.embeddings.e5 import E5
from nonmun.index.embeddings.e5.libraries import import_library
from nonmun.index.embeddings.e5.model import BACKENDS
from nonmun.index.embeddings.e5.onnx_writer import OnnxFile, onnx_messages
from nonmun.index.embeddings.factory import open_embedder
from nonmun.index.engine.base import check_model

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    Matrix = NDArray[np.float32]

ONNXRUNTIME = "multilingual-e5-small@1571fc98/onnxruntime-nbits8-b128"
TEXTS = [
    "",
    "이상 탐지",
    "정상 이미지 한 장만으로 이상 영역을 찾는 범용 분할 모델을 제안한다. " * 4,
    "We propose a universal model that segments anomalies given a single normal image as its prompt. " * 20,
    *(f"Moving robot manipulation number {number} from simulation to reality." for number in range(12)),
]
BLOCKED = """
import pathlib, sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in sys.argv[2].split(","):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Blocked())
from nonmun.index.embeddings.factory import open_embedder
from nonmun.index.domain.errors import ModelError
try:
    model = open_embedder(sys.argv[3], pathlib.Path(sys.argv[1]))
    print(model.model_id, model.queries(["robot"]).shape)
except ModelError as error:
    print("ModelError", error)
"""


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def models(cache: Path) -> dict[str, E5]:
    return {backend: E5.open(cache / "models", backend=backend) for backend in BACKENDS}


def open_without(cache: Path, blocked: str, spec: str = "bundled") -> str:
    """Open an embedder in a process where some libraries cannot be imported, and return its output."""
    command = [sys.executable, "-W", "error", "-c", BLOCKED, str(cache), blocked, spec]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.strip()


def test_prefers_openvino(cache: Path, models: dict[str, E5]) -> None:
    assert open_without(cache, "nothing") == f"{models['openvino'].model_id} (1, 384)"


def test_falls_back_to_onnxruntime_without_openvino(cache: Path, models: dict[str, E5]) -> None:
    assert open_without(cache, "openvino") == f"{ONNXRUNTIME} (1, 384)"


def test_names_both_libraries_if_both_are_absent(cache: Path, models: dict[str, E5]) -> None:
    output = open_without(cache, "openvino,onnxruntime")
    assert output.startswith("ModelError")
    assert "needs openvino" in output
    assert "needs onnxruntime" in output


def test_has_no_fallback_for_an_explicit_backend(cache: Path, models: dict[str, E5]) -> None:
    output = open_without(cache, "openvino", "bundled:openvino")
    assert output.startswith("ModelError")
    assert "onnxruntime" not in output
    assert open_embedder("bundled:onnxruntime", cache).model_id == ONNXRUNTIME
    with pytest.raises(ConfigError, match=r"'bundled:openvino', 'bundled:onnxruntime'"):
        open_embedder("bundled:tensorrt", cache)


def test_reports_a_common_error_of_both_backends_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(ModelError) as caught:
        E5.open(tmp_path / "file")
    assert str(caught.value).count("name a cache folder") == 1


def test_onnxruntime_returns_unit_rows_in_order(models: dict[str, E5]) -> None:
    e5 = models["onnxruntime"]
    assert (e5.model_id, e5.dimension, e5.window) == (ONNXRUNTIME, 384, 508)
    vectors = e5.passages(TEXTS)
    assert (vectors.shape, vectors.dtype) == ((len(TEXTS), 384), np.float32)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(e5.passages(TEXTS[::-1]), vectors[::-1], atol=1e-6)
    np.testing.assert_allclose(np.vstack([e5.passages([text]) for text in TEXTS]), vectors, atol=1e-5)


@pytest.mark.parametrize("backend", BACKENDS)
def test_concurrent_calls_return_the_same_vectors(models: dict[str, E5], backend: str) -> None:
    e5 = models[backend]
    sequential = e5.passages(TEXTS)
    with ThreadPoolExecutor(4) as pool:
        for vectors in pool.map(e5.passages, [TEXTS] * 4):
            np.testing.assert_allclose(vectors, sequential, atol=1e-6)


@pytest.mark.parametrize("backend", BACKENDS)
def test_rebuilds_a_damaged_model(models: dict[str, E5], cache: Path, tmp_path: Path, backend: str) -> None:
    before = E5.open(tmp_path, backend=backend).queries(["robot"])
    [folder] = [path for path in tmp_path.iterdir() if path.is_dir()]
    graph = next(path for path in folder.iterdir() if path.suffix in {".xml", ".onnx"})
    graph.write_bytes(b"x" * graph.stat().st_size)
    np.testing.assert_array_equal(E5.open(tmp_path, backend=backend).queries(["robot"]), before)


def test_searches_an_index_of_the_other_backend(models: dict[str, E5]) -> None:
    indexing, searching = models["openvino"], models["onnxruntime"]
    with pytest.raises(ConfigError, match="the index was built with"):
        check_model(indexing.model_id, searching.model_id)
    mixed = with_stored_model_id(searching, indexing.model_id)
    check_model(indexing.model_id, mixed.model_id)
    assert (mixed.dimension, mixed.window, as_managed(mixed).concurrency) == (384, 508, searching.concurrency)
    np.testing.assert_array_equal(mixed.queries(TEXTS), searching.queries(TEXTS))


def test_does_not_mix_vectors_of_other_models(models: dict[str, E5]) -> None:
    for stored in (None, "sentence-transformers/other", models["openvino"].model_id):
        assert with_stored_model_id(models["openvino"], stored) is models["openvino"]


def test_mixed_backends_rank_alike(models: dict[str, E5]) -> None:
    passages = [f"Paper {n} studies {what} for {where}." for n, (what, where) in enumerate(topics())]
    queries = [f"{what} {where}" for what, where in topics()]
    vectors = {name: (e5.queries(queries), e5.passages(passages)) for name, e5 in models.items()}
    compare(vectors, np.arange(len(queries)), 0.9)


def topics() -> list[tuple[str, str]]:
    things = "diffusion sampling,anomaly detection,speech recognition,이상 탐지,코드 생성,graph attention".split(",")
    places = "medical images,robot arms,satellite data,자율 주행,오래된 문서,video games".split(",")
    return [(thing, place) for thing in things for place in places]


@pytest.mark.data
@pytest.mark.slow
def test_mixed_backends_rank_alike_on_real_abstracts(models: dict[str, E5], shared_data: Path) -> None:
    """Korean questions and a thousand abstracts: mixed vectors rank as those of one backend."""
    with gzip.open(shared_data / "abstracts/hf_daily_papers.jsonl.gz", "rt", encoding="utf-8") as file:
        papers = {line["id"]: f"{line['title']}\n{line['text']}" for line in map(json.loads, file)}
    lines = (shared_data / "queries/ko2en_dev.jsonl").read_text("utf-8").splitlines()
    korean = {line["id"].partition("-")[2]: line["text"] for line in map(json.loads, lines)}
    wanted = dict.fromkeys([*list(korean)[:300], *sorted(papers)[:700]])
    relevant = np.array([index for index, key in enumerate(wanted) if key in korean])
    questions = [korean[key] for key in wanted if key in korean]
    vectors = {name: (e5.queries(questions), e5.passages([papers[k] for k in wanted])) for name, e5 in models.items()}
    compare(vectors, relevant, 0.9)


def compare(vectors: dict[str, tuple[Matrix, Matrix]], relevant: NDArray[Any], overlap: float) -> None:
    """Compare the top ten and the reciprocal ranks of mixed backends with those of OpenVINO alone."""
    best: dict[tuple[str, str], Any] = {}
    reciprocal: dict[tuple[str, str], float] = {}
    for searching, (queries, _) in vectors.items():
        for indexing, (_, passages) in vectors.items():
            order = np.argsort(-(queries @ passages.T), axis=1)
            best[searching, indexing] = order[:, :10]
            ranks = (order == relevant[:, None]).argmax(1) + 1
            reciprocal[searching, indexing] = float(np.mean(1 / ranks))
    reference = best["openvino", "openvino"]
    baseline = overlap_at_10(reference, best["onnxruntime", "onnxruntime"])
    for pair in (("onnxruntime", "openvino"), ("openvino", "onnxruntime")):
        assert overlap_at_10(reference, best[pair]) >= max(overlap, baseline - 0.02)
        assert abs(reciprocal[pair] - reciprocal["openvino", "openvino"]) <= 0.02


def overlap_at_10(first: Any, second: Any) -> float:
    return float(
        np.mean([len({*row} & {*other}) / 10 for row, other in zip(first.tolist(), second.tolist(), strict=True)])
    )


def test_onnx_messages_have_the_encoding_of_onnx() -> None:
    messages = onnx_messages()
    assert messages["OperatorSetIdProto"](domain="ai", version=20).SerializeToString() == b"\n\x02ai\x10\x14"
    model = messages["ModelProto"](ir_version=9)
    model.graph.name = "g"
    assert model.SerializeToString() == b"\x08\x09\x3a\x03\x12\x01g"
    node = messages["NodeProto"](op_type="Add", domain="d", input=["a"], output=["b"])
    assert node.SerializeToString() == b"\n\x01a\x12\x01b\x22\x03Add\x3a\x01d"
    tensor = messages["TensorProto"](dims=[2], data_type=3, raw_data=b"\0\1", name="t", data_location=1)
    assert tensor.SerializeToString() == b"\n\x01\x02\x10\x03\x42\x01t\x4a\x02\0\1\x70\x01"


@pytest.mark.parametrize("rows", [1, 2_000], ids=["inline", "external"])
def test_runs_a_written_onnx_model(tmp_path: Path, rows: int) -> None:
    table = np.arange(rows * 2, dtype=np.float32).reshape(rows, 2)
    with (tmp_path / "m.data").open("wb") as data:
        file = OnnxFile(data, "m.data")
        x = file.input("x", "float32", "n", "two")
        first = file.node("Add", x, file.tensor(table))
        file.node("LeakyRelu", first, output="y", attributes={"alpha": 0.5})
        file.output("y", "float32", "n", "two")
    file.write(tmp_path / "m.onnx")
    assert ((tmp_path / "m.data").stat().st_size > 0) == (rows > 1)
    session: Any = import_library("onnxruntime").InferenceSession(
        str(tmp_path / "m.onnx"), providers=["CPUExecutionProvider"]
    )
    given = -np.full((rows, 2), 100, np.float32)
    expected = np.where(table < 100, (table - 100) / 2, table - 100)
    np.testing.assert_array_equal(session.run(None, {"x": given})[0], expected)
