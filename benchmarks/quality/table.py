"""Evaluate the runs of `run.py` with nonmun's evaluation, and write the tables of docs/quality.md.

    python benchmarks/quality/table.py --out DIR [--data ../shared/data] [--write docs/quality.md]

Every run is stored in a folder under DIR/measured, for `nonmun eval compare` and `nonmun eval report`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path

import numpy as np
from query_sets import QUERY_SETS, Variant
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
    "pairs": "with Korean notes of the other half of the papers",
    "notes": "with Korean notes of the same papers, without the query's source field",
    "korean": "target papers with Korean notes only, the other half in both languages",
    "everything": "all abstracts and 16 days of digests",
}

Runs = dict[tuple[str, str, str], Run]
"""Runs by query set, variant and system."""


def make_dataset(data: Path, name: str) -> Dataset:
    """Convert a query set to a dataset of nonmun's evaluation."""
    queries = QUERY_SETS[name].read(data)
    return Dataset(
        name,
        tuple(DatasetQuery(query.query_id, query.text, query.lang, fields={"kind": query.kind}) for query in queries),
        {query.query_id: dict.fromkeys(query.papers, 1) for query in queries},
        "hf_daily_papers",
    )


def evaluate_runs(out: Path, data: Path, console: Console) -> Runs:
    """Evaluate and store every existing run."""
    runs: Runs = {}
    for name, query_set in QUERY_SETS.items():
        dataset = make_dataset(data, name)
        for variant, system in product(query_set.variants, SYSTEMS):
            file = out / f"{system}.{variant}.{name}.trec"
            if file.is_file():
                with console.status(f"evaluating {file.name}"):
                    run = score_run(dataset, file, system, RunConfig(measures=_MEASURES))
                    write_run(out / "measured" / f"{name}.{variant}.{system}", run)
                runs[name, variant, system] = run
    return runs


def tables(runs: Runs) -> Iterator[str]:
    """Yield the tables as lines of Markdown."""
    for name, query_set in QUERY_SETS.items():
        for variant in query_set.variants:
            rows = {system: runs[name, variant, system] for system in SYSTEMS if (name, variant, system) in runs}
            if rows:
                yield f"### {query_set.title}, {_CORPORA[variant]}\n"
                yield from _means(rows, query_set.measures)
                yield from _language_differences(rows) if name == "pairs" else ()
                yield from _differences(rows, query_set.measures)


def _means(rows: Mapping[str, Run], measures: Sequence[str]) -> Iterator[str]:
    cells = list(product(_kinds(rows), measures))
    yield from _header("system", *(f"{kind} {_SHOWN[measure]}" for kind, measure in cells))
    for system, run in rows.items():
        slices = run.record["slices"]["kind"]
        values = (slices[kind][measure] for kind, measure in cells)
        yield _row(system, *(f"{mean['mean']:.3f} [{mean['low']:.3f}, {mean['high']:.3f}]" for mean in values))
    yield ""


def _language_differences(rows: Mapping[str, Run]) -> Iterator[str]:
    """Yield the difference between the English and the Korean version of the same questions, by system."""
    yield from _header("system", "R@10 English minus Korean", "p")
    for system, run in rows.items():
        recall = {outcome.query_id: outcome.measures["r@10"] for outcome in run.outcomes}
        korean = [query_id for query_id in recall if query_id.endswith("-ko")]
        changes = np.array(
            [[recall[query_id.replace("-ko", "-en")] - recall[query_id]] for query_id in korean], np.float64
        )
        yield _row(system, _change(bootstrap(changes, seed=0)[0]), f"{randomization_test(changes, seed=0)[0]:.4f}")
    yield ""


def _differences(rows: Mapping[str, Run], measures: Sequence[str]) -> Iterator[str]:
    """Yield nonmun's differences from other systems in the first measure by kind, with p-values over all kinds."""
    ours = rows.get("nonmun")
    if ours is None:
        return
    kinds, first = _kinds(rows), measures[0]
    yield from _header(f"{_SHOWN[first]} of nonmun minus", *kinds, "p (all kinds, Holm)")
    for system, run in rows.items():
        if run is not ours:
            comparison = compare(run, ours, by=first, names=measures)
            slices = {name: change for name, _, change in comparison.slices}
            changes = (_change(slices[f"kind={kind}"]) for kind in kinds)
            yield _row(system, *changes, f"{comparison.differences[0].corrected:.4f}")
    yield ""


def _kinds(rows: Mapping[str, Run]) -> list[str]:
    return list(dict.fromkeys(outcome.slice("kind") for run in rows.values() for outcome in run.outcomes))


def _change(interval: Interval) -> str:
    return f"{interval.mean:+.3f} [{interval.low:+.3f}, {interval.high:+.3f}]"


def _header(*names: str) -> tuple[str, str]:
    return _row(*names), "|---" * len(names) + "|"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Evaluate existing runs, print the tables, and optionally write them into a page."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="output directory of run.py")
    parser.add_argument("--data", type=Path, default=_ROOT.parent / "shared" / "data", help="the shared data folder")
    parser.add_argument("--write", type=Path, help="Markdown file whose tables are replaced")
    args = parser.parse_args()
    text = "\n".join(tables(evaluate_runs(args.out, args.data, Console(stderr=True))))
    print(text)
    if args.write:
        page = args.write.read_text("utf-8")
        head, _, rest = page.partition(_BEGIN)
        _, _, tail = rest.partition(_END)
        args.write.write_text(f"{head}{_BEGIN}\n{text}\n{_END}{tail}", "utf-8")


if __name__ == "__main__":
    main()
