"""Why papers rank where they do, as the page of a search shows it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ...index.analysis.analyzer import terms
from ...index.analysis.language import has_hangul
from ...index.analysis.latin import latin_terms
from ...index.domain.explanations import Contribution, Explanation
from ..results import PaperDetails
from .texts import Texts

_WORD = re.compile(r"\w(?:[\w.+-]*[\w+])?")


@dataclass(frozen=True, slots=True)
class ChannelView:
    """What one channel contributes to a paper's score.

    Attributes:
        name: the channel, as shown.
        rank: the paper's rank by it alone; None where it does not rank the paper.
        share: what it adds to the score.
        percent: that as a share of the best score of the page, 0 to 100.
    """

    name: str
    rank: int | None
    share: float
    percent: float


@dataclass(frozen=True, slots=True)
class ExplanationView:
    """Why a paper ranks where it does.

    Attributes:
        rank: its rank by score; None where no channel proposed it.
        score: its score.
        channels: the contributions.
        matched: words of the question that its texts hold, with their share of the question's information in percent.
        translated: words of the question of which they hold translations, with these.
        missed: words of the question of which they hold neither.
    """

    rank: int | None
    score: float
    channels: tuple[ChannelView, ...]
    matched: tuple[tuple[str, int], ...]
    translated: tuple[tuple[str, tuple[str, ...]], ...]
    missed: tuple[str, ...]


def explanation_views(
    explanations: Sequence[Explanation], papers: Mapping[str, PaperDetails], question: str, texts: Texts
) -> dict[str, ExplanationView]:
    """Return explanations by paper id, with words as they stand in the question and in the texts.

    Args:
        explanations: the explanations.
        papers: the papers by id.
        question: the question.
        texts: the words of the page.
    """
    best = max((item.share for each in explanations for item in each.channels), default=0.0)
    best = max(best, max((each.score for each in explanations), default=0.0))
    asked = {term: word for word in reversed(_WORD.findall(question)) for term in terms(word)}
    return {each.paper_id: _view(each, best, asked, papers.get(each.paper_id), texts) for each in explanations}


def _view(
    explanation: Explanation, best: float, asked: Mapping[str, str], paper: PaperDetails | None, texts: Texts
) -> ExplanationView:
    translations = {word for found in explanation.translated.values() for word in found}
    sources = [paper.paper.title, paper.paper.abstract, *(entry.body for entry in paper.entries)] if paper else []
    written = _written(translations, sources)
    return ExplanationView(
        explanation.rank,
        explanation.score,
        tuple(_channel(item, best, texts) for item in explanation.channels),
        tuple((_shown(name, asked), round(100 * share)) for name, share in explanation.matched.items()),
        tuple(
            (_shown(name, asked), tuple(dict.fromkeys(written.get(term, term) for term in found)))
            for name, found in explanation.translated.items()
        ),
        tuple(dict.fromkeys(_shown(name, asked) for name in explanation.missed)),
    )


def _channel(item: Contribution, best: float, texts: Texts) -> ChannelView:
    percent = 100 * item.share / best if best > 0 else 0.0
    name = texts.all.get(f"channel_{item.channel}", item.channel)
    return ChannelView(name, item.rank, item.share, round(min(100.0, max(0.0, percent)), 1))


def _shown(name: str, asked: Mapping[str, str]) -> str:
    """Return the words of a question that one or two adjacent terms of it stand for."""
    if has_hangul(name):  # Korean terms are words themselves; what stands in the question has particles
        return name
    return " ".join(asked.get(term, term) for term in name.split())


def _written(wanted: Iterable[str], sources: Iterable[str]) -> dict[str, str]:
    """Return how English terms, which are stems, stand in some texts; those that do not are left out."""
    lacking = {term for term in wanted if not has_hangul(term)}
    found: dict[str, str] = {}
    for text in sources:
        if not lacking:
            break
        for word in sorted(dict.fromkeys(_WORD.findall(text)), key=len):  # "anomaly" before "Anomaly-Driven"
            for term in lacking.intersection(latin_terms(word)):
                found[term] = word
                lacking.remove(term)
    return found
