"""The sentence-transformers adapter with tiny random models, and the export of the bundled model."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from nonmun import ConfigError, InputError, Library, ModelError, Settings
from nonmun.index.embeddings.e5.export import export
from nonmun.index.embeddings.e5.model_cache import TOKENIZER, model_folder
from nonmun.index.embeddings.e5.tokenizer import Tokenizer
from nonmun.index.embeddings.e5.weights import find_weights, read_weights
from nonmun.index.embeddings.factory import open_embedder
from nonmun.index.embeddings.hugging_face import identity

if TYPE_CHECKING:
    from nonmun.index.embeddings.base import Embedder
    from nonmun.index.embeddings.e5 import E5

SAMPLES = Path(__file__).parents[3] / "samples"
DIMENSION = 24
needs_sentence_transformers = pytest.mark.skipif(
    find_spec("sentence_transformers") is None, reason="sentence-transformers is an extra"
)


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


@pytest.fixture(scope="module")
def static_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, "가나": 1, "다": 2}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    weights = np.random.default_rng(5).normal(size=(3, 6)).astype(np.float32)
    folder = tmp_path_factory.mktemp("static") / "model"
    SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_weights=weights)], device="cpu").save(str(folder))
    return folder


def cache_folder() -> Path:
    """Return the model cache of the fixture `bundled`."""
    return Path(os.environ.get("NONMUN_CACHE") or Path.home() / ".cache" / "nonmun") / "models"


@needs_sentence_transformers
def test_opens_a_directory(model: Path, tmp_path: Path) -> None:
    embedder = open_embedder(f"sentence-transformers:{model}", tmp_path)
    assert embedder.dimension == DIMENSION
    assert embedder.model_id.startswith("sentence-transformers/model@")
    assert 100 <= embedder.window <= 128
    texts = ["어텐션", "attention is all you need " * 3, "", "\ud800", "가" * 5_000]
    for vectors in (embedder.queries(texts), embedder.passages(texts)):
        assert (vectors.shape, vectors.dtype) == ((len(texts), DIMENSION), np.float32)
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert embedder.count_tokens("attention") > embedder.count_tokens("") == 0
    again = open_embedder(f"sentence-transformers:{model}", tmp_path)
    assert again.model_id == embedder.model_id
    np.testing.assert_allclose(again.passages(texts), embedder.passages(texts), atol=1e-6)


@needs_sentence_transformers
def test_returns_no_rows_for_no_texts(model: Path, tmp_path: Path) -> None:
    embedder = open_embedder(f"sentence-transformers:{model}", tmp_path)
    assert embedder.queries([]).shape == embedder.passages([]).shape == (0, DIMENSION)


@needs_sentence_transformers
def test_model_id_depends_on_the_content_of_the_directory(model: Path, tmp_path: Path) -> None:
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
    assert prompted.window == plain.window - plain.count_tokens("d: ")
    np.testing.assert_allclose(prompted.queries(["모델"]), plain.queries(["q: 모델"]), atol=1e-6)
    np.testing.assert_allclose(prompted.passages(["모델"]), plain.passages(["d: 모델"]), atol=1e-6)


@needs_sentence_transformers
def test_library_searches_with_a_directory(model: Path, tmp_path: Path) -> None:
    settings = Settings(data=tmp_path / "data", cache=tmp_path / "cache", embedding=f"sentence-transformers:{model}")
    with Library.open(settings=settings) as library:
        report = library.ingest(SAMPLES / "digests", SAMPLES / "abstracts.jsonl")
        assert (report.papers, report.problems, report.generation) == (17, [], 1)
        answer = library.ask("2106.09685의 저랭크 행렬")
        assert answer.hits[0].paper_id == answer.citations[0].paper_id == "2106.09685"
        assert library.ask("2106.09685의 저랭크 행렬") == answer
        assert (library.status().model_id or "").startswith("sentence-transformers/model@")
    assert not (tmp_path / "cache").exists()  # the bundled model was not built


@needs_sentence_transformers
def test_model_id_depends_on_the_weights(model: Path, tmp_path: Path) -> None:
    copied = Path(shutil.copytree(model, tmp_path / "model"))
    before = identity(str(copied))
    (copied / "README.md").write_text("about it", "utf-8")
    assert identity(str(copied)) == before
    weights = next(copied.rglob("*.safetensors"))
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    assert identity(str(copied)) != before


@needs_sentence_transformers
def test_adds_the_e5_prompts_to_an_e5_model_without_prompts(model: Path, tmp_path: Path) -> None:
    embedder = open_embedder(f"sentence-transformers:{shutil.copytree(model, tmp_path / 'my-e5-small')}", tmp_path)
    plain = open_embedder(f"sentence-transformers:{model}", tmp_path)
    np.testing.assert_allclose(embedder.queries(["모델"]), plain.queries(["query: 모델"]), atol=1e-6)
    np.testing.assert_allclose(embedder.passages(["모델"]), plain.passages(["passage: 모델"]), atol=1e-6)


@needs_sentence_transformers
def test_concurrent_calls_return_the_same_vectors(model: Path, tmp_path: Path) -> None:
    embedder = open_embedder(f"sentence-transformers:{model}", tmp_path)
    texts = ["attention " * count for count in range(1, 30)]
    expected = embedder.passages(texts)
    counts = [embedder.count_tokens(text) for text in texts]

    def both(_: int) -> bool:
        same = np.allclose(embedder.passages(texts), expected, atol=1e-5)
        return same and [embedder.count_tokens(text) for text in texts] == counts

    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(both, range(12)))


@needs_sentence_transformers
def test_counts_tokens_of_a_static_model(static_model: Path, tmp_path: Path) -> None:
    embedder = open_embedder(f"sentence-transformers:{static_model}", tmp_path)
    assert (embedder.dimension, embedder.window, embedder.count_tokens("가나 가나 다")) == (6, 512, 3)
    assert embedder.passages(["가나", "다 가나"]).shape == (2, 6)


@needs_sentence_transformers
def test_rejects_directories_without_a_complete_model(model: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    broken = Path(shutil.copytree(model, tmp_path / "broken"))
    next(broken.rglob("*.safetensors")).write_bytes(b"no weights")
    for name, message in (
        ("empty", "empty: cannot be loaded: the directory holds no model"),
        ("absent", "absent: there is no such directory"),
        ("broken", "broken: cannot be loaded .* damaged, incomplete or of another kind"),
    ):
        with pytest.raises(ModelError, match=message):
            open_embedder(f"sentence-transformers:{tmp_path / name}", tmp_path)
    with pytest.raises(ModelError, match="device = 'abacus': cannot be used"):
        open_embedder(f"sentence-transformers:{model}", tmp_path, device="abacus")


class Hub(BaseHTTPRequestHandler):
    """A Hugging Face server without models, which closes the connection on requests for `unlucky`."""

    def do_GET(self) -> None:
        if "unlucky" in self.path:
            self.close_connection = True
            return
        self.send_response(404)
        self.send_header("X-Error-Code", "RepoNotFound")
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_HEAD = do_GET  # noqa: N815 - the name that http.server looks for

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's own name
        pass


@needs_sentence_transformers
def test_looks_up_names_in_the_cache_then_on_the_hub(model: Path, tmp_path: Path) -> None:
    snapshot = tmp_path / "hf" / "hub" / "models--someone--tiny" / "snapshots" / "c0ffee"
    shutil.copytree(model, snapshot)
    (snapshot.parents[1] / "refs").mkdir()
    (snapshot.parents[1] / "refs" / "main").write_text("c0ffee", "ascii")
    code = """
