"""Overviews: what many papers are, read without a question: their sentences, and what their topics are found by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from ..analysis.language import has_hangul
from ..domain.chunks import Chunk
from ..domain.filters import Filter
from ..domain.hits import Evidence, Hit
from ..domain.vectors import Matrix, Vectors, unit_rows
from .scored_sentences import ScoredSentences
from .sentence_reader import PaperChunks, SentenceReader
from .snapshot import IndexSnapshot

_TOPICAL = ("motivation", "contributions", "architecture", "other", "abstract")  # sections whose words name topics


@dataclass(frozen=True, slots=True, eq=False)
class PaperSubject:
    """What tells the subject of a paper.

    Attributes:
        paper_id: the paper.
        vector: float32 (d,), centered, unit length; the mean of its abstract's and its summaries' chunks, half each.
        title: its title.
        text: its abstract; without one, the texts of its summaries.
        nouns: the Korean nouns of its summaries, if it has no abstract.
    """

    paper_id: str
    vector: Matrix
    title: str
    text: str
    nouns: frozenset[str]


def read_sentences(
    snapshot: IndexSnapshot, where: Filter, reader: SentenceReader
) -> dict[str, tuple[Hit, ScoredSentences]]:
    """Return the papers that pass a filter, with their chunks that do as evidence and the sentences of these, by id.

    Args:
        snapshot: the index.
        where: the filter.
        reader: reads the sentences, which are scored by centrality alone.
    """
    view = snapshot.view
    by_paper: dict[str, list[tuple[int, Chunk]]] = {}
    for row, chunk in sorted(view.chunks.intact_by_rows(view.chunks.rows(where).tolist()).items()):
        by_paper.setdefault(chunk.paper_id, []).append((row, chunk))
    papers = view.papers.by_ids(by_paper)
    bodies, labels = view.entries.bodies(papers), view.entries.labels(papers)
    read = {key: PaperChunks(papers[key].title, items) for key, items in by_paper.items() if key in papers}
    scored = reader.score_centrality(snapshot, read)
    found: dict[str, tuple[Hit, ScoredSentences]] = {}
    for paper_id, sentences in scored.items():
        paper = papers[paper_id]
        evidence = tuple(
            Evidence(
                chunk.chunk_id,
                chunk.source,
                chunk.section,
                chunk.lang,
                chunk.text,
                0.0,
                labels.get((paper_id, chunk.digest_date or "")),
                chunk.digest_date,
                chunk.find_in(bodies, paper.abstract),
            )
            for _, chunk in by_paper[paper_id]
        )
        found[paper_id] = Hit(paper_id, paper.title, 0.0, paper.digest_dates, paper.url, evidence), sentences
    return found


def read_subjects(snapshot: IndexSnapshot, paper_ids: Iterable[str]) -> list[PaperSubject]:
    """Return the subjects of papers, in their order; those without a chunk with a vector are left out.

    Args:
        snapshot: the index.
        paper_ids: the papers.
    """
    view, wanted = snapshot.view, list(dict.fromkeys(paper_ids))
    papers = view.papers.by_ids(wanted)
    by_hash = {
        row: (chunk, chunk.passage_hash)
        for row, chunk in view.chunks.of_papers(wanted).items()
        if chunk.section in _TOPICAL or chunk.source == "abstract"
    }
    vectors = view.vectors.of_passages({key for _, key in by_hash.values()}, view.model_id or "", view.dimension)
    known = [(row, chunk, vectors[key]) for row, (chunk, key) in by_hash.items() if key in vectors]
    if not known:
        return []
    korean = np.array([chunk.lang == "ko" for _, chunk, _ in known])
    matrix = np.stack([vector for _, _, vector in known])
    centered = snapshot.engine.means.center(Vectors(np.arange(len(known)), korean, matrix))
    of_paper: dict[str, dict[str, list[int]]] = {}
    for at, (_, chunk, _) in enumerate(known):
        of_paper.setdefault(chunk.paper_id, {}).setdefault(chunk.source, []).append(at)
    summaries = {
        row: chunk
        for row, chunk, _ in known
        if chunk.source == "summary" and chunk.paper_id in papers and not papers[chunk.paper_id].abstract
    }
    terms = view.terms.by_rows(summaries)
    texts: dict[str, list[str]] = {}
    nouns: dict[str, set[str]] = {}
    for row, chunk in summaries.items():
        texts.setdefault(chunk.paper_id, []).append(chunk.text)
        words = terms.get(row, "").split()
        # The other index terms of Korean are verbs and adjectives, in the form of a dictionary.
        found = {word for word in words if has_hangul(word) and not word.endswith("다") and word in chunk.text}
        nouns.setdefault(chunk.paper_id, set()).update(word for word in found if len(word) > 1)
    subjects: list[PaperSubject] = []
    for paper_id in wanted:
        if paper_id not in of_paper or paper_id not in papers:
            continue
        means = unit_rows([centered[places].mean(axis=0) for places in of_paper[paper_id].values()])
        vector = unit_rows(means.mean(axis=0)[None])[0]
        paper = papers[paper_id]
        text = paper.abstract or "\n".join(texts.get(paper_id, ()))
        subjects.append(PaperSubject(paper_id, vector, paper.title, text, frozenset(nouns.get(paper_id, ()))))
    return subjects
