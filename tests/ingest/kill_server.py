"""Ingests in forked children that kill themselves where they are told: a line of JSON in, one of JSON out."""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import chromadb  # noqa: F401 - imported before the forks, opened after them
import sentencex  # noqa: F401

from nonmun.index.catalog import Catalog
from nonmun.index.korean import terms
from nonmun.ingest.job import Ingest

_SHARED = Path(__file__).parents[1] / "conftest.py"
_CHANGES = ("INSERT", "UPDATE", "DELETE", "COMMIT", "CREATE", "BEGIN IMMEDIATE", "PRAGMA user_version =")


class Counter:
    """Counts steps or statements and kills this process at the one it is given."""

    def __init__(self, at: int) -> None:
        self.at, self.seen = at, 0

    def __call__(self, _: object) -> None:
        self.seen += 1
        if self.seen == self.at:
            os.kill(os.getpid(), signal.SIGKILL)

    def statement(self, sql: str) -> None:
        if sql.lstrip().startswith(_CHANGES):
            self(sql)


def ingest(job: dict[str, Any], embedder: Any) -> dict[str, int]:
    folder = Path(job["folder"])
    folder.mkdir(parents=True, exist_ok=True)
    steps, statements = Counter(job.get("step", 0)), Counter(job.get("statement", 0))
    catalog = Catalog.open(folder / "catalog.sqlite", trace=statements.statement)
    paths, abstracts = [Path(path) for path in job["paths"]], job.get("abstracts")
    report = Ingest(catalog, folder, lambda: embedder, observe=steps).run(paths, Path(abstracts) if abstracts else None)
    catalog.close()
    return {"steps": steps.seen, "statements": statements.seen, "embedded": report.embedded}


def main() -> None:
    spec = importlib.util.spec_from_file_location("shared", _SHARED)
    assert spec
    assert spec.loader
    shared = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(shared)
    terms("분석기를 먼저 읽는다")
    for line in sys.stdin:
        answer, told = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(told, json.dumps(ingest(json.loads(line), shared.HashEmbedder())).encode())
            os._exit(0)
        os.close(told)
        with os.fdopen(answer) as file:
            done = json.loads(file.read() or "{}")
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(json.dumps(done | {"exit": status}), flush=True)


if __name__ == "__main__":
    main()
