"""What answers are worth: citations against judgments, quotations against chunks, refusals against what is known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ...api.answers.markdown import strip_markdown
from ...api.answers.rendering.layout import TITLE
from ...api.answers.rendering.messages import SOURCE_NOTES, is_boilerplate
from ...api.results import Answer
from ..runs.model import Outcome, Reply

_MARKER = re.compile(r"\[([^\[\]\s]+)\]")
_NOISE = re.compile(r"[\s\W]+")


def reply_of(answer: Answer) -> Reply:
    """What an answer says, checked against the chunks that it came with."""
    texts = {(hit.paper_id, item.chunk_id): item.text for hit in answer.hits for item in hit.evidence}
    verified = [
        one
        for one in answer.citations
        if one.quote.strip() and texts.get((one.paper_id, one.chunk_id), "")[one.start : one.end] == one.quote
    ]
    quotes = {(one.paper_id, strip_markdown(one.quote)) for one in verified}
    claims = [] if answer.abstained else _claims(answer.answer)
    supported = _is_cited if answer.writer == "generated" else _is_supported
    unsupported = sum(not supported(line, quotes) for line in claims)
    return Reply(
        answer.abstained,
        answer.reason,
        tuple(dict.fromkeys(one.paper_id for one in answer.citations)),
        len(answer.citations),
        len(verified),
        len(claims),
        unsupported,
        round(answer.hits[0].score, 6) if answer.hits else 0.0,
    )


def _claims(text: str) -> list[str]:
    """The lines of an answer that state something: all but its lead, its notices and the titles of papers."""
    lines = (" ".join(line.split()) for line in text.splitlines())
    return [line for line in lines if line and not TITLE.fullmatch(line) and not is_boilerplate(line)]


def _is_supported(line: str, quotes: Iterable[tuple[str, str]]) -> bool:
    """Whether a line is made up of quotations of papers that it names, and of nothing else but our warnings."""
    rest = line
    for paper, quote in sorted(quotes, key=lambda one: -len(one[1])):
        if f"[{paper}]" in line:
            rest = rest.replace(quote, "")
    found = rest != line
    rest = _MARKER.sub("", rest)
    for warning in SOURCE_NOTES:
        rest = rest.replace(warning, "")
    return found and not _NOISE.sub("", rest)


def _is_cited(line: str, quotes: Iterable[tuple[str, str]]) -> bool:
    """Whether a line in a model's words names papers, and only such as are quoted: its words were checked before."""
    named = set(_MARKER.findall(line))
    return bool(named) and named <= {paper for paper, _ in quotes}


def answer_measures(outcomes: Sequence[Outcome]) -> dict[str, dict[str, float]]:
    """Measures of each answered query, by query id: only those that are defined for it.

    - citation_precision: share of the cited papers that are relevant (queries that were answered).
    - citation_recall: share of the relevant papers that are cited (answerable queries; 0 where it abstained).
    - quotes_verified: share of citations that stand letter for letter in their chunk.
    - unsupported: share of the lines that state something which are more than the words of citations that stand in
      their chunks; of an answer that a language model wrote, which name a paper that is not quoted, or none.
    - abstention_precision: of the queries that it abstained from, those that nothing answers.
    - abstention_recall: of the queries that nothing answers, those that it abstained from.
    - correct: answered with a relevant paper among the cited, or abstained where nothing answers.
    """
    return {one.query_id: _measured(one, one.reply) for one in outcomes if one.reply and one.is_judged}


def _measured(outcome: Outcome, reply: Reply) -> dict[str, float]:
    hits = len(outcome.answering & set(reply.cited))
    values: dict[str, float] = {
        "correct": float(reply.abstained != outcome.answerable and (reply.abstained or hits > 0))
    }
    if reply.cited:
        values["citation_precision"] = hits / len(reply.cited)
    if outcome.answerable:
        values["citation_recall"] = hits / len(outcome.answering)
    else:
        values["abstention_recall"] = float(reply.abstained)
    if reply.abstained:
        values["abstention_precision"] = float(not outcome.answerable)
    if reply.quotes:
        values["quotes_verified"] = reply.verified / reply.quotes
    if reply.sentences:
        values["unsupported"] = reply.unsupported / reply.sentences
    return values


def risk_coverage(outcomes: Iterable[Outcome]) -> list[tuple[float, float]]:
    """Risk against coverage (El-Yaniv & Wiener 2010): points (coverage, risk), coverage rising from the surest query.

    Queries are taken from the most to the least confident, whether they were answered or not; risk is the share of
    those taken whose best paper is not relevant. Queries of equal confidence are taken together.
    """
    ranked = sorted(
        ((one.reply.confidence, one.place != 1) for one in outcomes if one.reply and one.is_judged), reverse=True
    )
    points: list[tuple[float, float]] = []
    wrong = 0
    for taken, (confidence, failed) in enumerate(ranked, start=1):
        wrong += failed
        if taken == len(ranked) or ranked[taken][0] != confidence:
            points.append((round(taken / len(ranked), 6), round(wrong / taken, 6)))
    return points


def area_under(points: Sequence[tuple[float, float]]) -> float:
    """Area under a risk–coverage curve: the mean risk over all coverages; lower is better."""
    area, before = 0.0, 0.0
    for coverage, risk in points:
        area += (coverage - before) * risk
        before = coverage
    return round(area, 6)
