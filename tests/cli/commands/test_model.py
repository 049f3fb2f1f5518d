"""The commands about embedding models: export of the bundled one, and reembedding of an index."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

SAMPLES = Path(__file__).parents[3] / "samples"
QUESTION = "2106.09685의 방법은?"
Run = Callable[..., "subprocess.CompletedProcess[str]"]


def ran(run: Run, *args: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
    done = run(*args, **more)
    assert (done.returncode, "Traceback" in done.stderr) == (0, False), done.stderr
    return done


@pytest.fixture(scope="module")
def other(folder: Path) -> Path:
    """A fast model of 8 dimensions with a vector for each of a few words."""
    pytest.importorskip("sentence_transformers", reason="sentence-transformers is an extra")
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer, models, pre_tokenizers

    words = {"[UNK]": 0} | {word: at for at, word in enumerate("모델 방법 학습 데이터 결과 논문 model data".split(), 1)}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    weights = np.random.default_rng(1).normal(size=(len(words), 8)).astype(np.float32)
    SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_weights=weights)], device="cpu").save(
        str(folder / "other")
    )
    return folder / "other"


def test_export_writes_to_an_empty_directory_only(run: Run, tmp_path: Path) -> None:
    done = ran(run, "model", "export", tmp_path / "e5")
    assert f'embedding = "sentence-transformers:{tmp_path / "e5"}"' in done.stdout.replace("\n", "")
    assert {"config.json", "modules.json", "model.safetensors", "tokenizer.json", "README.md"} <= {
        path.name for path in (tmp_path / "e5").iterdir()
    }
    assert "license: mit" in (tmp_path / "e5" / "README.md").read_text("utf-8")
    done = run("model", "export", tmp_path / "e5")
    assert (done.returncode, done.stdout, len(done.stderr.splitlines())) == (1, "", 1)
    assert "is not empty" in done.stderr


@pytest.mark.skipif(find_spec("sentence_transformers") is None, reason="sentence-transformers is an extra")
def test_reembed_changes_the_model_of_an_index(run: Run, other: Path) -> None:
    ran(run, "ingest", SAMPLES / "digests" / "2025-03-03.md")
    setting = {"NONMUN_EMBEDDING": f"sentence-transformers:{other}"}
    refused = run("ask", QUESTION, **setting)
    assert (refused.returncode, len(refused.stderr.splitlines())) == (1, 1), refused.stderr
    assert "run `nonmun reembed`" in refused.stderr

    done = ran(run, "reembed", "--embedding", setting["NONMUN_EMBEDDING"])
    assert "multilingual-e5-small" in done.stdout
    assert "sentence-transformers/other@" in done.stdout
    assert f'embedding = "{setting["NONMUN_EMBEDDING"]}"' in done.stderr.replace("\n", "")
    assert json.loads(ran(run, "ask", QUESTION, "--json", **setting).stdout)["citations"][0]["paper_id"] == "2106.09685"
    refused = run("ask", QUESTION)
    assert "made with sentence-transformers/other@" in refused.stderr
    again = json.loads(ran(run, "reembed", "--json").stdout)  # back to the model of the settings
    assert again["before"].startswith("sentence-transformers/other@")
    assert again["model_id"].startswith("multilingual-e5-small@")
    assert again["chunks"] == again["embedded"] > 0


def test_reembed_without_an_index(run: Run, tmp_path: Path) -> None:
    done = run("reembed", "--data", tmp_path / "none")
    assert (done.returncode, "holds no index yet" in done.stderr) == (1, True)


def test_export_to_an_unknown_home_directory(run: Run) -> None:
    done = run("model", "export", "~nobody-of-this-name/e5")
    assert (done.returncode, "write the path out" in done.stderr, "Traceback" in done.stderr) == (1, True, False)
