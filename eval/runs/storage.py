"""Storage of runs: a folder with `run.trec`, `run.json` and `queries.jsonl`."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ...index.domain.errors import FileError
from ..datasets.formats import format_trec_run
from ..datasets.formats.text_lines import json_objects
from .model import TEXTS_PER_QUERY, QueryOutcome, Run

FORMAT = 1
_OUTCOME = TypeAdapter(QueryOutcome)
# Fields of queries.jsonl by attribute, where the two differ. "found" has the first papers of a ranking; of the others
# "ids" has the ids.
_FIELDS = {"grades": "relevant", "ranking": "found", "answer": "reply", "explanations": "why"}
_ATTRIBUTES = {field: attribute for attribute, field in _FIELDS.items()}


def check_writable(folder: Path) -> None:
    """Check that a run can be written to a folder, without creating anything.

    Raises:
        FileError: neither the folder nor its nearest existing parent is writable.
    """
    existing = folder.absolute()
    try:
        while not existing.exists():
            existing = existing.parent
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        raise FileError(f"{folder}: cannot be written ({error.strerror}); choose another --out") from error


def write_run(folder: Path, run: Run, *, texts: bool = True) -> None:
    """Write a run, replacing the files of an earlier run in the folder.

    Args:
        folder: folder of the run; created if needed.
        run: the run.
        texts: whether titles, texts and explanations are kept; a baseline in a repository needs none.

    Raises:
        FileError: the folder cannot be written.
    """
    rankings = {outcome.query_id: [paper.paper_id for paper in outcome.ranking] for outcome in run.outcomes}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "run.json").unlink(missing_ok=True)
        (folder / "run.trec").write_text(format_trec_run(rankings, run.name), "utf-8")
        lines = (json.dumps(_to_record(outcome, texts=texts), ensure_ascii=False) + "\n" for outcome in run.outcomes)
        (folder / "queries.jsonl").write_text("".join(lines), "utf-8")
        # Last: a folder with run.json is complete.
        record = {"format": FORMAT, "name": run.name, **run.record}
        (folder / "run.json").write_text(json.dumps(record, ensure_ascii=False, indent=2) + "\n", "utf-8")
    except OSError as error:
        raise FileError(f"{folder}: cannot be written ({error.strerror}); choose another --out") from error


def read_run(folder: Path) -> Run:
    """Read a run.

    Raises:
        FileError: the folder contains no run, or a file of it is malformed.
    """
    path = folder / "run.json"
    try:
        record: Any = json.loads(path.read_text("utf-8"))
        if record.pop("format") != FORMAT:
            raise ValueError("unsupported run format")
        name = str(record.pop("name"))
        _ = record["dataset"]["hash"], record["dataset"]["name"], record["depth"], record["seed"]
        _ = [float(measure[part]) for measure in record["measures"].values() for part in ("mean", "low", "high", "n")]
        queries = int(record["dataset"]["queries"])
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FileError(f"{folder}: contains no run (no run.json); make one with `nonmun eval run`") from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise FileError(
            f"{path}: is not a valid run record ({error!r}); make the run again with `nonmun eval run`"
        ) from error
    path = folder / "queries.jsonl"
    outcomes = tuple(_from_record(path, number, line) for number, line in json_objects(path))
    if len(outcomes) != queries:
        raise FileError(
            f"{path}: contains {len(outcomes)} of {queries} queries; make the run again with `nonmun eval run`"
        )
    return Run(name, record, outcomes)


def _to_record(outcome: QueryOutcome, *, texts: bool) -> dict[str, Any]:
    record = {_FIELDS.get(name, name): value for name, value in asdict(outcome).items()}
    ranking = record.pop("found")
    kept = TEXTS_PER_QUERY if texts else 0
    record["found"] = ranking[:kept]
    record["ids"] = [paper["paper_id"] for paper in ranking[kept:]]
    if not texts:
        record["why"] = []
    return record


def _from_record(path: Path, number: int, record: Mapping[str, Any]) -> QueryOutcome:
    values = dict(record)
    try:
        lower_ranks = ({"paper_id": paper_id, "score": 0.0} for paper_id in values.pop("ids"))
        values["found"] = [*values["found"], *lower_ranks]
        return _OUTCOME.validate_python({_ATTRIBUTES.get(name, name): value for name, value in values.items()})
    except ValidationError as error:
        first = error.errors()[0]
        location = ".".join(_FIELDS.get(str(part), str(part)) for part in first["loc"])
        raise FileError(f"{path}:{number}: is not a valid query of a run ({location}: {first['msg']})") from error
    except (KeyError, TypeError) as error:
        raise FileError(f"{path}:{number}: is not a valid query of a run ({error!r})") from error
