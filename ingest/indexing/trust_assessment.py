"""Deciding how far to trust the entries whose words, abstract or judge have changed."""

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
from ..report import Report
from ..trust.consistency.similarity import Abstracts
from ..trust.judge import TRUST_VERSION, Judge, Subject
from .change_writer import Applier
from .embedding_model import open_model

# Sentences are centred on the mean of their batch. Batches follow the order of days and are stored whole, so a run that
# was cut short goes on with the very batches that an undisturbed one would have made.
_BATCH = 256
_WORTH_RESTING = 32  # summaries


def judge_entries(
    catalog: CatalogStore,
    applier: Applier,
    embedder: Callable[[], Embedder],
    step: Callable[[str], object],
    report: Report,
) -> None:
    """Judge every entry that another judge judged, or none yet, one transaction a batch.

    Args:
        catalog: where the entries are.
        applier: makes chunks anew where a summary turns out to be refused, or not to be.
        embedder: opens the embedder; called only when there is something to judge.
        step: told before each batch.
        report: is told how many.
    """
    with catalog.view() as view:
        recipe = f"{TRUST_VERSION}|{view.model_id or ''}"
        stale = view.entries.without_verdict(recipe)
        if not stale:
            return
        model = open_model(view, embedder)
        # Beside all abstracts of a large index, the analyser that reads a batch and the model that embeds take turns.
        # For a few the model is not worth loading twice.
        is_large = view.chunks.count() >= LARGE_ROWS and len(stale) >= _WORTH_RESTING

        def make_room(used: Callable[[], object]) -> None:
            if is_large:
                used()

        make_room(model.release_memory)
        judge = Judge(model, _means(view), lambda: make_room(korean_analyzer().release))
        abstracts = _abstracts(view)
    for part in batches(stale, _BATCH):
        step("judge")
        with catalog.view() as view:
            subjects = _subjects(view, part)
        trusts = judge.judge_all(subjects, abstracts)
        step("write:trust")
        with catalog.write() as transaction:
            for subject, trust in zip(subjects, trusts, strict=True):
                transaction.entries.put_trust(subject.entry.digest_date, subject.entry.paper_id, trust, recipe)
            turned = [one.entry.paper_id for one, trust in zip(subjects, trusts, strict=True) if _turned(one, trust)]
            applier.rechunk(transaction, list(dict.fromkeys(turned)))
            step("commit:trust")
        make_room(model.release_memory)
        report.judged += len(part)


def _turned(subject: Subject, trust: Trust) -> bool:
    """Whether a summary is found that was not, or the other way round."""
    before = subject.entry.trust
    return (before is not None and before.label == "refused") != (trust.label == "refused")


def _subjects(view: CatalogView, keys: Sequence[tuple[str, str]]) -> list[Subject]:
    sources = view.papers.sources(paper_id for _, paper_id in keys)
    found = [entry[1] for day, paper_id in keys if (entry := view.entries.get(day, paper_id))]
    return [Subject(entry, *_told(sources.get(entry.paper_id))) for entry in found]


def _told(source: Abstract | None) -> tuple[str, str]:
    return (source.title, source.text) if source else ("", "")


def _means(view: CatalogView) -> LanguageMeans | None:
    """Language means of the index's passages; None while it has none."""
    vectors = view.vectors.all(view.model_id or "", view.dimension)
    return LanguageMeans.of(vectors) if len(vectors.rows) else None


def _abstracts(view: CatalogView) -> Abstracts | None:
    """The abstracts of the index, to find summaries that stand under the wrong paper; None where there are too few."""
    model_id, dimension = view.model_id or "", view.dimension
    papers, matrix = view.vectors.of_abstracts(model_id, dimension)
    if len(set(papers)) < 2:
        return None
    texts = {one.paper_id: f"{one.title}\n{one.text}" for one in view.papers.sources(papers).values()}
    return Abstracts.of(papers, matrix, texts)
