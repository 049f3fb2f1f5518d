"""Measures the runs of `run.py` with nonmun's own evaluation, and writes the table of docs/quality.md.

    python benchmarks/quality/table.py --out DIR [--data ../shared/data] [--write docs/quality.md]

Every run becomes a folder under DIR/measured, for `nonmun eval compare` and `nonmun eval report`.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path

from corpus import KINDS, QUERY_SETS, VARIANTS, read_qrels, read_queries
from rich.console import Console
from run import SYSTEMS

from nonmun.eval.comparison import compare
from nonmun.eval.dataset import Dataset, Query
from nonmun.eval.folder import write_run
from nonmun.eval.run import Run
from nonmun.eval.running import Plan
from nonmun.eval.scoring import score_run

_ROOT = Path(__file__).resolve().parents[2]
_BEGIN, _END = "<!-- table: begin -->", "<!-- table: end -->"
_MEASURES = ("r@10", "mrr@10", "ndcg@10", "r@1", "r@50", "r@100")
_TITLES = {"ko2en_dev": "Questions as they are", "ko2en_nonames_dev": "Questions without rare Latin names"}
_CORPORA = {
    "abstracts": "English abstracts only",
    "pairs": "with the Korean notes of the other half of the papers",
    "notes": "with the Korean notes of the same papers, never the question's own field",
}


def dataset(data: Path, query_set: str) -> Dataset:
    """A query set of the shared data."""
    answers = read_qrels(data)
    queries = tuple(
        Query(one.query_id, one.text, "ko", fields={"kind": one.kind}) for one in read_queries(data, query_set)
    )
    return Dataset(query_set, queries, {one.query_id: {answers[one.query_id]: 1} for one in queries}, "hf_daily_papers")


def measured(out: Path, data: Path, console: Console) -> dict[tuple[str, str, str], Run]:
    """Every run that is there, by query set, variant and system."""
    found: dict[tuple[str, str, str], Run] = {}
    for query_set in QUERY_SETS:
        queries = dataset(data, query_set)
        for variant in VARIANTS:
            for system in SYSTEMS:
                file = out / f"{system}.{variant}.{query_set}.trec"
                if file.is_file():
                    with console.status(f"measuring {file.name}"):
                        run = score_run(queries, file, system, Plan(measures=_MEASURES))
                        write_run(out / "measured" / f"{query_set}.{variant}.{system}", run)
                    found[query_set, variant, system] = run
    return found


def tables(runs: Mapping[tuple[str, str, str], Run]) -> Iterator[str]:
    """The tables, as Markdown."""
    for query_set in QUERY_SETS:
        for variant in VARIANTS:
            rows = {
                system: runs[query_set, variant, system] for system in SYSTEMS if (query_set, variant, system) in runs
            }
            if not rows:
                continue
            yield f"### {_TITLES[query_set]}, {_CORPORA[variant]}\n"
            yield "| system | " + " | ".join(f"{kind} R@10 | {kind} MRR@10" for kind in KINDS) + " |"
            yield "|---" * (1 + 2 * len(KINDS)) + "|"
            for system, run in rows.items():
                yield (
                    f"| {system} | "
                    + " | ".join(_cell(run, kind, name) for kind in KINDS for name in _MEASURES[:2])
                    + " |"
                )
            yield ""
            yield from _against(rows)


def _cell(run: Run, kind: str, measure: str) -> str:
    value = run.record["slices"]["kind"][kind][measure]
    return f"{value['mean']:.3f} [{value['low']:.3f}, {value['high']:.3f}]"


def _against(rows: Mapping[str, Run]) -> Iterator[str]:
    """What nonmun has over each other system in R@10, by kind, and the p-value over all kinds."""
    ours = rows.get("nonmun")
    if ours is None:
        return
    yield "| R@10 of nonmun less that of | " + " | ".join(KINDS) + " | p (all kinds, Holm) |"
    yield "|---" * (2 + len(KINDS)) + "|"
    for system, run in rows.items():
        if run is not ours:
            found = compare(run, ours, by="r@10", names=["r@10", "mrr@10"])
            slices = {name: change for name, _, change in found.slices}
            cells = [slices[f"kind={kind}"] for kind in KINDS]
            shown = " | ".join(f"{one.mean:+.3f} [{one.low:+.3f}, {one.high:+.3f}]" for one in cells)
            yield f"| {system} | {shown} | {found.differences[0].corrected:.4f} |"
    yield ""


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
