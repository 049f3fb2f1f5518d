"""ONNX Runtime stands in where OpenVINO cannot run, and vectors of both engines may be mixed in an index."""

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
from nonmun.index.embeddings.e5.libraries import load
from nonmun.index.embeddings.e5.model import RECIPES
from nonmun.index.embeddings.e5.onnx_format import messages
from nonmun.index.embeddings.e5.onnx_writer import OnnxFile
from nonmun.index.embeddings.factory import open_embedder
from nonmun.ingest.indexing.embedding_model import check_model

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
def engines(cache: Path) -> dict[str, E5]:
    return {engine: E5.open(cache / "models", engine=engine) for engine in RECIPES}


def without(cache: Path, blocked: str, spec: str = "bundled") -> str:
    """What a process says that opens an embedder where some libraries cannot be imported."""
    command = [sys.executable, "-W", "error", "-c", BLOCKED, str(cache), blocked, spec]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.strip()


def test_openvino_is_taken_where_it_is(cache: Path, engines: dict[str, E5]) -> None:
    assert without(cache, "nothing") == f"{engines['openvino'].model_id} (1, 384)"


def test_onnxruntime_is_taken_where_openvino_is_absent(cache: Path, engines: dict[str, E5]) -> None:
    assert without(cache, "openvino") == f"{ONNXRUNTIME} (1, 384)"


def test_where_both_are_absent_both_are_named(cache: Path, engines: dict[str, E5]) -> None:
    said = without(cache, "openvino,onnxruntime")
    assert said.startswith("ModelError")
    assert "needs openvino" in said
    assert "needs onnxruntime" in said


def test_an_engine_asked_for_by_name_has_no_stand_in(cache: Path, engines: dict[str, E5]) -> None:
    said = without(cache, "openvino", "bundled:openvino")
    assert said.startswith("ModelError")
    assert "onnxruntime" not in said
    assert open_embedder("bundled:onnxruntime", cache).model_id == ONNXRUNTIME
    with pytest.raises(ConfigError, match=r"'bundled:openvino', 'bundled:onnxruntime'"):
        open_embedder("bundled:tensorrt", cache)


