"""Run every system on every corpus variant and query set, and write the rankings as TREC runs.

python benchmarks/quality/run.py --out DIR [--data ../shared/data] [--only SYSTEM ...] [--variant VARIANT ...]

Existing runs are skipped; delete them to repeat them.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bm25 import BM25, bigrams, morphemes, words
from cache import CachedEmbedder
from chroma import LlamaIndex
from corpus import VARIANTS, corpora
from dense import Dense
from library import Nonmun
from query_sets import QUERY_SETS, Variant, sets_of
from record import code_version, describe, hashes
from rich.console import Console
from rich.table import Table
from systems import Ranking, System
from trec import check, write_run

from nonmun.index.embeddings.e5 import E5
from nonmun.settings import load_settings

_ROOT = Path(__file__).resolve().parents[2]
_DEPTH = 100  # papers per query

SYSTEMS: dict[str, Callable[[CachedEmbedder, Path], System]] = {
    "bm25-words": lambda _, __: BM25(words),
    "bm25-bigrams": lambda _, __: BM25(bigrams),
    "bm25-kiwi": lambda _, __: BM25(morphemes),
    "dense": lambda embedder, _: Dense(embedder),
    "llama-index": LlamaIndex,
    "nonmun": lambda embedder, folder: Nonmun(embedder, folder.parent),
}
_WITH_MODEL = {"dense", "llama-index", "nonmun"}


class QualityRunner:
    """Makes the missing runs.

    Args:
        out: output directory of the runs; its folder `work` caches vectors and holds temporary indexes.
        data: the shared data.
    """

    def __init__(self, out: Path, data: Path) -> None:
        self._out, self._data, self._work = out, data, out / "work"
        self._console = Console()
        self._work.mkdir(parents=True, exist_ok=True)
        # A new folder every time: indexes of an earlier run may be of other code or data, and runs may be concurrent.
        self._indexes = TemporaryDirectory(prefix="indexes-", dir=self._work)
        model = E5.open(load_settings().cache / "models", self._console.print)
        self._embedder = CachedEmbedder(model, self._work / "vectors.sqlite", self._embedded)
        self._status, self._label = self._console.status(""), ""
        self._queries = {name: query_set.read(data) for name, query_set in QUERY_SETS.items()}

    def run(self, system: str, variant: Variant) -> None:
        """Make the missing runs of a system on a variant, one for each query set."""
        pending = {name: self._queries[name] for name in sets_of(variant) if not self._is_done(system, variant, name)}
        if not pending:
            self._console.print(f"{system} · {variant}: already done")
            return
        rankings: dict[str, dict[str, Ranking]] = {name: {} for name in pending}
        records: dict[str, list[dict[str, Any]]] = {name: [] for name in pending}
        for corpus in corpora(self._data, variant):
            engine = SYSTEMS[system](self._embedder, Path(self._indexes.name, system, corpus.name))
            try:
                with self._step(f"{system} · {corpus.name} · index") as indexing:
                    details = engine.index(corpus)
                for query_set, queries in pending.items():
                    included = [query for query in queries if corpus.includes(query)]
                    with self._step(f"{system} · {corpus.name} · {query_set}") as searching:
                        results = engine.search([query.text for query in included], _DEPTH)
                    rankings[query_set] |= {
                        query.query_id: ranking for query, ranking in zip(included, results, strict=True)
                    }
                    records[query_set].append(describe(corpus, details, indexing, searching, included, results))
            finally:
                engine.close()
        for query_set, queries in pending.items():
            ordered = {query.query_id: rankings[query_set][query.query_id] for query in queries}
            file = self._file(system, variant, query_set)
            write_run(file, ordered, system)
            metadata = {"system": system, "variant": variant, "query_set": query_set, "papers_a_query": _DEPTH}
            metadata |= {"model_id": self._embedder.model_id if system in _WITH_MODEL else None}
            metadata |= {"indexes": records[query_set], "data": hashes(self._data, query_set), "code": code_version()}
            file.with_suffix(".json").write_text(json.dumps(metadata, ensure_ascii=False, indent=1) + "\n", "utf-8")

    def table(self) -> None:
        """Print R@10 and MRR@10 of every existing run by kind, as a check."""
        for query_set, queries in self._queries.items():
            kinds = list(dict.fromkeys(query.kind for query in queries))
            table = Table("system", "corpus", *kinds, title=f"{query_set}: R@10 / MRR@10")
            for variant, system in product(QUERY_SETS[query_set].variants, SYSTEMS):
                if self._is_done(system, variant, query_set):
                    means = check(self._file(system, variant, query_set), queries)
                    table.add_row(system, variant, *(f"{means[kind][0]:.3f} / {means[kind][1]:.3f}" for kind in kinds))
            self._console.print(table)

    def close(self) -> None:
        """Close the vector cache and remove the indexes."""
        self._embedder.close()
        self._indexes.cleanup()

    def _file(self, system: str, variant: str, query_set: str) -> Path:
        return self._out / f"{system}.{variant}.{query_set}.trec"

    def _is_done(self, system: str, variant: str, query_set: str) -> bool:
        file = self._file(system, variant, query_set)
        return file.is_file() and file.with_suffix(".json").is_file()

    @contextmanager
    def _step(self, label: str) -> Generator[dict[str, Any]]:
        """Show a step while it runs and when it is done; yield its seconds and number of newly embedded texts."""
        self._label, measured = label, dict[str, Any]()
        start, before = time.perf_counter(), self._embedder.embedded
        with self._console.status(label) as self._status:
            yield measured
        measured["seconds"] = round(time.perf_counter() - start, 2)
        measured["embedded_anew"] = self._embedder.embedded - before
        self._console.print(f"{label}: {measured['seconds']:.1f} s, {measured['embedded_anew']:,} texts newly embedded")

    def _embedded(self, count: int) -> None:
        del count
        self._status.update(f"{self._label} · {self._embedder.embedded:,} texts embedded")


def main() -> None:
    """Make the missing runs, then print the check."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="output directory of the runs")
    parser.add_argument("--data", type=Path, default=_ROOT.parent / "shared" / "data", help="the shared data folder")
    parser.add_argument("--only", nargs="+", choices=SYSTEMS, default=list(SYSTEMS), metavar="SYSTEM")
    parser.add_argument("--variant", nargs="+", choices=VARIANTS, default=VARIANTS)
    args = parser.parse_args()
    runner = QualityRunner(args.out, args.data)
    try:
        for system in args.only:
            for variant in args.variant:
                runner.run(system, variant)
        runner.table()
    finally:
        runner.close()


if __name__ == "__main__":
    main()
