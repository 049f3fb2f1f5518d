"""Measures the runs of `run.py` with nonmun's own evaluation, and writes the table of docs/quality.md.

    python benchmarks/quality/table.py --out DIR [--data ../shared/data] [--write docs/quality.md]

Every run becomes a folder under DIR/measured, for `nonmun eval compare` and `nonmun eval report`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path

import numpy as np
from questions import QUERY_SETS, Variant
from rich.console import Console
from run import SYSTEMS

from nonmun.eval.datasets.model import Dataset, DatasetQuery
from nonmun.eval.experiments.comparison import compare
from nonmun.eval.experiments.runner import RunConfig
from nonmun.eval.experiments.trec_scoring import score_run
from nonmun.eval.metrics.statistics import Interval, bootstrap, randomization_test
from nonmun.eval.runs.model import Run
from nonmun.eval.runs.storage import write_run

_ROOT = Path(__file__).resolve().parents[2]
_BEGIN, _END = "<!-- table: begin -->", "<!-- table: end -->"
_MEASURES = ("r@10", "mrr@10", "ndcg@10", "r@1", "r@50", "r@100")
_SHOWN = {"r@10": "R@10", "mrr@10": "MRR@10", "r@1": "R@1"}
_CORPORA: dict[Variant, str] = {
    "abstracts": "English abstracts only",
    "pairs": "with the Korean notes of the other half of the papers",
    "notes": "with the Korean notes of the same papers, never the question's own field",
    "korean": "only Korean notes of the papers in question, the other half of them in both languages",
    "everything": "all abstracts and 16 days of digests",
}

Runs = dict[tuple[str, str, str], Run]
"""By query set, variant and system."""


def dataset(data: Path, name: str) -> Dataset:
    """A query set as nonmun's own evaluation takes it."""
    read = QUERY_SETS[name].read(data)
    queries = tuple(DatasetQuery(one.query_id, one.text, one.lang, fields={"kind": one.kind}) for one in read)
    return Dataset(name, queries, {one.query_id: dict.fromkeys(one.papers, 1) for one in read}, "hf_daily_papers")


def measured(out: Path, data: Path, console: Console) -> Runs:
    """Every run that is there."""
    found: Runs = {}
    for name, query_set in QUERY_SETS.items():
        queries = dataset(data, name)
        for variant, system in product(query_set.variants, SYSTEMS):
            file = out / f"{system}.{variant}.{name}.trec"
            if file.is_file():
                with console.status(f"measuring {file.name}"):
                    run = score_run(queries, file, system, RunConfig(measures=_MEASURES))
                    write_run(out / "measured" / f"{name}.{variant}.{system}", run)
                found[name, variant, system] = run
    return found


def tables(runs: Runs) -> Iterator[str]:
    """The tables, as Markdown."""
    for name, query_set in QUERY_SETS.items():
        for variant in query_set.variants:
            rows = {system: runs[name, variant, system] for system in SYSTEMS if (name, variant, system) in runs}
            if rows:
                yield f"### {query_set.title}, {_CORPORA[variant]}\n"
                yield from _means(rows, query_set.measures)
                yield from _languages(rows) if name == "pairs" else ()
                yield from _against(rows, query_set.measures)


def _means(rows: Mapping[str, Run], measures: Sequence[str]) -> Iterator[str]:
    cells = list(product(_kinds(rows), measures))
    yield from _head("system", *(f"{kind} {_SHOWN[measure]}" for kind, measure in cells))
    for system, run in rows.items():
        slices = run.record["slices"]["kind"]
        values = (slices[kind][measure] for kind, measure in cells)
        yield _row(system, *(f"{one['mean']:.3f} [{one['low']:.3f}, {one['high']:.3f}]" for one in values))
    yield ""


def _languages(rows: Mapping[str, Run]) -> Iterator[str]:
    """What asking in English has over asking the same in Korean."""
    yield from _head("system", "R@10 in English less that in Korean", "p")
    for system, run in rows.items():
        found = {one.query_id: one.measures["r@10"] for one in run.outcomes}
        korean = [query_id for query_id in found if query_id.endswith("-ko")]
        changes = np.array([[found[one.replace("-ko", "-en")] - found[one]] for one in korean], np.float64)
        yield _row(system, _change(bootstrap(changes, seed=0)[0]), f"{randomization_test(changes, seed=0)[0]:.4f}")
    yield ""


def _against(rows: Mapping[str, Run], measures: Sequence[str]) -> Iterator[str]:
    """What nonmun has over each other system in the first measure, by kind, and the p-value over all kinds."""
    ours = rows.get("nonmun")
    if ours is None:
        return
    kinds, first = _kinds(rows), measures[0]
    yield from _head(f"{_SHOWN[first]} of nonmun less that of", *kinds, "p (all kinds, Holm)")
    for system, run in rows.items():
        if run is not ours:
            found = compare(run, ours, by=first, names=measures)
            slices = {name: change for name, _, change in found.slices}
            changes = (_change(slices[f"kind={kind}"]) for kind in kinds)
            yield _row(system, *changes, f"{found.differences[0].corrected:.4f}")
    yield ""


def _kinds(rows: Mapping[str, Run]) -> list[str]:
    return list(dict.fromkeys(one.slice("kind") for run in rows.values() for one in run.outcomes))


def _change(one: Interval) -> str:
    return f"{one.mean:+.3f} [{one.low:+.3f}, {one.high:+.3f}]"


def _head(*names: str) -> tuple[str, str]:
    return _row(*names), "|---" * len(names) + "|"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Measure what is there, print the tables, and put them into the page where one is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="where run.py left its runs")
    parser.add_argument("--data", type=Path, default=_ROOT.parent / "shared" / "data", help="the shared data folder")
    parser.add_argument("--write", type=Path, help="a page whose table is replaced")
    given = parser.parse_args()
    text = "\n".join(tables(measured(given.out, given.data, Console(stderr=True))))
    print(text)
    if given.write:
        page = given.write.read_text("utf-8")
        head, _, rest = page.partition(_BEGIN)
        _, _, tail = rest.partition(_END)
        given.write.write_text(f"{head}{_BEGIN}\n{text}\n{_END}{tail}", "utf-8")


if __name__ == "__main__":
    main()
