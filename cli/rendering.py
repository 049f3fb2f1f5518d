"""An answer in a terminal: its lead, quotations under their papers' titles, links, what is in doubt in colour."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from ..api.answers.rendering.layout import QUOTATION, TITLE
from ..api.answers.rendering.messages import SOURCE_NOTES
from ..api.results import Answer
from ..index.domain.papers import paper_url
from ..index.util.text import clean
from .options import understood
from .output import escape, out

_DOUBT = "yellow"
_DOUBTS = frozenset({"invented", "contradicted"})


def show_answer(answer: Answer) -> None:
    """Print an answer, then where its quotations stand; nothing but text where no terminal reads it."""
    show_lines(understood(answer.interpretation))
    for number, line in enumerate(answer.answer.split("\n")):
        out.print(_styled(line, is_lead=not number, notes=answer.trust))
    if said := _who_wrote(answer):
        out.print(f"\n{said}", style="dim")
    if answer.citations:
        out.print()
    for citation in answer.citations:
        label = f" {citation.trust}" if citation.trust else ""
        spot = f"[{citation.paper_id}] {citation.chunk_id} {citation.start}-{citation.end}"
        out.print(Text.assemble((clean(spot), "dim"), (label, _DOUBT if citation.trust in _DOUBTS else "dim")))


def _who_wrote(answer: Answer) -> str:
    """One line on whose words these are, where a language model was asked."""
    dropped = f"{answer.dropped} sentence{'s' * (answer.dropped != 1)} without support removed"
    if answer.writer == "generated":
        return f"written by a language model and checked against the quotations below; {dropped}"
    if answer.why in {"no_model", "not_wanted", "abstained", "digest"}:
        return ""
    return f"quoted: no answer of the language model could be used ({answer.why}; {dropped})"


def show_lines(lines: Sequence[str]) -> None:
    """Print lines that are not the answer itself."""
    for line in lines:
        out.print(escape(line), style="dim")


def _styled(line: str, *, is_lead: bool, notes: Sequence[str]) -> Text:
    if line in notes:
        return Text(clean(line), _DOUBT)
    if found := TITLE.fullmatch(line):
        url = clean(found["url"])
        return Text.assemble(
            (clean(found["title"]), f"bold link {url}"), " (", (url, f"link {url}"), ")", (found["days"], "dim")
        )
    if found := QUOTATION.fullmatch(line):
        return _quotation(found["indent"], found["quote"], found["paper"], found["note"] or "")
    return Text(clean(line), "bold" if is_lead else "")


def _quotation(indent: str, quote: str, paper: str, mark: str) -> Text:
    doubtful = mark in SOURCE_NOTES and mark not in {"(초록)", "(abstract)"}
    return Text.assemble(
        f"{indent}- ",
        clean(quote),
        " ",
        (f"[{clean(paper)}]", f"dim link {paper_url(paper)}"),
        (f" {clean(mark)}" if mark else "", _DOUBT if doubtful else "dim"),
    )
