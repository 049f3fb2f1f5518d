"""The commands that ask: ask, search, paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated

import typer

from ...api.results import PaperDetails, Results, as_json
from ...index.domain.filters import parse_date
from ...index.domain.papers import Entry
from ...index.lexicon.lexicon import Translation
from ...index.retrieval.explanation import Explanation
from ..app import Data, Json, app, opened
from ..options import AsOf, Lang, Papers, Published, Sections, Since, Source, Trust, Until, chosen, understood
from ..output import escape, out, print_json
from ..rendering import show_answer, show_lines

_COLOURS = {"refused": "red", "invented": "red", "contradicted": "yellow"}
_SHOWN = 160  # characters of a span

Count = Annotated[int, typer.Option("-k", "--k", help="How many papers.")]
Llm = Annotated[
    bool | None,
    typer.Option(
        "--llm/--no-llm", help="Have a language model write, or only quote (default: where one is configured)."
    ),
]
Words = Annotated[str, typer.Argument(help="A question in Korean or English.", metavar="QUESTION")]


@app.command()
def ask(
    question: Words,
    k: Count = 10,
    since: Since = None,
    until: Until = None,
    published: Published = False,
    only: Papers = None,
    section: Sections = None,
    lang: Lang = None,
    source: Source = None,
    trust: Trust = None,
    as_of: AsOf = None,
    llm: Llm = None,
    data: Data = None,
    as_json_: Json = False,
) -> None:
    """Answer a question with exact quotations, or say that nothing answers it."""
    where = chosen(since, until, published, only, section, lang, source, trust)
    with opened(data) as library:
        answer = library.ask(question, k, where=where, as_of=parse_date("as_of", as_of), generate=llm)
    if as_json_:
        print_json(as_json(answer))
    else:
        show_answer(answer)


@app.command()
def search(
    question: Words,
    k: Count = 10,
    since: Since = None,
    until: Until = None,
    published: Published = False,
    only: Papers = None,
    section: Sections = None,
    lang: Lang = None,
    source: Source = None,
    trust: Trust = None,
    as_of: AsOf = None,
    explain: Annotated[bool, typer.Option("--explain", help="Why each paper stands where it stands.")] = False,
    data: Data = None,
    as_json_: Json = False,
) -> None:
    """The papers that best match a question."""
    where, day = chosen(since, until, published, only, section, lang, source, trust), parse_date("as_of", as_of)
    with opened(data) as library:
        results = library.search(question, k, where=where, as_of=day)
        found = [hit.paper_id for hit in results.hits]
        why = library.explain(question, found, where=where, as_of=day) if explain else ()
    reasons = {one.paper_id: one for one in why}
    if as_json_:
        print_json(as_json(results) | ({"explanations": [asdict(one) for one in why]} if explain else {}))
    else:
        _show_results(results, reasons)


def _show_results(results: Results, why: Mapping[str, Explanation]) -> None:
    show_lines(understood(results.interpretation))
    if not results.hits:
        out.print("nothing found; `nonmun status` tells what the index holds")
    for place, hit in enumerate(results.hits, start=1):
        out.print(f"[bold]{place:2}. {escape(hit.title or hit.paper_id)}[/bold]")
        out.print(escape(f"    {hit.paper_id}  {hit.score:.3f}  {hit.url}  {', '.join(hit.digest_dates)}"), style="dim")
        best = hit.evidence[0]
        text = " ".join(best.text.split())
        out.print(
            f"    {escape(text[:200] + ('…' if len(text) > 200 else ''))} "
            f"[dim]({', '.join(part for part in (best.source, best.section, best.trust) if part)})[/dim]"
        )
        if hit.paper_id in why:
            _show_explanation(why[hit.paper_id], place)


def _show_explanation(why: Explanation, shown: int) -> None:
    if why.rank != shown:  # a cross-encoder has reordered them, or a question for days lists the newest first
        out.print(f"      {f'{why.rank}. by what follows' if why.rank else 'found by no channel'}", style="dim")
    for one in why.channels:
        place = f"rank {one.rank}" if one.rank else "not among its candidates"
        out.print(escape(f"      {one.channel:<8} {one.share:+.3f}  {place:<12}  {one.chunk_id or ''}"), style="dim")
    words = ", ".join(f"{term} {share:.2f}" for term, share in why.matched.items())
    if why.translated:
        pairs = "; ".join(f"{term} = {', '.join(found)}" for term, found in why.translated.items())
        out.print(escape(f"      translated: {pairs}"), style="dim")
    out.print(escape(f"      matched: {words or 'nothing'}; missed: {', '.join(why.missed) or 'nothing'}"), style="dim")


@app.command()
def lexicon(words: Annotated[str, typer.Argument(metavar="WORDS")], data: Data = None, as_json_: Json = False) -> None:
    """What the index translates words to: learned from its papers, with their number, or of nonmun's own glossary."""
    with opened(data) as library:
        found = library.translations(words)
    if as_json_:
        print_json(as_json(found))
        return
    if found.pairs < found.needed:
        out.print(
            f"nothing is learned yet: {found.pairs} papers are here in both languages, {found.needed} are needed "
            "(abstracts come with `nonmun fetch`)"
        )
    else:
        out.print(f"learned from {found.pairs} papers in both languages", style="dim")
    for term, translations in found.terms.items():
        shown = ", ".join(f"{one.term} {one.weight:.2f} ({_evidence(one)})" for one in translations)
        out.print(escape(f"{term}: {shown or 'no translation'}"))


