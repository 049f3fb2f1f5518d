"""Commands that query the index: ask, search, lexicon, paper."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from ...api.results import as_json
from ..app import open_data
from ..options import Count, Data, FilterOptions, Json, Llm, Question
from ..output import print_json
from ..rendering import show_answer, show_paper, show_results, show_translations


def ask(
    question: Question,
    *,
    k: Count = 10,
    filters: FilterOptions,
    llm: Llm = None,
    data: Data = None,
    json_output: Json = False,
) -> None:
    """Answer a question with exact quotations, or report that no paper answers it."""
    request = filters.ask_request(question, k, llm)
    with open_data(data) as library:
        answer = library.answering.ask(request)
    if json_output:
        print_json(as_json(answer))
    else:
        show_answer(answer)


def search(
    question: Question,
    *,
    k: Count = 10,
    filters: FilterOptions,
    explain: Annotated[bool, typer.Option("--explain", help="Explain the score of each paper.")] = False,
    data: Data = None,
    json_output: Json = False,
) -> None:
    """List the papers that best match a question."""
    request = filters.search_request(question, k)
    with open_data(data) as library:
        results = library.answering.search(request)
        papers = [hit.paper_id for hit in results.hits]
        explanations = library.answering.explain(request, papers) if explain else ()
    if json_output:
        extra = {"explanations": [asdict(explanation) for explanation in explanations]} if explain else {}
        print_json(as_json(results) | extra)
    else:
        show_results(results, {explanation.paper_id: explanation for explanation in explanations})


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
    history: Annotated[bool, typer.Option("--history", help="Include former versions of its digest entries.")] = False,
    data: Data = None,
    json_output: Json = False,
) -> None:
    """Show a paper with its abstract and all its digest entries."""
    with open_data(data) as library:
        details = library.paper(paper_id, history=history)
    if json_output:
        print_json(as_json(details))
    else:
        show_paper(details)
