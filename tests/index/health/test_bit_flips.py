"""Single bits that change on the disk: found by doctor, or without effect; never quoted, and never a traceback."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from nonmun import Answer, ConfigError, IndexDamagedError, Library, Results, Settings
from nonmun.index.retrieval.config import SearchConfig

NAMED = (
    "2106.09685의 한계는?",
    "LoRA와 DPR을 비교해줘",
    "3월 5일에는 어떤 논문이 있었어?",
    "What are the results of Whisper?",
    "2212.04356",
)

Asked = list[tuple[Answer, Results]]


@dataclass(frozen=True, slots=True)
class Index:
    """An index of the samples, and what it answers.

    Attributes:
        folder: the data directory.
        asked: the answers and the search results of all questions.
        texts: the texts of each paper's chunks.
    """

    folder: Path
    asked: Asked
    texts: dict[str, list[str]]


@pytest.fixture(scope="module")
def questions(samples: Path) -> list[str]:
    lines = (samples / "questions.txt").read_text("utf-8").splitlines()
    return [*(line.partition("\t")[0] for line in lines), *NAMED]


@pytest.fixture(scope="module")
def opened(hash_embedder: Callable[[], Any]) -> Callable[[Path], Library]:
    """Open a data directory whose searches go through Chroma whatever its size."""

    def opened(folder: Path) -> Library:
        settings = Settings(data=folder, search=SearchConfig(scanned=0))
        return Library.open(settings=settings, embedding=hash_embedder(), create=(not folder.exists()))

    return opened


@pytest.fixture(scope="module")
def index(
    tmp_path_factory: pytest.TempPathFactory, samples: Path, questions: list[str], opened: Callable[[Path], Library]
) -> Index:
    folder = tmp_path_factory.mktemp("flips") / "data"
    with opened(folder) as library:
        library.ingest(samples / "digests", samples / "abstracts.jsonl")
        texts: dict[str, list[str]] = {}
        for chunk in library.chunks():
            texts.setdefault(chunk.paper_id, []).append(chunk.text)
    with opened(folder) as library:
        asked = ask(library, questions)
        assert sum(len(answer.citations) for answer, _ in asked) > 20
        assert library.examine(thorough=True) == ()
    assert not (folder / "catalog.sqlite-wal").exists()  # all of the catalog is in its file
    return Index(folder, asked, texts)


def ask(library: Library, questions: list[str]) -> Asked:
    return [(library.ask(question), library.search(question)) for question in questions]


def draw_flips(folder: Path, seed: int, count: int) -> Iterator[tuple[Path, int, int]]:
    """Yield a file, a byte and a bit of it, of the catalog and of the published generation in turn."""
    drawn = random.Random(seed)
    current = (folder / "generations" / "CURRENT").read_text("ascii")
    published = [path for path in sorted((folder / "generations" / current).rglob("*")) if path.is_file()]
    files = [path for path in (folder / "generations" / "CURRENT", *published) if path.stat().st_size]
    for number in range(count):
        path = drawn.choice(files) if number % 2 else folder / "catalog.sqlite"
        yield path.relative_to(folder), drawn.randrange(path.stat().st_size), drawn.randrange(8)


def check_flip(index: Index, folder: Path, questions: list[str], opened: Callable[[Path], Library]) -> bool:
    """Ask and examine an index with a changed bit; return whether the change was reported."""
    asked: Asked = []
    is_reported = False
    try:
        with opened(folder) as library:
            asked = ask(library, questions)
    except (ConfigError, IndexDamagedError):
        pass
    for answer, results in asked:
        for citation in answer.citations:
            assert any(citation.quote in text for text in index.texts[citation.paper_id]), citation
        for hit in (*answer.hits, *results.hits):
            for evidence in hit.evidence:
                assert evidence.text in index.texts[hit.paper_id], evidence
    try:
        with opened(folder) as library:
            is_reported = any(finding.code != "disk-low" for finding in library.examine(thorough=True))
    except (ConfigError, IndexDamagedError):
        is_reported = True
    assert is_reported or asked == index.asked
    return is_reported


def check_flips(
    index: Index, folder: Path, questions: list[str], opened: Callable[[Path], Library], *, seed: int, count: int
) -> None:
    reported = 0
    for path, offset, bit in draw_flips(index.folder, seed, count):
        shutil.copytree(index.folder, folder)
        content = bytearray((folder / path).read_bytes())
        content[offset] ^= 1 << bit
        (folder / path).write_bytes(content)
        try:
            reported += check_flip(index, folder, questions, opened)
        except BaseException as error:
            error.add_note(f"{path}: bit {bit} of byte {offset}")
            raise
        shutil.rmtree(folder)
    assert 0 < reported < count  # some bytes hold no data: free pages of SQLite, padding of zip files


def test_a_changed_bit_is_reported_or_has_no_effect(
    index: Index, tmp_path: Path, questions: list[str], opened: Callable[[Path], Library]
) -> None:
    check_flips(index, tmp_path / "flipped", questions, opened, seed=1, count=10)


@pytest.mark.slow
@pytest.mark.timeout(7_200)
def test_many_changed_bits_are_reported_or_have_no_effect(
    index: Index, tmp_path: Path, questions: list[str], opened: Callable[[Path], Library]
) -> None:
    check_flips(index, tmp_path / "flipped", questions, opened, seed=2, count=60)
