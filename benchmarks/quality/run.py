"""Runs every system over every corpus variant and query set, and keeps what they found as TREC runs.

python benchmarks/quality/run.py --out DIR [--data ../shared/data] [--only SYSTEM ...] [--variant VARIANT ...]

Runs that are there already are left as they are; delete them to make them anew.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bm25 import BM25, bigrams, morphemes, words
from cache import CachedEmbedder
from chroma import LlamaIndex
from corpus import VARIANTS, corpora
from dense import Dense
from library import Nonmun
from questions import QUERY_SETS, Variant, sets_of
from record import code, described, hashes
from rich.console import Console
from rich.table import Table
from systems import SearchConfig, System
from trec import check, write_run

from nonmun.index.embeddings.e5 import E5
from nonmun.settings import load_settings

_ROOT = Path(__file__).resolve().parents[2]
_PAPERS = 100  # a query

SYSTEMS: dict[str, Callable[[CachedEmbedder, Path], System]] = {
    "bm25-words": lambda _, __: BM25(words),
    "bm25-bigrams": lambda _, __: BM25(bigrams),
    "bm25-kiwi": lambda _, __: BM25(morphemes),
    "dense": lambda embedder, _: Dense(embedder),
    "llama-index": LlamaIndex,
    "nonmun": lambda embedder, folder: Nonmun(embedder, folder.parent),
}
_WITH_MODEL = {"dense", "llama-index", "nonmun"}


class Runner:
    """Makes the runs that are not there yet.

    Args:
        out: where runs go; its folder `work` keeps vectors for the next time, and indexes for this time only.
        data: the shared data.
    """

    def __init__(self, out: Path, data: Path) -> None:
        self._out, self._data, self._work = out, data, out / "work"
        self._console = Console()
        self._work.mkdir(parents=True, exist_ok=True)
        # Never those of an earlier run, which may be of other code or data; and two runs may go on at once.
        self._indexes = TemporaryDirectory(prefix="indexes-", dir=self._work)
        model = E5.open(load_settings().cache / "models", self._console.print)
        self._embedder = CachedEmbedder(model, self._work / "vectors.sqlite", self._embedded)
        self._status, self._label = self._console.status(""), ""
        self._queries = {name: one.read(data) for name, one in QUERY_SETS.items()}

    def run(self, system: str, variant: Variant) -> None:
        """Make a system's runs over a variant, one for each query set."""
        pending = {one: self._queries[one] for one in sets_of(variant) if not self._is_done(system, variant, one)}
        if not pending:
            self._console.print(f"{system} · {variant}: is there already")
            return
        rankings: dict[str, dict[str, SearchConfig]] = {one: {} for one in pending}
        notes: dict[str, list[dict[str, Any]]] = {one: [] for one in pending}
        for corpus in corpora(self._data, variant):
            engine = SYSTEMS[system](self._embedder, Path(self._indexes.name, system, corpus.name))
            try:
                with self._step(f"{system} · {corpus.name} · index") as indexing:
                    details = engine.index(corpus)
                for query_set, queries in pending.items():
                    asked = [query for query in queries if corpus.asks(query)]
                    with self._step(f"{system} · {corpus.name} · {query_set}") as searching:
                        found = engine.search([query.text for query in asked], _PAPERS)
                    rankings[query_set] |= {query.query_id: one for query, one in zip(asked, found, strict=True)}
                    notes[query_set].append(described(corpus, details, indexing, searching, asked, found))
            finally:
                engine.close()
        for query_set, queries in pending.items():
            ordered = {query.query_id: rankings[query_set][query.query_id] for query in queries}
            file = self._file(system, variant, query_set)
            write_run(file, ordered, system)
            about = {"system": system, "variant": variant, "query_set": query_set, "papers_a_query": _PAPERS}
            about |= {"model_id": self._embedder.model_id if system in _WITH_MODEL else None}
            about |= {"indexes": notes[query_set], "data": hashes(self._data, query_set), "code": code()}
            file.with_suffix(".json").write_text(json.dumps(about, ensure_ascii=False, indent=1) + "\n", "utf-8")

    def table(self) -> None:
        """Print R@10 and MRR@10 of every run that is there, by kind, as a check."""
        for query_set, queries in self._queries.items():
            kinds = list(dict.fromkeys(query.kind for query in queries))
            table = Table("system", "corpus", *kinds, title=f"{query_set}: R@10 / MRR@10")
            for system, variant in ((one, other) for other in QUERY_SETS[query_set].variants for one in SYSTEMS):
                if self._is_done(system, variant, query_set):
                    found = check(self._file(system, variant, query_set), queries)
                    table.add_row(system, variant, *(f"{found[kind][0]:.3f} / {found[kind][1]:.3f}" for kind in kinds))
            self._console.print(table)

    def close(self) -> None:
        """Release the vectors' file, remove the indexes."""
        self._embedder.close()
        self._indexes.cleanup()

    def _file(self, system: str, variant: str, query_set: str) -> Path:
        return self._out / f"{system}.{variant}.{query_set}.trec"

    def _is_done(self, system: str, variant: str, query_set: str) -> bool:
        file = self._file(system, variant, query_set)
        return file.is_file() and file.with_suffix(".json").is_file()

    @contextmanager
    def _step(self, label: str) -> Generator[dict[str, Any]]:
        """Show a step while it runs and when it is done; time it, and count what the model had to read."""
        self._label, measured = label, dict[str, Any]()
        start, before = time.perf_counter(), self._embedder.embedded
        with self._console.status(label) as self._status:
            yield measured
        measured["seconds"] = round(time.perf_counter() - start, 2)
        measured["embedded_anew"] = self._embedder.embedded - before
        self._console.print(f"{label}: {measured['seconds']:.1f} s, {measured['embedded_anew']:,} texts embedded anew")

    def _embedded(self, count: int) -> None:
        del count
        self._status.update(f"{self._label} · {self._embedder.embedded:,} texts embedded")


def main() -> None:
    """Make what is missing, then print the check."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="where runs go")
    parser.add_argument("--data", type=Path, default=_ROOT.parent / "shared" / "data", help="the shared data folder")
    parser.add_argument("--only", nargs="+", choices=SYSTEMS, default=list(SYSTEMS), metavar="SYSTEM")
    parser.add_argument("--variant", nargs="+", choices=VARIANTS, default=VARIANTS)
    given = parser.parse_args()
    runner = Runner(given.out, given.data)
    try:
        for system in given.only:
            for variant in given.variant:
                runner.run(system, variant)
        runner.table()
    finally:
        runner.close()


if __name__ == "__main__":
    main()
