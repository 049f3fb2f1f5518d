"""A run on disk: `run.trec`, `run.json` and `queries.jsonl` in a folder of its own."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ...index.domain.errors import FileError
from ..datasets.formats import written_run
from ..datasets.formats.text_lines import objects
from .model import SHOWN, Outcome, Run

FORMAT = 1
_OUTCOME = TypeAdapter(Outcome)


def check_folder(folder: Path) -> None:
    """Refuse a folder that a run could not be written to, before the run; nothing is made.

    Raises:
        FileError: neither it, nor what it would lie in, can be written to.
    """
    there = folder.absolute()
    try:
        while not there.exists():
            there = there.parent
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        raise FileError(f"{folder}: cannot be written ({error.strerror}); choose another --out") from error


def write_run(folder: Path, run: Run, *, bare: bool = False) -> None:
    """Write a run; files of an earlier one in that folder are replaced.

    Args:
        folder: where to.
        run: what was found.
        bare: whether papers are written without their titles and words: a baseline to keep in a repository.

    Raises:
        FileError: the folder cannot be written.
    """
    rankings = {one.query_id: [found.paper_id for found in one.found] for one in run.outcomes}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "run.json").unlink(missing_ok=True)
        (folder / "run.trec").write_text(written_run(rankings, run.name), "utf-8")
        text = "".join(json.dumps(_line(one, 0 if bare else SHOWN), ensure_ascii=False) + "\n" for one in run.outcomes)
        (folder / "queries.jsonl").write_text(text, "utf-8")
        # Last: a folder with it is whole.
        record = {"format": FORMAT, "name": run.name, **run.record}
        (folder / "run.json").write_text(json.dumps(record, ensure_ascii=False, indent=2) + "\n", "utf-8")
    except OSError as error:
        raise FileError(f"{folder}: cannot be written ({error.strerror}); choose another --out") from error


def read_run_folder(folder: Path) -> Run:
    """Read a run.

    Raises:
        FileError: the folder holds none, or a file in it is not what it should be.
    """
    path = folder / "run.json"
    try:
        record: Any = json.loads(path.read_text("utf-8"))
        if record.pop("format") != FORMAT:
            raise ValueError("another format of runs")
        name = str(record.pop("name"))
        _ = record["dataset"]["hash"], record["dataset"]["name"], record["depth"], record["seed"]
        _ = [float(one[part]) for one in record["measures"].values() for part in ("mean", "low", "high", "n")]
        queries = int(record["dataset"]["queries"])
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FileError(f"{folder}: holds no run (no run.json); make one with `nonmun eval run`") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise FileError(f"{path}: is no record of a run ({error!r}); make it anew with `nonmun eval run`") from error
    path = folder / "queries.jsonl"
    outcomes = tuple(_outcome(path, number, line) for number, line in objects(path))
    if len(outcomes) != queries:
        raise FileError(f"{path}: holds {len(outcomes)} queries of {queries}; make the run anew with `nonmun eval run`")
    return Run(name, record, outcomes)


def _line(outcome: Outcome, shown: int) -> dict[str, Any]:
    line = asdict(outcome)
    found = line.pop("found")
    line["found"] = found[:shown]
    line["ids"] = [one["paper_id"] for one in found[shown:]]
    if not shown:
        line["why"] = []
    return line


def _outcome(path: Path, number: int, line: Mapping[str, Any]) -> Outcome:
    values = dict(line)
    try:
        values["found"] = [*values["found"], *({"paper_id": one, "score": 0.0} for one in values.pop("ids"))]
        return _OUTCOME.validate_python(values)
    except ValidationError as error:
        first = error.errors()[0]
        wrong = f"{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise FileError(f"{path}:{number}: is no query of a run ({wrong})") from error
    except (KeyError, TypeError) as error:
        raise FileError(f"{path}:{number}: is no query of a run ({error!r})") from error