def _evidence(one: Translation) -> str:
    return ", ".join(["glossary"] * one.given + [f"{one.together} papers"] * (one.together > 0))


@app.command()
def paper(
    paper_id: Annotated[str, typer.Argument(help="An arXiv id.")],
    history: Annotated[bool, typer.Option("--history", help="Also what digests said of it before.")] = False,
    data: Data = None,
    as_json_: Json = False,
) -> None:
    """A paper with everything that digests say of it."""
    with opened(data) as library:
        details = library.paper(paper_id, history=history)
    if as_json_:
        print_json(as_json(details))
    else:
        _show_paper(details)


def _show_paper(details: PaperDetails) -> None:
    found = details.paper
    out.print(f"[bold]{escape(found.title or found.paper_id)}[/bold]\n{found.url}")
    source = found.source
    origin = f"{source.origin}{f' v{source.version}' if source.version else ''}, {source.fetched_at or 'no date'}"
    published = f"published {found.published}; " if found.published else ""
    stands = origin if source.status == "found" else f"{source.status.replace('_', ' ')} {source.reason}".strip()
    out.print(escape(f"{published}abstract: {stands}"), style="dim")
    if found.abstract:
        out.print(f"\n{escape(found.abstract)}")
    for entry in details.entries:
        out.print(f"\n[bold]{entry.digest_date}[/bold] {escape(entry.url)}  ingested {entry.ingested_at}")
        show_trust(entry)
        out.print(escape(entry.body))
    for past in details.history:
        out.print(f"\n[bold]{past.digest_date}[/bold] {past.why} {past.ended_at} (ingested {past.ingested_at})")
        out.print(escape(past.body), style="dim")


def show_trust(entry: Entry) -> None:
    """An entry's label with the reasons for it, each with the words that it speaks of."""
    if entry.trust is None:
        return
    other = f"  wrong paper? nearest is {entry.trust.wrong_paper}" if entry.trust.wrong_paper else ""
    out.print(f"trust: {entry.trust.label}{other}", style=_COLOURS.get(entry.trust.label, "dim"))
    for reason in entry.trust.reasons:
        quote = " ".join(entry.body[reason.start : reason.end].split())[:_SHOWN]
        out.print(escape(f"  {reason.code}: {reason.message}{f' | {quote}' if quote else ''}"), style="dim")