def test_missing_weights_are_said_once(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(ModelError) as caught:
        E5.open(tmp_path / "file")
    assert str(caught.value).count("name a cache folder") == 1


def test_onnxruntime_gives_unit_rows_in_order(engines: dict[str, E5]) -> None:
    e5 = engines["onnxruntime"]
    assert (e5.model_id, e5.dimension, e5.window) == (ONNXRUNTIME, 384, 508)
    found = e5.passages(TEXTS)
    assert (found.shape, found.dtype) == ((len(TEXTS), 384), np.float32)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(e5.passages(TEXTS[::-1]), found[::-1], atol=1e-6)
    np.testing.assert_allclose(np.vstack([e5.passages([text]) for text in TEXTS]), found, atol=1e-5)


@pytest.mark.parametrize("engine", RECIPES)
def test_threads_agree(engines: dict[str, E5], engine: str) -> None:
    e5 = engines[engine]
    alone = e5.passages(TEXTS)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(e5.passages, [TEXTS] * 4):
            np.testing.assert_allclose(found, alone, atol=1e-6)


@pytest.mark.parametrize("engine", RECIPES)
def test_damaged_model_is_built_anew(engines: dict[str, E5], cache: Path, tmp_path: Path, engine: str) -> None:
    before = E5.open(tmp_path, engine=engine).queries(["robot"])
    [folder] = [path for path in tmp_path.iterdir() if path.is_dir()]
    graph = next(path for path in folder.iterdir() if path.suffix in {".xml", ".onnx"})
    graph.write_bytes(b"x" * graph.stat().st_size)
    np.testing.assert_array_equal(E5.open(tmp_path, engine=engine).queries(["robot"]), before)


def test_an_index_may_be_asked_with_the_other_engine(engines: dict[str, E5]) -> None:
    made, asking = engines["openvino"], engines["onnxruntime"]
    with pytest.raises(ConfigError, match="the index was made with"):
        check_model(made.model_id, asking.model_id)
    mixed = with_stored_model_id(asking, made.model_id)
    check_model(made.model_id, mixed.model_id)
    assert (mixed.dimension, mixed.window, as_managed(mixed).concurrency) == (384, 508, asking.concurrency)
    np.testing.assert_array_equal(mixed.queries(TEXTS), asking.queries(TEXTS))


def test_vectors_of_other_models_are_not_mixed(engines: dict[str, E5]) -> None:
    for stored in (None, "sentence-transformers/other", engines["openvino"].model_id):
        assert with_stored_model_id(engines["openvino"], stored) is engines["openvino"]


def test_mixed_engines_rank_alike(engines: dict[str, E5]) -> None:
    passages = [f"Paper {n} studies {what} for {where}." for n, (what, where) in enumerate(topics())]
    asked = [f"{what} {where}" for what, where in topics()]
    vectors = {name: (e5.queries(asked), e5.passages(passages)) for name, e5 in engines.items()}
    compare(vectors, np.arange(len(asked)), 0.9)


def topics() -> list[tuple[str, str]]:
    things = "diffusion sampling,anomaly detection,speech recognition,이상 탐지,코드 생성,graph attention".split(",")
    places = "medical images,robot arms,satellite data,자율 주행,오래된 문서,video games".split(",")
    return [(thing, place) for thing in things for place in places]


@pytest.mark.data
@pytest.mark.slow
def test_mixed_engines_rank_alike_on_real_abstracts(engines: dict[str, E5], shared_data: Path) -> None:
    """Korean questions and a thousand abstracts: mixed vectors find what those of one engine find."""
    with gzip.open(shared_data / "abstracts/hf_daily_papers.jsonl.gz", "rt", encoding="utf-8") as file:
        papers = {line["id"]: f"{line['title']}\n{line['text']}" for line in map(json.loads, file)}
    lines = (shared_data / "queries/ko2en_dev.jsonl").read_text("utf-8").splitlines()
    asked = {line["id"].partition("-")[2]: line["text"] for line in map(json.loads, lines)}
    wanted = dict.fromkeys([*list(asked)[:300], *sorted(papers)[:700]])
    relevant = np.array([index for index, key in enumerate(wanted) if key in asked])
    questions = [asked[key] for key in wanted if key in asked]
    vectors = {name: (e5.queries(questions), e5.passages([papers[k] for k in wanted])) for name, e5 in engines.items()}
    compare(vectors, relevant, 0.9)


def compare(vectors: dict[str, tuple[Matrix, Matrix]], relevant: NDArray[Any], overlap: float) -> None:
    """Of mixed engines, the first ten and the ranks of the relevant, with those of OpenVINO alone."""
    best: dict[tuple[str, str], Any] = {}
    reciprocal: dict[tuple[str, str], float] = {}
    for asking, (queries, _) in vectors.items():
        for made, (_, passages) in vectors.items():
            order = np.argsort(-(queries @ passages.T), axis=1)
            best[asking, made] = order[:, :10]
            ranks = (order == relevant[:, None]).argmax(1) + 1
            reciprocal[asking, made] = float(np.mean(1 / ranks))
    plain = best["openvino", "openvino"]
    alone = share(plain, best["onnxruntime", "onnxruntime"])
    for pair in (("onnxruntime", "openvino"), ("openvino", "onnxruntime")):
        assert share(plain, best[pair]) >= max(overlap, alone - 0.02)
        assert abs(reciprocal[pair] - reciprocal["openvino", "openvino"]) <= 0.02


def share(some: Any, others: Any) -> float:
    return float(
        np.mean([len({*one} & {*other}) / 10 for one, other in zip(some.tolist(), others.tolist(), strict=True)])
    )


def test_messages_are_those_of_onnx() -> None:
    made = messages()
    assert made["OperatorSetIdProto"](domain="ai", version=20).SerializeToString() == b"\n\x02ai\x10\x14"
    model = made["ModelProto"](ir_version=9)
    model.graph.name = "g"
    assert model.SerializeToString() == b"\x08\x09\x3a\x03\x12\x01g"
    node = made["NodeProto"](op_type="Add", domain="d", input=["a"], output=["b"])
    assert node.SerializeToString() == b"\n\x01a\x12\x01b\x22\x03Add\x3a\x01d"
    tensor = made["TensorProto"](dims=[2], data_type=3, raw_data=b"\0\1", name="t", data_location=1)
    assert tensor.SerializeToString() == b"\n\x01\x02\x10\x03\x42\x01t\x4a\x02\0\1\x70\x01"


@pytest.mark.parametrize("rows", [1, 2_000], ids=["within", "beside"])
def test_a_written_model_runs(tmp_path: Path, rows: int) -> None:
    table = np.arange(rows * 2, dtype=np.float32).reshape(rows, 2)
    with (tmp_path / "m.data").open("wb") as data:
        file = OnnxFile(data, "m.data")
        x = file.input("x", "float32", "n", "two")
        first = file.node("Add", x, file.tensor(table))
        file.node("LeakyRelu", first, output="y", attributes={"alpha": 0.5})
        file.output("y", "float32", "n", "two")
    file.write(tmp_path / "m.onnx")
    assert ((tmp_path / "m.data").stat().st_size > 0) == (rows > 1)
    session: Any = load("onnxruntime").InferenceSession(str(tmp_path / "m.onnx"), providers=["CPUExecutionProvider"])
    given = -np.full((rows, 2), 100, np.float32)
    expected = np.where(table < 100, (table - 100) / 2, table - 100)
    np.testing.assert_array_equal(session.run(None, {"x": given})[0], expected)
