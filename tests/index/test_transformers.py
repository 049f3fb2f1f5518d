"""Any sentence-transformers model, by directory: a tiny random one through the whole house."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from nonmun import ConfigError, Library, ModelError, Settings
from nonmun.index.embedders import open_embedder

SAMPLES = Path(__file__).parents[2] / "samples"
DIMENSION = 24
needs_it = pytest.mark.skipif(find_spec("sentence_transformers") is None, reason="sentence-transformers is an extra")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import torch
    from sentence_transformers import SentenceTransformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    try:
        from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    except ImportError:  # before 5.4
        from sentence_transformers.models import Pooling, Transformer

    folder = tmp_path_factory.mktemp("tiny")
    letters = sorted({letter for path in (SAMPLES / "digests").glob("*.md") for letter in path.read_text("utf-8")})
    pieces = [letter for letter in letters if not letter.isspace()] + list("abcdefghijklmnopqrstuvwxyz0123456789")
    words = dict.fromkeys(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *pieces, *(f"##{piece}" for piece in pieces)])
    (folder / "vocab.txt").write_text("\n".join(words) + "\n", "utf-8")
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=DIMENSION,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=128,
    )
    BertModel(config).save_pretrained(folder / "bert")
    BertTokenizerFast(
        vocab_file=str(folder / "vocab.txt"), do_lower_case=True, strip_accents=False, model_max_length=128
    ).save_pretrained(folder / "bert")
    bert = Transformer(str(folder / "bert"), max_seq_length=128)
    SentenceTransformer(modules=[bert, Pooling(DIMENSION, "mean")], device="cpu").save(str(folder / "model"))
    return folder / "model"


@needs_it
def test_directory_is_an_embedder(model: Path, tmp_path: Path) -> None:
    embedder = open_embedder(f"sentence-transformers:{model}", tmp_path)
    assert embedder.dimension == DIMENSION
    assert embedder.model_id.startswith("sentence-transformers/model@")
    assert 100 <= embedder.window <= 128
    texts = ["어텐션", "attention is all you need " * 3, "", "\ud800", "가" * 5_000]
    for found in (embedder.queries(texts), embedder.passages(texts)):
        assert (found.shape, found.dtype) == ((len(texts), DIMENSION), np.float32)
        np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    assert embedder.count_tokens("attention") > embedder.count_tokens("")
    again = open_embedder(f"sentence-transformers:{model}", tmp_path)
    assert again.model_id == embedder.model_id
    np.testing.assert_allclose(again.passages(texts), embedder.passages(texts), atol=1e-6)


@needs_it
def test_no_texts_give_no_rows(model: Path, tmp_path: Path) -> None:
    embedder = open_embedder(f"sentence-transformers:{model}", tmp_path)
    assert embedder.queries([]).shape == embedder.passages([]).shape == (0, DIMENSION)


@needs_it
def test_other_weights_sizes_are_another_model(model: Path, tmp_path: Path) -> None:
    import shutil

    before = open_embedder(f"sentence-transformers:{model}", tmp_path).model_id
    copied = tmp_path / "elsewhere" / "model"
    shutil.copytree(model, copied)
    assert open_embedder(f"sentence-transformers:{copied}", tmp_path).model_id == before
    config = copied / "config_sentence_transformers.json"
    settings = json.loads(config.read_text("utf-8"))
    settings["prompts"] = {"query": "q: ", "document": "d: "}
    config.write_text(json.dumps(settings), "utf-8")
    prompted = open_embedder(f"sentence-transformers:{copied}", tmp_path)
    assert prompted.model_id != before
    plain = open_embedder(f"sentence-transformers:{model}", tmp_path)
    np.testing.assert_allclose(prompted.queries(["모델"]), plain.queries(["q: 모델"]), atol=1e-6)
    np.testing.assert_allclose(prompted.passages(["모델"]), plain.passages(["d: 모델"]), atol=1e-6)


@needs_it
def test_through_the_library(model: Path, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data", cache=tmp_path / "cache", embedding=f"sentence-transformers:{model}")
    with Library.open(settings=settings) as library:
        report = library.ingest(SAMPLES / "digests", SAMPLES / "abstracts.jsonl")
        assert (report.papers, report.problems, report.generation) == (17, [], 1)
        answer = library.ask("2106.09685의 저랭크 행렬")
        assert answer.hits[0].paper_id == answer.citations[0].paper_id == "2106.09685"
        assert library.ask("2106.09685의 저랭크 행렬") == answer
        assert (library.status().model_id or "").startswith("sentence-transformers/model@")
    assert not (tmp_path / "cache").exists()  # the bundled model was never built


@needs_it
def test_directory_without_a_model(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ModelError, match="empty: cannot be loaded"):
        open_embedder(f"sentence-transformers:{tmp_path / 'empty'}", tmp_path)


def test_setting_without_a_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="sentence-transformers:<name or directory>"):
        open_embedder("sentence-transformers:", tmp_path)


def test_without_the_extra_the_error_says_what_to_install(tmp_path: Path) -> None:
    code = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "sentence_transformers":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Blocked())
from pathlib import Path
from nonmun import ModelError
from nonmun.index.embedders import open_embedder
try:
    open_embedder("sentence-transformers:some/model", Path("unused"))
except ModelError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=dict(os.environ), cwd=tmp_path, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert "pip install 'nonmun[sentence-transformers]'" in done.stdout
