"""Where output goes: text, JSON, warnings, progress."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from rich import markup
from rich.console import Console

from ..index.util.text import clean
from ..ingest.report import Step

out = Console(highlight=False, soft_wrap=True, emoji=False)
err = Console(stderr=True, highlight=False, soft_wrap=True, emoji=False)


def escape(text: str) -> str:
    """Text that is not ours, for printing: no markup of rich, no control character that a terminal would obey."""
    return markup.escape(clean(text))


def print_json(value: Any, *, compact: bool = False) -> None:
    """Print a value as JSON, Korean as it is; compact is one line, for what is printed again and again."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=None if compact else 2) + "\n")
    sys.stdout.flush()


@contextmanager
def progress(*, shown: bool) -> Generator[Callable[[Step], None]]:
    """A progress bar on standard error for what a job observes."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description:<24}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=err, transient=True, disable=not (shown and err.is_terminal))
    task = bar.add_task("reading", total=None)

    def observe(step: Step) -> None:
        bar.start()  # only now: a run that ends before its first step prints nothing
        name = step.what if step.what.startswith("publish") else step.detail
        bar.update(task, description=name or step.what, completed=step.done, total=step.total or None)

    try:
        yield observe
    finally:
        if bar.live.is_started:
            bar.stop()


@contextmanager
def pages(what: str) -> Generator[Callable[[int, int], None]]:
    """A progress bar on standard error for pages copied of so many."""
    from rich.progress import Progress

    with Progress(console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task(what)

        def told(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield told
