"""The commands that measure: eval run, score, compare, gate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich import box
from rich.table import Column, Table

from ...app import Data, Json, app, opened
from ...output import err, escape, out, print_json, progress

if TYPE_CHECKING:  # those who ask wait for nothing of the measuring
    from ....eval.experiments.comparison import Comparison
    from ....eval.runs.model import Run

evaluation = typer.Typer(name="eval", help="Measure retrieval and answers.", no_args_is_help=True)
app.add_typer(evaluation)

Folder = Annotated[Path, typer.Argument(help="A dataset: a folder of ours, BEIR's or TREC's, or AutoRAG's parquet.")]
Seed = Annotated[int, typer.Option(help="Of all resampling; the same seed gives the same digits.")]
Measures = Annotated[
    list[str] | None, typer.Option("--measure", help="Repeatable; those of the README where none is named.")
]
Split = Annotated[str, typer.Option(help="Of a BEIR folder.")]
_SHOWN = 5  # queries won, and lost


@evaluation.command()
def run(
    dataset: Folder,
    out_: Annotated[Path, typer.Option("--out", help="Folder to write the run to.")],
    name: Annotated[str | None, typer.Option(help="What reports call it; the folder's name otherwise.")] = None,
    config: Annotated[Path | None, typer.Option(help="TOML file of settings, before nonmun.toml.")] = None,
    k: Annotated[int, typer.Option("-k", "--k", help="Depth of the rankings, at most 100.")] = 100,
    answers: Annotated[
        bool, typer.Option("--answers", help="Answer every query as well, and judge the answers.")
    ] = False,
    bare: Annotated[bool, typer.Option("--bare", help="Keep no titles and words: a baseline to commit.")] = False,
    measures: Measures = None,
    seed: Seed = 0,
    split: Split = "test",
    data: Data = None,
    as_json_: Json = False,
) -> None:
    """Ask every query of a dataset and measure what was found."""
    from ....eval.datasets.formats import open_dataset
    from ....eval.experiments.runner import Plan, run_dataset
    from ....eval.metrics.retrieval import DEFAULT
    from ....eval.runs.storage import check_folder

    found = open_dataset(dataset, split=split)
    check_folder(out_)  # before the long work
    plan = Plan(k, tuple(measures or DEFAULT), answers, seed)
    with opened(data, config=config) as library, progress(shown=not as_json_) as observe:
        made = run_dataset(library, found, name or out_.resolve().name, plan, observe)
    _finish(made, out_, as_json_, bare=bare)


@evaluation.command()
def score(
    dataset: Folder,
    trec: Annotated[Path, typer.Argument(help="A TREC run that any system wrote.")],
    out_: Annotated[Path, typer.Option("--out", help="Folder to write the run to.")],
    name: Annotated[str | None, typer.Option(help="What reports call it; the folder's name otherwise.")] = None,
    k: Annotated[int, typer.Option("-k", "--k", min=1, help="Rankings are cut to this depth.")] = 1_000,
    measures: Measures = None,
    seed: Seed = 0,
    split: Split = "test",
    as_json_: Json = False,
) -> None:
    """Measure a TREC run of another system, so that it can be compared."""
    from ....eval.datasets.formats import open_dataset
    from ....eval.experiments.runner import Plan
    from ....eval.experiments.trec_scoring import score_run
    from ....eval.metrics.retrieval import DEFAULT

    found = open_dataset(dataset, split=split)
    plan = Plan(k, tuple(measures or DEFAULT), seed=seed)
    _finish(score_run(found, trec, name or out_.resolve().name, plan), out_, as_json_)


def _finish(made: Run, folder: Path, as_json_: bool, *, bare: bool = False) -> None:
    from ....eval.runs.storage import write_run

    write_run(folder, made, bare=bare)
    for line in _warnings(made.record):
        err.print(escape(line), style="yellow")
    if as_json_:
        print_json({"name": made.name, **made.record})
    else:
        show_run(made)
        out.print(f"written to {escape(str(folder))}")


def _warnings(record: Mapping[str, Any]) -> list[str]:
    lines: list[str] = []
    unknown, unjudged = record.get("unknown_papers") or [], record["unjudged_queries"]
    if unknown:
        lines.append(
            f"{len(unknown)} judged papers are not in the index and count as missed: {', '.join(unknown[:5])}"
            f"{' …' if len(unknown) > 5 else ''}"
        )
    missing = {
        "queries of the run are not in the dataset": record.get("unknown_queries"),
        "queries are not in the run and count as nothing found": record.get("unanswered_queries"),
    }
    for what, queries in missing.items():
        if queries:
            lines.append(f"{len(queries)} {what}: {', '.join(queries[:5])}{' …' if len(queries) > 5 else ''}")
    if unjudged:
        lines.append(f"{len(unjudged)} queries have no relevant paper judged and are not measured: {unjudged[0]} …")
    return lines


def show_run(made: Run) -> None:
    """Print a run's measures, its slices by the first of them, and where the time went."""
    record = made.record
    table = Table("measure", "mean", "95 % interval", "queries", box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    for name, value in record["measures"].items():
        interval = f"{value['low']:.3f} … {value['high']:.3f}"
        table.add_row(name, f"{value['mean']:.3f}", interval, str(value["n"]))
    out.print(escape(f"{made.name}: {record['dataset']['name']}, {record['dataset']['queries']} queries"))
    out.print(table)
    first = next(iter(record["measures"]), None)
    for field, groups in record["slices"].items():
        parts = [
            f"{value} {group[first]['mean']:.3f} ({group[first]['n']})"
            for value, group in groups.items()
            if first in group
        ]
        if parts:
            out.print(escape(f"{first} by {field}: {', '.join(parts)}"))
    if record["risk_coverage"]:
        out.print(f"area under risk and coverage: {record['risk_coverage']['area']:.3f} (0 is best)")
    if record["latencies"]:
        stages = (
            f"{stage} {one['p50']:.1f}/{one['p95']:.1f}/{one['p99']:.1f}" for stage, one in record["latencies"].items()
        )
        out.print(escape(f"ms, p50/p95/p99: {', '.join(stages)}"), style="dim")


@evaluation.command(name="compare")
def compare_(
    run_a: Annotated[Path, typer.Argument(help="The run to compare with.")],
    run_b: Annotated[Path, typer.Argument(help="The run that is compared.")],
    by: Annotated[str, typer.Option(help="Measure that queries and slices are compared by.")] = "ndcg@10",
    measures: Annotated[
        list[str] | None, typer.Option("--measure", help="What is tested, repeatable; Holm corrects for as many.")
    ] = None,
    seed: Seed = 0,
    as_json_: Json = False,
) -> None:
    """What run B has over run A: differences, how sure they are, and the queries that moved."""
    from ....eval.experiments.comparison import compare
    from ....eval.experiments.gate import spelled
    from ....eval.runs.storage import read_run_folder

    names = [spelled(one) for one in measures] if measures else None
    found = compare(read_run_folder(run_a), read_run_folder(run_b), by=spelled(by), names=names, seed=seed)
    if as_json_:
        print_json(asdict(found))
    else:
        _show_comparison(found)


def _show_comparison(found: Comparison) -> None:
    table = Table(
        Column("measure", no_wrap=True),
        "A",
        "B",
        "B - A",
        Column("95 % interval", no_wrap=True),
        "p",
        "won/lost",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        padding=(0, 1),
    )
    out.print(escape(f"A: {found.a}   B: {found.b}   p: paired randomisation test, corrected by Holm"))
    for one in found.differences:
        sure = "bold" if one.corrected < 0.05 else None
        change = one.difference
        table.add_row(
            one.measure, f"{one.a:.3f}", f"{one.b:.3f}", f"{change.mean:+.3f}",
            f"{change.low:+.3f} to {change.high:+.3f}", f"{one.corrected:.4f}", f"{one.won}/{one.lost}", style=sure,
        )  # fmt: skip
    out.print(table)
    for name, n, change in found.slices:
        line = f"{name} ({n}): {found.by} {change.mean:+.3f} [{change.low:+.3f}, {change.high:+.3f}]"
        out.print(escape(line))
    for title, part in (("won", found.won), ("lost", found.lost)):
        out.print(f"\n{title}: {len(part)} queries by {found.by}")
        for one in part[:_SHOWN]:
            places = f"{one.place_a or '-'} → {one.place_b or '-'}"
            out.print(escape(f"  {one.a:.3f} → {one.b:.3f}  place {places}  {one.query_id}  {one.text}"))


@evaluation.command(name="gate")
def gate_(
    run: Annotated[Path, typer.Argument(help="The run that may pass.")],
    baseline: Annotated[Path | None, typer.Option(help="The run it may not fall behind.")] = None,
    max_loss: Annotated[
        list[str] | None, typer.Option("--max-loss", help="MEASURE=BOUND, such as ndcg@10=0.01; repeatable.")
    ] = None,
    floors: Annotated[
        list[str] | None, typer.Option("--min", help="MEASURE=FLOOR, such as r@10=0.9; repeatable.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="A loss must be ruled out, not only not shown.")] = False,
    seed: Seed = 0,
    as_json_: Json = False,
) -> None:
    """End with status 1 where a run loses more than a bound, or lies below a floor."""
    from ....eval.experiments.gate import cautions, gate, read_bounds
    from ....eval.runs.storage import read_run_folder

    made, before = read_run_folder(run), read_run_folder(baseline) if baseline else None
    for line in cautions(made, before) if before else ():
        err.print(escape(line), style="yellow")
    checks = gate(
        made,
        before,
        max_loss=read_bounds(max_loss or []),
        floors=read_bounds(floors or []),
        strict=strict,
        seed=seed,
    )
    if as_json_:
        print_json([asdict(one) for one in checks])
    else:
        for one in checks:
            out.print(escape(f"{'pass' if one.passed else 'FAIL'}  {one.said}"), style=None if one.passed else "red")
    if not all(one.passed for one in checks):
        raise typer.Exit(1)
