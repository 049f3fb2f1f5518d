"""Commands that query the index: ask, search, lexicon, paper, digest, digests."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any, TypeVar

import typer

from ...api.library import Library
from ...api.results import Answer, DigestDetails, PaperDetails, Results, as_json
from ...index.domain.errors import InputError
from ..app import open_data
from ..options import Count, Data, FilterOptions, Json, Llm, OutputFormat, OutputOptions, Question
from ..output import print_export, print_json
from ..rendering import show_answer, show_digest, show_digests, show_paper, show_results, show_translations

R = TypeVar("R", Answer, Results, PaperDetails, DigestDetails)


def _print(library: Library, result: R, output: OutputFormat, show: Callable[[R], None], **extra: Any) -> None:
    """Print a result as text by `show`, as JSON with some more fields, or as an export."""
    if output == "text":
        show(result)
    elif output == "json":
        print_json(as_json(result) | extra)
    else:
        print_export(library.export(result, output))


def ask(
    question: Question,
    *,
    k: Count = 10,
    filters: FilterOptions,
    llm: Llm = None,
    data: Data = None,
    output: OutputOptions,
) -> None:
    """Answer a question with exact quotations, or report that no paper answers it."""
    chosen, request = output.chosen, filters.ask_request(question, k, llm)
    with open_data(data) as library:
        _print(library, library.answering.ask(request), chosen, show_answer)


def search(
    question: Question,
    *,
    k: Count = 10,
    filters: FilterOptions,
    explain: Annotated[bool, typer.Option("--explain", help="Explain the score of each paper.")] = False,
    data: Data = None,
    output: OutputOptions,
) -> None:
    """List the papers that best match a question."""
    chosen, request = output.chosen, filters.search_request(question, k)
    if explain and chosen not in {"text", "json"}:
        raise InputError("--explain", f"belongs to text and JSON, and {chosen} has no place for it; leave it out")
    with open_data(data) as library:
        results = library.answering.search(request)
        papers = [hit.paper_id for hit in results.hits]
        explanations = library.answering.explain(request, papers) if explain else ()
        by_paper = {explanation.paper_id: explanation for explanation in explanations}
        extra = {"explanations": [asdict(explanation) for explanation in explanations]} if explain else {}
        _print(library, results, chosen, lambda results: show_results(results, by_paper), **extra)


def lexicon(
    words: Annotated[str, typer.Argument(metavar="WORDS")], data: Data = None, json_output: Json = False
) -> None:
    """Translate words with the index's bilingual lexicon, learned from its papers and seeded by a glossary."""
    with open_data(data) as library:
        translations = library.translations(words)
    if json_output:
        print_json(as_json(translations))
    else:
        show_translations(translations)


def paper(
    paper_id: Annotated[str, typer.Argument(help="An arXiv id.")],
    *,
    history: Annotated[bool, typer.Option("--history", help="Include former versions of its digest entries.")] = False,
    data: Data = None,
    output: OutputOptions,
) -> None:
    """Show a paper with its abstract and all its digest entries."""
    chosen = output.chosen
    with open_data(data) as library:
        _print(library, library.paper(paper_id, history=history), chosen, show_paper)


def digest(
    day: Annotated[str, typer.Argument(help="A day (YYYY-MM-DD).", metavar="DAY")],
    *,
    data: Data = None,
    output: OutputOptions,
) -> None:
    """List the papers in the digests of a day."""
    chosen = output.chosen
    with open_data(data) as library:
        _print(library, library.digest(day), chosen, show_digest)


def digests(data: Data = None, json_output: Json = False) -> None:
    """List the days with digests, newest first, with the number of papers of each."""
    with open_data(data) as library:
        days = library.digests()
    if json_output:
        print_json([asdict(day) for day in days])
    else:
        show_digests(days)
