"""Overviews of many papers, read without a question: a sentence that says what each is, and their subjects."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from ..index.domain.filters import Filter
from ..index.domain.papers import Language
from ..index.retrieval.overview import PaperSubject
from .answers.paper_sentences import PaperSentences
from .answers.quotations import Quotation
from .resources import Resources


class Overviews:
    """Reads overviews. Safe to share between threads.

    Args:
        resources: the searcher.
    """

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    def leads(self, paper_ids: Iterable[str], since: date, until: date, lang: Language) -> dict[str, Quotation]:
        """Return a sentence for each paper in the digests of some days that says what it is.

        It is from a summary of these days, as in the answer to a question for them; where no summary can be quoted, it
        is from the abstract.

        Args:
            paper_ids: the papers in these digests.
            since: the first day.
            until: the last day.
            lang: the language to prefer.

        Returns:
            The quotations by paper id; papers with nothing to quote are left out.

        Raises:
            ConfigError: the index was built with another embedding model, or the library is closed.
        """
        found = self._defining(Filter(since=since, until=until, source="summary"), lang)
        if lacking := sorted(set(paper_ids) - found.keys()):
            found |= self._defining(Filter(papers=tuple(lacking), source="abstract"), lang)
        return found

    def _defining(self, where: Filter, lang: Language) -> dict[str, Quotation]:
        """Return the defining sentences of the papers that pass a filter, among the texts that do, by paper id."""
        found: dict[str, Quotation] = {}
        for paper_id, (hit, scored) in self._resources.searcher.read_sentences(where).items():
            sentences = PaperSentences(hit, scored, lang)
            if best := sentences.defining():
                found[paper_id] = sentences.quotation(best[0])
        return found

    def subjects(self, paper_ids: Iterable[str]) -> list[PaperSubject]:
        """Return what tells the subjects of papers, in their order; those without any text are left out.

        Raises:
            ConfigError: the index was built with another embedding model, or the library is closed.
        """
        return self._resources.searcher.read_subjects(paper_ids)
