"""The options that say which chunks may speak, shared by the commands that ask."""

from __future__ import annotations

from typing import Annotated

import typer

from ..api.results import Interpretation
from ..index.domain.filters import Filter, parse_filter

Since = Annotated[str | None, typer.Option("--since", help="First day, as 2025-05-16.", show_default=False)]
Until = Annotated[str | None, typer.Option("--until", help="Last day, as 2025-05-16.", show_default=False)]
Published = Annotated[
    bool, typer.Option("--published", help="Those days are of papers on arXiv, not of digests.", show_default=False)
]
Papers = Annotated[list[str] | None, typer.Option("--paper", help="Only this paper; repeat it.", show_default=False)]
Sections = Annotated[
    list[str] | None, typer.Option("--section", help="Only this section, or abstract; repeat it.", show_default=False)
]
Lang = Annotated[str | None, typer.Option("--lang", help="Only chunks in ko or en.", show_default=False)]
Source = Annotated[str | None, typer.Option("--source", help="Only summary or abstract.", show_default=False)]
Trust = Annotated[
    list[str] | None,
    typer.Option("--trust", help="Only summaries with this label (and abstracts); repeat it.", show_default=False),
]
AsOf = Annotated[
    str | None, typer.Option("--as-of", help="The day from which 'last week' counts; today.", show_default=False)
]


def chosen(
    since: str | None,
    until: str | None,
    published: bool,
    papers: list[str] | None,
    sections: list[str] | None,
    lang: str | None,
    source: str | None,
    trust: list[str] | None,
) -> Filter:
    """The filter that the options make.

    Raises:
        InputError: a value is none of those that exist.
    """
    return parse_filter(
        since=since,
        until=until,
        by="published" if published else "digest",
        papers=papers or (),
        sections=sections or (),
        lang=lang,
        source=source,
        trust=trust or (),
    )


def understood(given: Interpretation) -> list[str]:
    """What a question was taken to ask, as lines to show; none where it is what it says."""
    lines: list[str] = []
    if given.repeats:
        lines.append(f"again: {given.repeats}")
    if given.corrected:
        lines.append(f"read as: {given.corrected}")
    if given.since or given.until:
        said = f"{given.window} = " if given.window else ""
        lines.append(f"days: {said}{given.since or '…'} to {given.until or '…'} ({given.by})")
    return lines
