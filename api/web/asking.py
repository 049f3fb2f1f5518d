"""What the page for asking shows of an answer, as plain values: for its template and, as JSON, for its script."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

from ...index.analysis.language import language
from ...index.domain.errors import InputError
from ...index.domain.filters import Filter
from ...index.domain.hits import Citation, Confidence, Hit
from ...index.domain.papers import Language
from ...index.domain.trust import Label
from ...index.facts.latex import render_latex
from ...index.query.question import Inference
from ..answers.markdown import strip_markdown
from ..answers.rendering.layout import display_title
from ..conversation.turns import MAX_TURNS, Turn
from ..results import Answer, Interpretation
from . import views
from .texts import Texts

Fields = Sequence[tuple[str, str]]
"""The fields of a form with their values, in order."""

_MAX_TURN_CHARACTERS = 4_000  # of the turns in an address; percent-encoded, Korean takes nine times as many


@dataclass(frozen=True, slots=True)
class Quotation:
    """A numbered quotation.

    Attributes:
        number: its number, from 1.
        paper_id: arXiv id of its paper.
        title: title of its paper.
        text: the quoted words without Markdown.
        before, after: the words around them, without Markdown.
        href: path of the place where it stands, relative to the root of the service.
        entry: ISO date of the digest that is quoted; None for an abstract.
        label: trust label of the summary that is quoted; None for an abstract.
        url: address of the paper.
        lang: language of the quoted words.
    """

    number: int
    paper_id: str
    title: str
    text: str
    before: str
    after: str
    href: str
    entry: str | None
    label: Label | None
    url: str
    lang: Language

    @classmethod
    def of(cls, number: int, citation: Citation, hits: Mapping[str, Hit]) -> Quotation:
        """Return the view of a citation.

        Args:
            number: its number.
            citation: the citation.
            hits: the papers of the answer by id.
        """
        hit = hits.get(citation.paper_id)
        return cls(
            number,
            citation.paper_id,
            render_latex(display_title(hit)) if hit else citation.paper_id,
            strip_markdown(citation.quote),
            strip_markdown(citation.prefix),
            strip_markdown(citation.suffix),
            views.place_of(citation),
            citation.entry,
            citation.trust,
            hit.url if hit else f"https://arxiv.org/abs/{citation.paper_id}",
            language(citation.quote),
        )


def quotations_of(answer: Answer) -> tuple[Quotation, ...]:
    """Return the numbered quotations of an answer."""
    hits = {hit.paper_id: hit for hit in answer.hits}
    return tuple(Quotation.of(number, citation, hits) for number, citation in enumerate(answer.citations, start=1))


@dataclass(frozen=True, slots=True)
class AnswerView:
    """An answer as it is shown.

    Attributes:
        question: the question as asked.
        query: the query string that asks it, with its conditions and the turns before it.
        lang: language of the answer.
        confidence: how surely it answers.
        is_written: whether a language model wrote it.
        chips: what the question was understood as, and its conditions.
        lines: the parts of the text.
        quotations: the quotations behind them.
        unsupported: words of the question that no text holds.
        hint: what the index has, where nothing in it meets the conditions; empty otherwise.
        turn: this turn, as the form of a follow-up sends it.
        seal: what sharing and judging the answer sends back; empty where neither is possible.
    """

    question: str
    query: str
    lang: Language
    confidence: Confidence
    is_written: bool
    chips: tuple[views.Chip, ...]
    lines: tuple[views.AnswerLine, ...]
    quotations: tuple[Quotation, ...]
    unsupported: tuple[str, ...]
    hint: str
    turn: str
    seal: str = ""

    @classmethod
    def of(
        cls,
        answer: Answer,
        form: Fields,
        where: Filter,
        texts: Texts,
        names: Mapping[str, str],
        seal: str = "",
        days: Sequence[str] = (),
    ) -> AnswerView:
        """Return the view of an answer.

        Args:
            answer: the answer.
            form: the fields of the form that asked for it.
            where: the filter that they make.
            texts: the words of the page.
            names: names of the fields of the filter, as shown.
            seal: the sealed answer.
            days: ISO dates of the digests, ascending.
        """
        hits = {hit.paper_id: hit for hit in answer.hits}
        return cls(
            answer.question,
            urlencode([(key, value) for key, value in form if key != "lang"]),
            answer.interpretation.answer_lang,
            answer.confidence,
            answer.writer == "generated",
            chips(answer.interpretation, form, where, texts, names, hits),
            tuple(views.answer_lines(answer)),
            quotations_of(answer),
            answer.unsupported,
            texts("index_days", first=days[0], last=days[-1]) if days and answer.reason == "outside_window" else "",
            turn_field(Turn.of(answer)),
            seal,
        )

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON-serializable fields by name."""
        return asdict(self)


def chips(
    reading: Interpretation,
    form: Fields,
    where: Filter,
    texts: Texts,
    names: Mapping[str, str],
    hits: Mapping[str, Hit],
) -> tuple[views.Chip, ...]:
    """Return what a question was understood as, each with the query string that takes it back.

    Args:
        reading: how the question was understood.
        form: the fields of the form that asked for it.
        where: the filter that they make.
        texts: the words of the page.
        names: names of the fields of the filter, as shown.
        hits: the papers found, by id.
    """
    understood: list[tuple[Inference, str]] = []
    if reading.corrected:
        understood.append(("spelling", texts("corrected", text=reading.corrected)))
    if reading.window:
        days = " – ".join(dict.fromkeys(day or "…" for day in (reading.since, reading.until)))
        understood.append(("window", f"{reading.window} = {days}"))
    if reading.section:
        understood.append(("section", f"{texts('section')}: {texts(f'section_{reading.section}')}"))
    if reading.papers:
        shown = [render_latex(display_title(hits[paper])) if paper in hits else paper for paper in reading.papers]
        understood.append(("papers", f"{texts('papers')}: {', '.join(shown)}"))
    return (
        *(views.Chip(text, f"?{urlencode([*form, ('ignore', inference)])}") for inference, text in understood),
        *views.filter_chips(where, form, names, texts.all),
    )


def turn_field(turn: Turn) -> str:
    """Return a turn as the field of a form: its JSON, without what is not given."""
    fields = {key: value for key, value in asdict(turn).items() if value and (key, value) != ("by", "digest")}
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":"))


def parse_turns(form: Fields) -> list[dict[str, Any]]:
    """Return the fields of the turns that a form sends, oldest first; their values are not checked.

    Raises:
        InputError: one is not a JSON object.
    """
    turns: list[dict[str, Any]] = []
    for key, value in form:
        if key == "turn":
            try:
                turn = json.loads(value)
            except (ValueError, RecursionError):
                turn = None
            if not isinstance(turn, dict):
                raise InputError("turn", "is not a turn of a conversation; follow the links of the page")
            turns.append(turn)
    return turns[-MAX_TURNS:]


def following_turns(form: Fields, latest: str) -> list[str]:
    """Return the turns that the form of the next question sends, oldest first: the latest that an address can hold.

    Args:
        form: the fields of the form that asked the question before.
        latest: the turn of that question.
    """
    turns: list[str] = []
    for turn in [latest, *reversed([value for key, value in form if key == "turn"])]:
        if turns and sum(map(len, turns)) + len(turn) > _MAX_TURN_CHARACTERS:
            break
        turns.insert(0, turn)
    return turns[-MAX_TURNS:]
