"""Commands that make, compare and check runs: eval run, score, compare, gate."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ....settings import load_settings
from ...app import open_library
from ...options import Data, Json
from ...output import err, escape, out, print_json, progress
from .options import DatasetPath, RunOutputOptions, ScoringOptions, Seed
from .rendering import show_checks, show_comparison, show_run

if TYPE_CHECKING:  # the other commands do not import the evaluation
    from ....eval.runs.model import Run


def run(
    dataset: DatasetPath,
    output: RunOutputOptions,
    *,
    config: Annotated[Path | None, typer.Option(help="TOML file of settings, before nonmun.toml.")] = None,
    k: Annotated[int, typer.Option("-k", "--k", help="Depth of the rankings, at most 100.")] = 100,
    answers: Annotated[
        bool, typer.Option("--answers", help="Answer every query as well, and measure answers.")
    ] = False,
    bare: Annotated[bool, typer.Option("--bare", help="Keep no titles and texts: a baseline to commit.")] = False,
    scoring: ScoringOptions,
    data: Data = None,
    json_output: Json = False,
) -> None:
    """Run every query of a dataset against the index and measure the results."""
    from ....eval.datasets.formats import open_dataset
    from ....eval.experiments.runner import RunConfig, run_dataset
    from ....eval.metrics.retrieval import DEFAULT_MEASURES
    from ....eval.runs.storage import check_writable

    queries = open_dataset(dataset, split=scoring.split)
    check_writable(output.out)  # before the run, which takes long
    run_config = RunConfig(k, tuple(scoring.measures or DEFAULT_MEASURES), answers, scoring.seed)
    with open_library(load_settings(config, data=data)) as library, progress(shown=not json_output) as observe:
        result = run_dataset(library, queries, output.run_name, run_config, observe)
    _write_and_show(result, output.out, texts=not bare, json_output=json_output)


def score(
    dataset: DatasetPath,
    trec: Annotated[Path, typer.Argument(help="A TREC run of any system.")],
    output: RunOutputOptions,
    *,
    k: Annotated[int, typer.Option("-k", "--k", min=1, help="Depth that rankings are cut to.")] = 1_000,
    scoring: ScoringOptions,
    json_output: Json = False,
) -> None:
    """Measure a TREC run of another system, so that it can be compared."""
    from ....eval.datasets.formats import open_dataset
    from ....eval.experiments.runner import RunConfig
    from ....eval.experiments.trec_scoring import score_run
    from ....eval.metrics.retrieval import DEFAULT_MEASURES

    queries = open_dataset(dataset, split=scoring.split)
    config = RunConfig(k, tuple(scoring.measures or DEFAULT_MEASURES), seed=scoring.seed)
    _write_and_show(score_run(queries, trec, output.run_name, config), output.out, json_output=json_output)


def _write_and_show(result: Run, folder: Path, *, texts: bool = True, json_output: bool) -> None:
    from ....eval.runs.storage import write_run
    from ....eval.runs.warnings import run_warnings

    write_run(folder, result, texts=texts)
    for line in run_warnings(result.record):
        err.print(escape(line), style="yellow")
    if json_output:
        print_json({"name": result.name, **result.record})
    else:
        show_run(result)
        out.print(f"written to {escape(str(folder))}")


def compare(
    run_a: Annotated[Path, typer.Argument(help="The run to compare with.")],
    run_b: Annotated[Path, typer.Argument(help="The run that is compared.")],
    by: Annotated[str, typer.Option(help="Measure by which queries and slices are compared.")] = "ndcg@10",
    measures: Annotated[
        list[str] | None, typer.Option("--measure", help="Measure to test, repeatable; Holm corrects for all of them.")
    ] = None,
    seed: Seed = 0,
    json_output: Json = False,
) -> None:
    """Compare run B with run A: differences, their significance, and the queries that changed."""
    from ....eval.experiments.comparison import compare as compare_runs
    from ....eval.metrics.registry import canonical_name
    from ....eval.runs.storage import read_run

    names = [canonical_name(name) for name in measures] if measures else None
    comparison = compare_runs(read_run(run_a), read_run(run_b), by=canonical_name(by), names=names, seed=seed)
    if json_output:
        print_json(asdict(comparison))
    else:
        show_comparison(comparison)


def gate(
    run: Annotated[Path, typer.Argument(help="The run to check.")],
    baseline: Annotated[Path | None, typer.Option(help="The run that losses are measured against.")] = None,
    max_loss: Annotated[
        list[str] | None, typer.Option("--max-loss", help="MEASURE=BOUND, such as ndcg@10=0.01; repeatable.")
    ] = None,
    floors: Annotated[
        list[str] | None, typer.Option("--min", help="MEASURE=FLOOR, such as r@10=0.9; repeatable.")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Fail unless a greater loss is ruled out, not only if one is shown.")
    ] = False,
    seed: Seed = 0,
    json_output: Json = False,
) -> None:
    """Exit with status 1 if a run loses more than a bound, or falls below a floor."""
    from ....eval.experiments.gate import gate as check_run
    from ....eval.experiments.gate import parse_bounds, setting_differences
    from ....eval.runs.storage import read_run

    result, reference = read_run(run), read_run(baseline) if baseline else None
    for line in setting_differences(result, reference) if reference else ():
        err.print(escape(line), style="yellow")
    checks = check_run(
        result,
        reference,
        max_loss=parse_bounds(max_loss or []),
        floors=parse_bounds(floors or []),
        strict=strict,
        seed=seed,
    )
    if json_output:
        print_json([check.as_json() for check in checks])
    else:
        show_checks(checks)
    if not all(check.passed for check in checks):
        raise typer.Exit(1)
