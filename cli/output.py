"""Output streams of the command line: text, JSON and progress bars."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from rich import markup
from rich.console import Console

from ..index.util.text import sanitize
from ..ingest.report import JobProgress

out = Console(highlight=False, soft_wrap=True, emoji=False)
err = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)


def escape(text: str) -> str:
    """Return untrusted text that can be printed: rich's markup escaped, control characters replaced."""
    return markup.escape(sanitize(text))


def report(line: str) -> None:
    """Print a line about slow work on standard error."""
    err.print(escape(line))


def print_json(value: Any, *, compact: bool = False) -> None:
    """Print a value as JSON without escaping Korean; compact prints one line, for streams of values."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=None if compact else 2) + "\n")
    sys.stdout.flush()


def print_export(text: str) -> None:
    """Print an export in UTF-8 with its own line ends, whatever those of the terminal are."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode("utf-8"))
    sys.stdout.flush()


@contextmanager
def progress(*, shown: bool) -> Generator[Callable[[JobProgress], None]]:
    """Show a progress bar on standard error; yields the callback that takes the steps of a job."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=err, transient=True, disable=not (shown and err.is_terminal))
    task = bar.add_task("reading", total=None)

    def observe(step: JobProgress) -> None:
        bar.start()  # not earlier: a job that ends before its first step prints nothing
        name = step.what if step.what.startswith("publish") else step.detail
        bar.update(task, description=name or step.what, completed=step.done, total=step.total or None)

    try:
        yield observe
    finally:
        if bar.live.is_started:
            bar.stop()


@contextmanager
def copy_progress(description: str) -> Generator[Callable[[int, int], None]]:
    """Show a progress bar on standard error; yields the callback that takes copied and total pages."""
    from rich.progress import Progress

    with Progress(console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task(description)

        def update(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield update
