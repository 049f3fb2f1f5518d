"""Assess the trust of entries whose summary or abstract, or the version of the judge, has changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...index.analysis.korean import korean_analyzer
from ...index.catalog.base import CatalogStore, CatalogView
from ...index.domain.papers import Abstract
from ...index.domain.trust import Trust
from ...index.embeddings.base import Embedder
from ...index.engine.centering import LanguageMeans
from ...index.publishing import LARGE_ROWS
from ...index.util.batching import batches
from ..report import IngestReport
from ..trust.consistency.similarity import AbstractIndex
from ..trust.judge import TRUST_VERSION, Judge, SourcedSummary
from .change_writer import ChangeWriter
from .embedding_model import open_model

# Sentence vectors are centered on the mean of their batch. Batches are in the order of days and written atomically, so
# an interrupted run continues with the same batches, and thus the same verdicts, as an undisturbed one.
_BATCH = 256
_MIN_SUMMARIES_TO_RELEASE = 32  # summaries


def judge_entries(
    catalog: CatalogStore,
    change_writer: ChangeWriter,
    embedder: Callable[[], Embedder],
    on_step: Callable[[str], object],
    report: IngestReport,
) -> None:
    """Judge every entry without a verdict of this judge version and embedding model, in one transaction per batch.

    Args:
        catalog: the catalog.
        change_writer: rechunks papers of which a summary is found to be refused, or no longer so.
        embedder: opens the embedding model; called only if there is something to judge.
        on_step: callback for the name of each step, before it is taken.
        report: receives the number of judged entries.
    """
    with catalog.view() as view:
        judge_version = f"{TRUST_VERSION}|{view.model_id or ''}"
        stale = view.entries.without_verdict(judge_version)
        if not stale:
            return
        model = open_model(view, embedder)
        # The abstracts of a large index take much memory: the Korean analyzer and the model are not loaded at the same
        # time then, unless the summaries are too few to load the model twice.
        is_large = view.chunks.count() >= LARGE_ROWS and len(stale) >= _MIN_SUMMARIES_TO_RELEASE

        def release_if_large(release: Callable[[], object]) -> None:
            if is_large:
                release()

        release_if_large(model.release_memory)
        judge = Judge(model, _means(view), lambda: release_if_large(korean_analyzer().release))
        abstracts = _abstracts(view)
    for batch in batches(stale, _BATCH):
        on_step("judge")
        with catalog.view() as view:
            summaries = _summaries(view, batch)
        trusts = judge.judge(summaries, abstracts)
        on_step("write:trust")
        with catalog.write() as transaction:
            for summary, trust in zip(summaries, trusts, strict=True):
                transaction.entries.put_trust(summary.entry.digest_date, summary.entry.paper_id, trust, judge_version)
            changed = [
                summary.entry.paper_id
                for summary, trust in zip(summaries, trusts, strict=True)
                if _refusal_changed(summary, trust)
            ]
            change_writer.rechunk(transaction, list(dict.fromkeys(changed)))
            on_step("commit:trust")
        release_if_large(model.release_memory)
        report.judged += len(batch)


def _refusal_changed(summary: SourcedSummary, trust: Trust) -> bool:
    """Return whether a summary is refused and was not before, or the other way round."""
    before = summary.entry.trust
    return (before is not None and before.label == "refused") != (trust.label == "refused")


def _summaries(view: CatalogView, keys: Sequence[tuple[str, str]]) -> list[SourcedSummary]:
    sources = view.papers.sources(paper_id for _, paper_id in keys)
    entries = [stored[1] for day, paper_id in keys if (stored := view.entries.get(day, paper_id))]
    return [SourcedSummary(entry, *_title_and_text(sources.get(entry.paper_id))) for entry in entries]


def _title_and_text(source: Abstract | None) -> tuple[str, str]:
    return (source.title, source.text) if source else ("", "")


def _means(view: CatalogView) -> LanguageMeans | None:
    """Return the language means of the index's passages; None if it has none."""
    vectors = view.vectors.all(view.model_id or "", view.dimension)
    return LanguageMeans.of(vectors) if len(vectors.rows) else None


def _abstracts(view: CatalogView) -> AbstractIndex | None:
    """Return the abstracts of the index, to find summaries of another paper; None if there are too few."""
    model_id, dimension = view.model_id or "", view.dimension
    papers, matrix = view.vectors.of_abstracts(model_id, dimension)
    if len(set(papers)) < 2:
        return None
    texts = {source.paper_id: f"{source.title}\n{source.text}" for source in view.papers.sources(papers).values()}
    return AbstractIndex.of(papers, matrix, texts)
