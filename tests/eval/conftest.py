"""Fixtures of the evaluation tests: an index of the samples, questions about them, and synthetic runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from nonmun import Library
from nonmun.eval.datasets.model import Dataset, DatasetQuery
from nonmun.eval.experiments.summary import summarize
from nonmun.eval.runs.model import QueryOutcome, Run, RunHit
from nonmun.index.retrieval.config import SearchConfig
from nonmun.settings import load_settings

SAMPLES = Path(__file__).parents[2] / "samples"
Files = Mapping[str, str | bytes]


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory, hash_embedder: Any) -> Iterator[Library]:
    """A read-only index of the samples; without the lexicon, so that some questions fail."""
    search = SearchConfig(lexicon=False, lexical_weight=0.25)
    settings = load_settings(data=tmp_path_factory.mktemp("filled")).model_copy(update={"search": search})
    with Library.open(settings=settings, embedding=hash_embedder()) as library:
        library.ingest(SAMPLES / "digests", SAMPLES / "abstracts.jsonl")
        yield library


@pytest.fixture
def questions() -> Dataset:
    """The questions of `samples/questions.txt`, two unanswerable questions, and one without a judgment."""
    lines = (SAMPLES / "questions.txt").read_text("utf-8").splitlines()
    pairs = [line.split("\t") for line in lines if line.strip()]
    queries = [DatasetQuery(f"q{at:02}", text, "ko", fields={"kind": "topic"}) for at, (text, _) in enumerate(pairs)]
    qrels: dict[str, dict[str, int]] = {f"q{at:02}": {paper_id: 2} for at, (_, paper_id) in enumerate(pairs)}
    queries += [
        DatasetQuery("rain", "내일 비가 오나요", "ko", answerable=False, fields={"kind": "near"}),
        DatasetQuery("soup", "How do I cook a soup?", "en", answerable=False, fields={"kind": "near"}),
        DatasetQuery("open", "Which model translates best?", "en"),
    ]
    return Dataset("questions", tuple(queries), qrels, "samples", "MIT")


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes files to a folder and returns the folder."""

    def write(files: Files, folder: str = "set") -> Path:
        for name, content in files.items():
            path = tmp_path / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return tmp_path / folder

    return write


@pytest.fixture
def make_run() -> Callable[..., Run]:
    """Return a function that makes a run with queries q0, q1 ... from the measures of each query."""

    def make_run(
        name: str, values: list[dict[str, float]], *, hashed: str = "h" * 64, ranks: list[int] | None = None
    ) -> Run:
        def ranking(at: int) -> tuple[RunHit, ...]:
            relevant_rank = ranks[at] if ranks else 1
            return tuple(
                RunHit("right" if rank == relevant_rank else f"wrong{rank}", -float(rank)) for rank in range(1, 6)
            )

        outcomes = tuple(
            QueryOutcome(
                f"q{at}", f"질문 {at}", "ko" if at % 2 else "en", True, {"kind": "abc"[at % 3]}, {"right": 1},
                ranking(at), measures=measures,
            )
            for at, measures in enumerate(values)
        )  # fmt: skip
        about = {"name": "made", "corpus": "", "licence": "", "hash": hashed, "queries": len(values), "unanswerable": 0}
        record = {"dataset": about, "depth": 5, "seed": 0, "code": "0", "created": "2025-01-01T00:00:00+00:00"}
        return Run(name, record | {"unjudged_queries": []} | summarize(outcomes, 0), outcomes)

    return make_run
