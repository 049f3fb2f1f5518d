"""What the tests of evaluation share: the samples in an index, questions about them, and runs made to measure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from nonmun import Library
from nonmun.eval.datasets.model import Dataset, Query
from nonmun.eval.experiments.summary import summarise
from nonmun.eval.runs.model import Found, Outcome, Run
from nonmun.index.retrieval.config import SearchConfig
from nonmun.settings import load_settings

SAMPLES = Path(__file__).parents[2] / "samples"
Files = Mapping[str, str | bytes]


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory, hash_embedder: Any) -> Iterator[Library]:
    """The samples, for reading only; without the lexicon, so that some questions are missed."""
    search = SearchConfig(lexicon=False, lexical_weight=0.25)
    settings = load_settings(data=tmp_path_factory.mktemp("filled")).model_copy(update={"search": search})
    with Library.open(settings=settings, embedding=hash_embedder()) as library:
        library.ingest(SAMPLES / "digests", SAMPLES / "abstracts.jsonl")
        yield library


@pytest.fixture
def questions() -> Dataset:
    """What `samples/questions.txt` asks, two questions without an answer, one without a judgment."""
    lines = (SAMPLES / "questions.txt").read_text("utf-8").splitlines()
    pairs = [line.split("\t") for line in lines if line.strip()]
    queries = [Query(f"q{at:02}", text, "ko", fields={"kind": "topic"}) for at, (text, _) in enumerate(pairs)]
    qrels: dict[str, dict[str, int]] = {f"q{at:02}": {paper_id: 2} for at, (_, paper_id) in enumerate(pairs)}
    queries += [
        Query("rain", "내일 비가 오나요", "ko", answerable=False, fields={"kind": "near"}),
        Query("soup", "How do I cook a soup?", "en", answerable=False, fields={"kind": "near"}),
        Query("open", "Which model translates best?", "en"),
    ]
    return Dataset("questions", tuple(queries), qrels, "samples", "MIT")


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Writes files below a folder and returns it."""

    def write(files: Files, folder: str = "set") -> Path:
        for name, content in files.items():
            path = tmp_path / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return tmp_path / folder

    return write


@pytest.fixture
def make_run() -> Callable[..., Run]:
    """A run of a dataset whose queries are q0, q1 ..., out of what each of them measures."""

    def make_run(
        name: str, values: list[dict[str, float]], *, hashed: str = "h" * 64, places: list[int] | None = None
    ) -> Run:
        def found(at: int) -> tuple[Found, ...]:
            place = places[at] if places else 1
            return tuple(Found("right" if one == place else f"wrong{one}", -float(one)) for one in range(1, 6))

        outcomes = tuple(
            Outcome(
                f"q{at}", f"질문 {at}", "ko" if at % 2 else "en", True, {"kind": "abc"[at % 3]}, {"right": 1},
                found(at), measures=one,
            )
            for at, one in enumerate(values)
        )  # fmt: skip
        about = {"name": "made", "corpus": "", "licence": "", "hash": hashed, "queries": len(values), "unanswerable": 0}
        record = {"dataset": about, "depth": 5, "seed": 0, "code": "0", "created": "2025-01-01T00:00:00+00:00"}
        return Run(name, record | {"unjudged_queries": []} | summarise(outcomes, 0), outcomes)

    return make_run
