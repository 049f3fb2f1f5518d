"""A run on disk: `run.trec`, `run.json` and `queries.jsonl` in a folder of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

from ..index.errors import FileError
from .formats import written_run
from .formats.lines import objects
from .run import Found, Outcome, Reply, Run

FORMAT = 1
_SHOWN = 10  # papers a query with their titles and words; the ranking beyond them stands in run.trec


def write_run(folder: Path, run: Run) -> None:
    """Write a run; files of an earlier one in that folder are replaced.

    Raises:
        FileError: the folder cannot be written.
    """
    rankings = {one.query_id: [found.paper_id for found in one.found] for one in run.outcomes}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "run.trec").write_text(written_run(rankings, run.name), "utf-8")
        text = "".join(json.dumps(_line(one), ensure_ascii=False) + "\n" for one in run.outcomes)
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
    if not path.is_file():
        raise FileError(f"{folder}: holds no run (no run.json); make one with `nonmun eval run`")
    try:
        record: Any = json.loads(path.read_text("utf-8"))
        if record.pop("format") != FORMAT:
            raise ValueError("another format of runs")
        name = str(record.pop("name"))
        _ = record["dataset"]["hash"], record["measures"], record["depth"], record["seed"]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise FileError(f"{path}: is no record of a run ({error!r}); make it anew with `nonmun eval run`") from error
    return Run(
        name, record, tuple(_outcome(folder / "queries.jsonl", *one) for one in objects(folder / "queries.jsonl"))
    )


def _line(outcome: Outcome) -> dict[str, Any]:
    line = asdict(outcome)
    found = line.pop("found")
    line["found"] = found[:_SHOWN]
    line["ids"] = [one["paper_id"] for one in found[_SHOWN:]]
    return line


def _outcome(path: Path, number: int, line: Mapping[str, Any]) -> Outcome:
    values = dict(line)
    try:
        found = [*(Found(**one) for one in values.pop("found")), *(Found(one, 0.0) for one in values.pop("ids"))]
        reply = values.pop("reply")
        reply = Reply(**(reply | {"cited": tuple(reply["cited"])})) if reply else None
        why = tuple(cast("list[Mapping[str, Any]]", values.pop("why")))
        return Outcome(**values, found=tuple(found), reply=reply, why=why)
    except (KeyError, TypeError, AttributeError) as error:
        raise FileError(f"{path}:{number}: is no query of a run ({error!r})") from error
