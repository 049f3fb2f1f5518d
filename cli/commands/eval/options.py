"""Options that several evaluation commands share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

DatasetPath = Annotated[
    Path, typer.Argument(help="A dataset: a folder of nonmun's, BEIR's or TREC's, or AutoRAG's parquet.")
]
Seed = Annotated[int, typer.Option(help="Seed of all resampling; equal seeds give equal digits.")]


@dataclass(frozen=True, slots=True)
class RunOutputOptions:
    """Options of the folder that a run is written to."""

    out: Annotated[Path, typer.Option("--out", help="Folder to write the run to.")]
    name: Annotated[str | None, typer.Option(help="Name in reports; by default the folder's.")] = None

    @property
    def run_name(self) -> str:
        """Name of the run."""
        return self.name or self.out.resolve().name


@dataclass(frozen=True, slots=True)
class ScoringOptions:
    """Options of how a run is scored."""

    measures: Annotated[
        list[str] | None,
        typer.Option(
            "--measure",
            help="Repeatable (default: ndcg@10, r@1, r@5, r@10, r@50, r@100, mrr@10, map, success@1, success@5, "
            "success@10, judged@10).",
        ),
    ] = None
    seed: Seed = 0
    split: Annotated[str, typer.Option(help="Split of a BEIR folder.")] = "test"
