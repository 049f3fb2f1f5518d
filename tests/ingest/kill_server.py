"""Runs ingests in forked children that kill themselves at a given point: a line of JSON in, one of JSON out."""

from __future__ import annotations

import importlib.util
import json
import os
import random
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import chromadb  # noqa: F401 - imported before the forks, opened after them
import sentencex  # noqa: F401

from nonmun import NonmunError
from nonmun.index.analysis.analyzer import terms
from nonmun.index.catalog.database import Catalog
from nonmun.index.catalog.recovery.backup import backup
from nonmun.index.catalog.recovery.restore import restore
from nonmun.ingest.job import IngestJob
from nonmun.ingest.maintenance.reembedding import reembed
from nonmun.ingest.maintenance.repair import examine, repair
from nonmun.ingest.report import JobProgress

_SHARED = Path(__file__).parents[1] / "conftest.py"
_CHANGES = ("INSERT", "UPDATE", "DELETE", "COMMIT", "CREATE", "DROP", "BEGIN IMMEDIATE", "PRAGMA user_version =")


class Counter:
    """Counts steps or statements, and kills this process at a given one."""

    def __init__(self, at: int) -> None:
        self.at, self.seen = at, 0

    def __call__(self, _: object) -> None:
        self.seen += 1
        if self.seen == self.at:
            os.kill(os.getpid(), signal.SIGKILL)

    def statement(self, sql: str) -> None:
        if sql.lstrip().startswith(_CHANGES):
            self(sql)


def work(job: dict[str, Any], embedder: Any) -> dict[str, Any]:
    folder = Path(job["folder"])
    folder.mkdir(parents=True, exist_ok=True)
    steps, statements = Counter(job.get("step", 0)), Counter(job.get("statement", 0))
    done: dict[str, Any] = {}
    switch: dict[str, int] = {}

    def observe(progress: JobProgress) -> None:
        """Count a step, and note the last step and statement before the switch to another model is committed."""
        steps(progress)
        if progress.what == "committed":
            switch.update(step=steps.seen - 1, statement=statements.seen)

    if job.get("what") == "restore":
        restore(Path(job["source"]), folder, force=True, progress=lambda *_: steps(None))
        return {"steps": steps.seen}
    catalog = Catalog.open(folder / "catalog.sqlite", trace=statements.statement)
    if job.get("what") == "repair":
        remaining = repair(catalog, folder, lambda: embedder, examine(catalog, folder), observe=steps)
        done["remaining"] = [finding.code for finding in remaining]
    elif job.get("what") == "reembed":
        done["embedded"] = reembed(catalog, folder, lambda: embedder, observe=observe).embedded
        done["switch"] = switch
    elif job.get("what") == "backup":
        backup(catalog, Path(job["target"]), force=True, progress=lambda *_: steps(None))
    else:
        paths, abstracts = [Path(path) for path in job["paths"]], job.get("abstracts")
        ingest = IngestJob(catalog, folder, lambda: embedder, observe=steps)
        done["embedded"] = ingest.run(paths, Path(abstracts) if abstracts else None).embedded
    catalog.close()
    return done | {"steps": steps.seen, "statements": statements.seen}


def child(job: dict[str, Any], embedder: Any) -> dict[str, Any]:
    try:
        return work(job, embedder)
    except NonmunError as error:
        return {"error": type(error).__name__, "message": str(error)}


def save_began(folder: Path, pid: int, grown: int) -> bool:
    """Wait until the index of a new generation has more than `grown` bytes; return false if the process ends first."""
    before = set(folder.glob("generations/*/chroma"))
    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        for path in set(folder.glob("generations/*/chroma")) - before:
            with suppress(OSError):
                for file in path.glob("*/data_level0.bin"):
                    while os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                        if file.stat().st_size > grown:
                            return True
    return False


def main() -> None:
    spec = importlib.util.spec_from_file_location("shared", _SHARED)
    assert spec
    assert spec.loader
    shared = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(shared)
    terms("분석기를 먼저 읽는다")  # loads the analyzer before the forks
    for line in sys.stdin:
        job = json.loads(line)
        embedder = shared.HashEmbedder(*job.get("model", ()))
        embedder.dimension = job.get("dimension", embedder.dimension)
        embedder.window = job.get("window", embedder.window)
        receiver, sender = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.write(sender, json.dumps(child(job, embedder)).encode())
            os._exit(0)
        os.close(sender)
        if "after" in job:  # kill from outside: after that many seconds, or up to that long after a save began
            if not job.get("save") or save_began(Path(job["folder"]), pid, job["save"]):
                time.sleep(job["after"] if job.get("exactly") else random.uniform(0, job["after"]))
            os.kill(pid, signal.SIGKILL)
        with os.fdopen(receiver) as file:
            done = json.loads(file.read() or "{}")
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        print(json.dumps(done | {"exit": status}), flush=True)


if __name__ == "__main__":
    main()