import sys
from pathlib import Path
from nonmun import ModelError
from nonmun.index.embeddings.factory import open_embedder
for name in sys.argv[1:]:
    try:
        embedder = open_embedder(f"sentence-transformers:{name}", Path("unused"))
        print(embedder.model_id, embedder.dimension)
    except ModelError as error:
        print(error)
"""
    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as hub:
        threading.Thread(target=hub.serve_forever, daemon=True).start()
        env = dict(os.environ) | {"HF_HOME": str(tmp_path / "hf"), "NO_PROXY": "127.0.0.1"}
        done = subprocess.run(
            [sys.executable, "-c", code, "someone/tiny", "someone/absent", "unlucky"],
            capture_output=True,
            text=True,
            env=env | {"HF_ENDPOINT": f"http://127.0.0.1:{hub.server_port}"},
            cwd=tmp_path,
            timeout=120,
        )
        hub.shutdown()
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert re.fullmatch(rf"sentence-transformers/someone/tiny@[0-9a-f]{{8}} {DIMENSION}", lines[0])
    assert lines[1].startswith("someone/absent: there is no such directory, and no such model on Hugging Face")
    assert lines[2].startswith(
        "unlucky: there is no such directory, no such model in the local cache, and Hugging Face"
    )


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported") / "e5"
    export(folder)
    return folder


@pytest.fixture(scope="module")
def exported_embedder(exported: Path) -> Embedder:
    return open_embedder(f"sentence-transformers:{exported}", exported)


def sample_texts() -> list[str]:
    """Return paragraphs of the samples, and texts that tokenizers treat differently."""
    digests = [path.read_text("utf-8") for path in sorted((SAMPLES / "digests").glob("*.md"))]
    paragraphs = [part.strip() for text in digests for part in text.split("\n\n") if len(part) > 30]
    odd = [
        "",
        " ",
        "  a  b ",
        "a\0b",
        "\ud800x",
        "👨‍👩‍👧 x",
        "ﷺ" * 9,
        "ﬁne ①②",
        "a\u200bb",
        "１２３ＡＢＣ",
        "\u200d",
        "e\u0301",
    ]
    return [*paragraphs, *odd, *(unicodedata.normalize("NFD", text) for text in paragraphs[:40])]


@needs_sentence_transformers
def test_exported_model_agrees_with_the_bundled_one(exported_embedder: Embedder, bundled: E5) -> None:
    texts = sample_texts()[::12]
    assert (exported_embedder.dimension, exported_embedder.window) == (bundled.dimension, bundled.window)
    assert exported_embedder.model_id.startswith("sentence-transformers/e5@")
    for role in ("queries", "passages"):
        cosines = (getattr(exported_embedder, role)(texts) * getattr(bundled, role)(texts)).sum(axis=1)
        assert cosines.mean() >= 0.999
        assert cosines.min() >= 0.998


@needs_sentence_transformers
def test_exported_weights_equal_the_bundled_ones(exported: Path) -> None:
    from safetensors import safe_open

    weights = read_weights(find_weights())
    codes, scales = weights.blocks("emb.word", weights.vocab_size)
    with safe_open(exported / "model.safetensors", "np") as file:
        words = file.get_slice("embeddings.word_embeddings.weight")
        for start in (0, 100_000, weights.vocab_size - 7):
            expected = (codes[start : start + 7] * scales[start : start + 7, :, None]).reshape(-1, weights.hidden)
            np.testing.assert_array_equal(words[start : start + 7], expected)
        for name, short in (("attention.self.query", "q"), ("output.dense", "fo")):
            stored = file.get_tensor(f"encoder.layer.11.{name}.weight")
            np.testing.assert_array_equal(stored, weights.matrix(f"l11.{short}.w", len(stored)))


@needs_sentence_transformers
def test_exported_tokenizer_agrees_with_the_bundled_one(exported: Path, bundled: E5) -> None:
    assert different_tokens(exported, bundled, sample_texts()) == []


@needs_sentence_transformers
@pytest.mark.data
def test_exported_tokenizer_agrees_on_real_texts(exported: Path, bundled: E5, shared_data: Path) -> None:
    texts = [part for path in (shared_data / "digests").glob("*.md") for part in path.read_text("utf-8").split("\n\n")]
    with gzip.open(shared_data / "abstracts" / "hf_daily_papers.jsonl.gz", "rt", encoding="utf-8") as file:
        texts += [json.loads(line)["text"] for line in islice(file, 300)]
    assert len(texts) >= 500
    assert different_tokens(exported, bundled, texts) == []


def different_tokens(exported: Path, bundled: E5, texts: list[str]) -> list[str]:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(exported)
    ours = Tokenizer(model_folder(cache_folder()) / TOKENIZER)
    cleaned = [text.encode("utf-8", "replace").decode() if "\ud800" in text else text for text in texts]
    token_ids = tokenizer(cleaned, add_special_tokens=False, verbose=False)["input_ids"]
    return [text for text, ids in zip(cleaned, token_ids, strict=True) if ids != ours.encode(text).tolist()]


@needs_sentence_transformers
def test_library_searches_with_the_exported_model(exported_embedder: Embedder, tmp_path: Path) -> None:
    with Library.open(tmp_path / "data", embedding=exported_embedder) as library:
        library.ingest(SAMPLES / "digests" / "2025-03-05.md")
        assert library.status().model_id == exported_embedder.model_id
        paper = library.papers()[0]
        answer = library.ask(f"{paper.paper_id}의 방법은 무엇인가?")
        assert answer.citations[0].paper_id == paper.paper_id


def test_exports_to_a_new_or_empty_directory_only(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    (tmp_path / "taken" / "notes.txt").write_text("mine", "utf-8")
    for name in ("taken", "taken/notes.txt"):
        with pytest.raises(InputError, match="is not empty"):
            export(tmp_path / name)
    with pytest.raises(ModelError, match="cannot be written"):
        export(tmp_path / "taken" / "notes.txt" / "below")
    assert [path.name for path in tmp_path.rglob("*")] == ["taken", "notes.txt"]


def test_rejects_a_setting_without_a_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="sentence-transformers:<name or directory>"):
        open_embedder("sentence-transformers:", tmp_path)


def test_error_without_the_extra_names_the_package_to_install(tmp_path: Path) -> None:
    code = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "sentence_transformers":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Blocked())
from pathlib import Path
from nonmun import ModelError
from nonmun.index.embeddings.factory import open_embedder
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
