"""What an index holds, read as it is: papers, entries, chunks, counts."""

from __future__ import annotations

from collections.abc import Iterable

from ..index.domain.arxiv_ids import parse_arxiv_id
from ..index.domain.chunks import Chunk
from ..index.domain.errors import InputError, NotFoundError
from ..index.domain.papers import Entry, Paper, SourceStatus, paper_url
from ..index.domain.trust import Label
from ..index.engine.base import EngineOptions
from ..index.engine.local import LocalEngine
from .maintenance import Keeper
from .results import PaperDetails, Status


class Reader(Keeper):
    """The side of a `Library` that shows what is stored, without a question."""

    def paper(self, paper_id: str, *, history: bool = False) -> PaperDetails:
        """A paper with everything that digests say of it, and where `history` is true what they said before.

        Raises:
            InputError: `paper_id` is no arXiv id.
            NotFoundError: the paper is not in the index, and has no history that was asked for.
        """
        parsed = parse_arxiv_id(paper_id)
        if parsed is None:
            raise InputError("paper_id", f"{paper_id[:60]!r} is no arXiv id, such as 2505.09264")
        key = parsed.paper_id
        with self._catalog.view() as view:
            past = view.entries.revisions(key) if history else []
            found = view.papers.by_ids([key]).get(key)
            if found is None and not past:
                raise NotFoundError(f"{key} is not in the index")
            shown = found or Paper(key, past[-1].title, "", paper_url(key))
            return PaperDetails(shown, tuple(view.entries.of_paper(key)), tuple(past))

    def entries(self, label: Label | None = None) -> tuple[Entry, ...]:
        """The entries that carry a trust label, or all, oldest day first."""
        with self._catalog.view() as view:
            return tuple(view.entries.with_label(label))

    def papers(self, status: SourceStatus | None = None) -> tuple[Paper, ...]:
        """The papers whose source has a status, or all, by id."""
        with self._catalog.view() as view:
            found = view.papers.by_ids(view.papers.ids())
        return tuple(paper for _, paper in sorted(found.items()) if status in {None, paper.source.status})

    def chunks(self) -> tuple[Chunk, ...]:
        """Every chunk that can be found."""
        with self._catalog.view() as view:
            return tuple(view.chunks.all())

    def document_frequency(self, terms: Iterable[str] | None = None) -> dict[str, int]:
        """Count the chunks that hold each of some index terms, by default of all; terms in no chunk are left out."""
        with self._catalog.view() as view:
            return view.terms.document_frequency(terms)

    def chunk_ids(self, among: Iterable[str]) -> set[str]:
        """Which of some chunk ids are in the index."""
        with self._catalog.view() as view:
            return view.chunks.existing_ids(among)

    def status(self) -> Status:
        """What is here."""
        with self._catalog.view() as view:
            counts = view.counts()
            return Status(
                papers=counts.papers,
                entries=counts.entries,
                chunks=counts.chunks,
                generation=LocalEngine.open(EngineOptions(self.settings.data / "generations", "", 0)).status().version,
                documents=counts.documents,
                abstracts=counts.abstracts,
                problems=counts.problems,
                model_id=view.model_id,
                rev=view.revision,
                data=str(self.settings.data),
                days=view.entries.days(),
                labels=view.entries.label_counts(),
                sources=view.papers.status_counts(),
            )
