"""What the pages of days and weeks show: papers, each with a sentence that says what it is, and their topics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ...index.domain.papers import Language, Paper
from ...index.domain.trust import Label
from ...index.facts.latex import render_latex
from ..answers.markdown import strip_markdown
from ..answers.quotations import Quotation
from ..answers.rendering.layout import display_title
from ..results import DigestDetails
from .topics import Topic
from .views import place_of


@dataclass(frozen=True, slots=True)
class Lead:
    """A sentence that says what a paper is.

    Attributes:
        text: the sentence without Markdown.
        lang: its language.
        href: path of the place where it stands.
    """

    text: str
    lang: Language
    href: str


@dataclass(frozen=True, slots=True)
class ListedPaper:
    """A paper of a day or a week.

    Attributes:
        paper: the paper.
        title: its title.
        is_new: whether no digest before has it.
        days: the days in question with a digest that has it, oldest first.
        labels: the trust labels of its summaries of these days, each once.
        lead: a sentence that says what it is; None if nothing can be quoted.
    """

    paper: Paper
    title: str
    is_new: bool
    days: tuple[str, ...]
    labels: tuple[Label, ...]
    lead: Lead | None


def listed_papers(days: Iterable[DigestDetails], leads: Mapping[str, Quotation]) -> list[ListedPaper]:
    """Return the papers of some days, each once, in the order of the digests.

    Args:
        days: the days, oldest first.
        leads: sentences that say what papers are, by paper id.
    """
    papers: dict[str, Paper] = {}
    labels: dict[str, dict[str, Label]] = {}
    for day in days:
        for entry in day.entries:
            papers.setdefault(entry.paper.paper_id, entry.paper)
            labels.setdefault(entry.paper.paper_id, {})[day.digest_date] = entry.trust
    return [
        ListedPaper(
            paper,
            render_latex(display_title(paper)),
            paper.digest_dates[0] in labels[paper_id],
            tuple(labels[paper_id]),
            tuple(dict.fromkeys(labels[paper_id].values())),
            _lead(leads.get(paper_id)),
        )
        for paper_id, paper in papers.items()
    ]


def _lead(quotation: Quotation | None) -> Lead | None:
    if quotation is None:
        return None
    citation = quotation.citation
    return Lead(strip_markdown(citation.quote), quotation.lang, place_of(citation))


@dataclass(frozen=True, slots=True)
class TopicView:
    """Papers of one topic.

    Attributes:
        labels: words that distinguish it; none for papers of no topic.
        papers: the papers.
    """

    labels: tuple[str, ...]
    papers: tuple[ListedPaper, ...]

    @property
    def count(self) -> int:
        """Number of its papers."""
        return len(self.papers)

    @property
    def new(self) -> int:
        """Number of those that no digest before has."""
        return sum(view.is_new for view in self.papers)


def topic_views(topics: Sequence[Topic], papers: Sequence[ListedPaper]) -> list[TopicView]:
    """Return papers by topic; those of no topic come last."""
    by_id = {view.paper.paper_id: view for view in papers}
    views = [TopicView(topic.labels, tuple(by_id[key] for key in topic.paper_ids)) for topic in topics if topic.labels]
    grouped = {view.paper.paper_id for topic in views for view in topic.papers}
    rest = tuple(view for view in papers if view.paper.paper_id not in grouped)
    return [*views, TopicView((), rest)] if rest else views
