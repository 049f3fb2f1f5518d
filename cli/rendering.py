"""Rendering of results in a terminal: answers, search results, papers, trust, status and reports of jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.text import Text

from ..api.answers.rendering.layout import LABEL, QUOTATION, TITLE
from ..api.answers.rendering.messages import SOURCE_NOTES
from ..api.results import (
    Answer,
    DigestDay,
    DigestDetails,
    Interpretation,
    PaperDetails,
    Results,
    Status,
    Translations,
)
from ..index.domain.explanations import Explanation
from ..index.domain.papers import Entry, paper_url
from ..index.domain.translations import Translation
from ..index.util.text import sanitize
from .output import err, escape, out

if TYPE_CHECKING:  # only the commands that ingest import it
    from ..ingest.report import IngestReport

_CAUTION = "yellow"
_UNTRUSTED = frozenset({"invented", "contradicted"})
_TRUST_COLORS = {"refused": "red", "invented": "red", "contradicted": "yellow"}
_EXCERPT_CHARS, _REASON_CHARS = 200, 160


# --- answers


def show_answer(answer: Answer) -> None:
    """Print an answer and the positions of its quotations; without links and colors unless to a terminal."""
    _show_interpretation(answer.interpretation)
    for number, line in enumerate(answer.answer.split("\n")):
        out.print(_styled(line, is_lead=not number, notes=answer.trust))
    if origin := _origin(answer):
        out.print(f"\n{origin}", style="dim")
    if answer.citations:
        out.print()
    for citation in answer.citations:
        label = f" {citation.trust}" if citation.trust else ""
        position = f"[{citation.paper_id}] {citation.chunk_id} {citation.start}-{citation.end}"
        out.print(
            Text.assemble((sanitize(position), "dim"), (label, _CAUTION if citation.trust in _UNTRUSTED else "dim"))
        )


def _show_interpretation(interpretation: Interpretation) -> None:
    """Print how a question was interpreted, where that differs from its wording."""
    lines: list[str] = []
    if interpretation.repeats:
        lines.append(f"again: {interpretation.repeats}")
    if interpretation.corrected:
        lines.append(f"read as: {interpretation.corrected}")
    if interpretation.since or interpretation.until:
        words = f"{interpretation.window} = " if interpretation.window else ""
        days = f"{interpretation.since or '…'} to {interpretation.until or '…'}"
        lines.append(f"days: {words}{days} ({interpretation.by})")
    for line in lines:
        out.print(escape(line), style="dim")


def _origin(answer: Answer) -> str:
    """Return a line on who wrote an answer, if a language model was asked."""
    dropped = f"{answer.dropped} sentence{'s' * (answer.dropped != 1)} without support removed"
    if answer.writer == "generated":
        return f"written by a language model and checked against the quotations below; {dropped}"
    if answer.why in {"no_model", "not_wanted", "abstained", "digest"}:
        return ""
    return f"quoted: no answer of the language model could be used ({answer.why}; {dropped})"


def _styled(line: str, *, is_lead: bool, notes: Sequence[str]) -> Text:
    if line in notes:
        return Text(sanitize(line), _CAUTION)
    if title := TITLE.fullmatch(line):
        url = sanitize(title["url"])
        return Text.assemble(
            (sanitize(title["title"]), f"bold link {url}"), " (", (url, f"link {url}"), ")", (title["days"], "dim")
        )
    if label := LABEL.fullmatch(line):
        return Text(sanitize(label["name"]), "bold")
    if quotation := QUOTATION.fullmatch(line):
        return _quotation(quotation["indent"], quotation["quote"], quotation["paper"], quotation["note"] or "")
    return Text(sanitize(line), "bold" if is_lead else "")


def _quotation(indent: str, quote: str, paper_id: str, mark: str) -> Text:
    is_warning = mark in SOURCE_NOTES and mark not in {"(초록)", "(abstract)"}
    return Text.assemble(
        f"{indent}- ",
        sanitize(quote),
        " ",
        (f"[{sanitize(paper_id)}]", f"dim link {paper_url(paper_id)}"),
        (f" {sanitize(mark)}" if mark else "", _CAUTION if is_warning else "dim"),
    )


# --- search results


def show_results(results: Results, explanations: Mapping[str, Explanation]) -> None:
    """Print search results, with score explanations by paper id where there are any."""
    _show_interpretation(results.interpretation)
    if not results.hits:
        out.print("nothing found; `nonmun status` shows what the index holds")
    for rank, hit in enumerate(results.hits, start=1):
        out.print(f"[bold]{rank:2}. {escape(hit.title or hit.paper_id)}[/bold]")
        out.print(escape(f"    {hit.paper_id}  {hit.score:.3f}  {hit.url}  {', '.join(hit.digest_dates)}"), style="dim")
        best = hit.evidence[0]
        text = " ".join(best.text.split())
        out.print(
            f"    {escape(text[:_EXCERPT_CHARS] + ('…' if len(text) > _EXCERPT_CHARS else ''))} "
            f"[dim]({', '.join(part for part in (best.source, best.section, best.trust) if part)})[/dim]"
        )
        if hit.paper_id in explanations:
            _show_explanation(explanations[hit.paper_id], rank)


def _show_explanation(explanation: Explanation, rank: int) -> None:
    if explanation.rank != rank:  # reordered by a cross-encoder, or by day for a question about days
        out.print(
            f"      {f'{explanation.rank}. by score' if explanation.rank else 'found by no channel'}",
            style="dim",
        )
    for channel in explanation.channels:
        place = f"rank {channel.rank}" if channel.rank else "not among its candidates"
        line = f"      {channel.channel:<8} {channel.share:+.3f}  {place:<12}  {channel.chunk_id or ''}"
        out.print(escape(line), style="dim")
    if explanation.translated:
        pairs = "; ".join(f"{term} = {', '.join(words)}" for term, words in explanation.translated.items())
        out.print(escape(f"      translated: {pairs}"), style="dim")
    matched = ", ".join(f"{term} {share:.2f}" for term, share in explanation.matched.items())
    missed = ", ".join(explanation.missed)
    out.print(escape(f"      matched: {matched or 'nothing'}; missed: {missed or 'nothing'}"), style="dim")


def show_translations(translations: Translations) -> None:
    """Print the translations of terms with their evidence."""
    if translations.pairs < translations.needed:
        out.print(
            f"nothing is learned yet: {translations.pairs} papers are here in both languages, "
            f"{translations.needed} are needed (abstracts come with `nonmun fetch`)"
        )
    else:
        out.print(f"learned from {translations.pairs} papers in both languages", style="dim")
    for term, of_term in translations.terms.items():
        shown = ", ".join(f"{item.term} {item.weight:.2f} ({_evidence(item)})" for item in of_term)
        out.print(escape(f"{term}: {shown or 'no translation'}"))


def _evidence(translation: Translation) -> str:
    sources = ["glossary"] if translation.given else []
    if translation.together > 0:
        sources.append(f"{translation.together} papers")
    return ", ".join(sources)


# --- papers, trust and status


def show_paper(details: PaperDetails) -> None:
    """Print a paper with its abstract, its digest entries and, if included, their history."""
    paper = details.paper
    out.print(f"[bold]{escape(paper.title or paper.paper_id)}[/bold]\n{paper.url}")
    source = paper.source
    origin = f"{source.origin}{f' v{source.version}' if source.version else ''}, {source.fetched_at or 'no date'}"
    status = origin if source.status == "found" else f"{source.status.replace('_', ' ')} {source.reason}".strip()
    published = f"published {paper.published}; " if paper.published else ""
    if paper.authors:
        out.print(escape(", ".join(paper.authors)))
    stated = (", ".join(paper.categories), paper.journal_ref, f"doi:{paper.doi}" if paper.doi else "", paper.comment)
    if any(stated):
        out.print(escape("; ".join(filter(None, stated))), style="dim")
    out.print(escape(f"{published}abstract: {status}"), style="dim")
    if paper.abstract:
        out.print(f"\n{escape(paper.abstract)}")
    for entry in details.entries:
        out.print(f"\n[bold]{entry.digest_date}[/bold] {escape(entry.url)}  ingested {entry.ingested_at}")
        show_trust(entry)
        out.print(escape(entry.body))
    for past in details.history:
        out.print(f"\n[bold]{past.digest_date}[/bold] {past.why} {past.ended_at} (ingested {past.ingested_at})")
        out.print(escape(past.body), style="dim")


def show_digests(days: Sequence[DigestDay]) -> None:
    """Print the days with digests, one a line."""
    for day in days:
        out.print(f"{day.digest_date}  {day.papers} papers, {day.new} new; summaries: {format_counts(day.labels)}")
    if not days:
        out.print("no digests")


def show_digest(digest: DigestDetails) -> None:
    """Print the papers of a day, in the order of the digest."""
    for number, entry in enumerate(digest.entries, start=1):
        paper = entry.paper
        out.print(f"[bold]{number:2}. {escape(paper.title or paper.paper_id)}[/bold]")
        out.print(escape(f"    {paper.paper_id}  {paper.url}  {'new' if entry.is_new else 'not new'}"), style="dim")
        out.print(f"    summary: {entry.trust}", style=_TRUST_COLORS.get(entry.trust, "dim"))
    out.print(f"digest before: {digest.previous or 'none'}, after: {digest.next or 'none'}", style="dim")


def show_trust(entry: Entry) -> None:
    """Print the trust label of an entry with its reasons, each with the text that it refers to."""
    if entry.trust is None:
        return
    wrong_paper = f"  wrong paper? nearest is {entry.trust.wrong_paper}" if entry.trust.wrong_paper else ""
    out.print(f"trust: {entry.trust.label}{wrong_paper}", style=_TRUST_COLORS.get(entry.trust.label, "dim"))
    for reason in entry.trust.reasons:
        quote = " ".join(entry.body[reason.start : reason.end].split())[:_REASON_CHARS]
        out.print(escape(f"  {reason.code}: {reason.message}{f' | {quote}' if quote else ''}"), style="dim")


def show_status(status: Status, engine: str) -> None:
    """Print counts and state of an index."""
    span = f" ({status.days[0]} … {status.days[-1]})" if status.days else ""
    out.print(
        f"{status.papers} papers, {status.abstracts} with abstract; "
        f"{status.entries} entries on {len(status.days)} days{span}\n"
        f"abstracts: {format_counts(status.sources)}; summaries: {format_counts(status.labels)}\n"
        f"{status.chunks} chunks, generation {status.generation}, revision {status.rev}, {status.problems} problems\n"
        f"embedding {escape(status.model_id or 'none yet')}, runs here on {engine}\n{escape(status.data)}"
    )


def format_counts(counts: Mapping[Any, int]) -> str:
    """Return non-zero counts with their names on one line."""
    return ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items() if count) or "none"


# --- reports of jobs


def show_report(report: IngestReport, *, pruned: bool) -> None:
    """Print what an ingest did.

    Args:
        report: the report.
        pruned: whether the entries that it lists for pruning were removed.
    """
    for problem in report.problems:
        err.print(escape(str(problem)), style="yellow")
    out.print(f"{report.days} days, {report.entries} entries, {report.papers} papers read")
    if report.did_nothing:
        out.print("nothing to do: the index already holds all of it")
    else:
        _show_changes(report)
    show_fetched(report)
    _show_pruned(report, pruned=pruned)
    if report.held_back:
        out.print(f"{report.held_back} left out: removed by hand before (--readmit takes them again)")
    problems = f", {len(report.problems)} problems (listed above)" if report.problems else ", no problems"
    out.print(f"the index holds {report.chunks} chunks, generation {report.generation}{problems}")


def _show_changes(report: IngestReport) -> None:
    removed = f", {report.removed} removed" if report.removed else ""
    out.print(
        f"entries: {report.new} new, {report.changed} changed, {report.unchanged} unchanged{removed}; "
        f"{report.abstracts} abstracts new or changed"
    )
    out.print(
        f"chunks: {report.chunks_added} added, {report.chunks_removed} removed, {report.embedded} embedded; "
        f"{report.judged} summaries judged"
    )


def show_fetched(report: IngestReport) -> None:
    """Print the counts of fetched abstracts, if any were requested."""
    if report.fetched or report.not_found or report.fetch_failed:
        failed = f", {report.fetch_failed} failed (the next fetch tries them again)" if report.fetch_failed else ""
        out.print(f"fetched {report.fetched} abstracts, {report.not_found} not found{failed}")


def _show_pruned(report: IngestReport, *, pruned: bool) -> None:
    for day, paper_id in report.pruned:
        out.print(f"{'removed' if pruned else 'would remove'} {paper_id}@{day}")
    if report.pruned and not pruned:
        out.print(f"{len(report.pruned)} entries are in the index but not in these paths; --prune --yes removes them")
