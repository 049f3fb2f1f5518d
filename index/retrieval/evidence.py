"""Evidence: turn ranked papers into hits with the chunks that support them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from ..domain.chunks import Chunk
from ..domain.hits import Evidence, Hit
from ..domain.papers import Paper
from .abstention import relevant_papers
from .candidates import ScoredChannels
from .contradictions import contradictions
from .fusion import RankedPaper, ScoredChunk, rank
from .request import SearchResult

_CHUNKS_A_HIT = 3


def gather_evidence(scored: ScoredChannels, ranking: Sequence[RankedPaper], whole_papers: int = 0) -> SearchResult:
    """Return the result of a search: hits with their evidence, and the facts that the answer needs. Timings are empty.

    Args:
        scored: the query and its scores.
        ranking: the papers to return, best first.
        whole_papers: this many of the best papers get all their chunks as evidence, the others the best ones.
    """
    query, snapshot = scored.query, scored.snapshot
    question, view = query.question, snapshot.view
    is_digest = question.intent == "digest"
    wholly = ranking if is_digest and whole_papers else ranking[:whole_papers]
    candidates = scored.of_papers([paper.paper_id for paper in wholly])
    whole = {
        paper.paper_id: paper for paper in rank(candidates, scored.channels, query.config, section=question.section)
    }
    shown = {paper.paper_id: _evidence_chunks(paper, whole.get(paper.paper_id)) for paper in ranking}
    chunks = view.chunks.by_rows(item.chunk.row for items in shown.values() for item in items)
    papers = view.papers.by_ids([*question.paper_ids, *shown])
    hits = tuple(_hit(papers[paper.paper_id], paper, shown[paper.paper_id], chunks) for paper in ranking)
    return SearchResult(
        question=question,
        where=query.where,
        hits=hits,
        generation=snapshot.engine.version,
        known=tuple(paper_id for paper_id in question.paper_ids if paper_id in papers),
        empty=view.chunks.count() == 0,
        relevant=relevant_papers(query, ranking, snapshot.engine.artifacts.calibration),
        total=view.chunks.paper_count(query.where) if is_digest and query.where else None,
        weights=query.information,
        contradictions=contradictions(view, hits) if whole_papers else (),
        vector=query.vector,
        timings={},
    )


def _evidence_chunks(paper: RankedPaper, whole: RankedPaper | None) -> tuple[ScoredChunk, ...]:
    return whole.chunks if whole else paper.chunks[:_CHUNKS_A_HIT]


def _hit(paper: Paper, ranked: RankedPaper, shown: Iterable[ScoredChunk], chunks: Mapping[int, Chunk]) -> Hit:
    evidence = tuple(_evidence(item, chunks[item.chunk.row]) for item in shown)
    return Hit(paper.paper_id, paper.title, round(ranked.score, 6), paper.digest_dates, paper.url, evidence)


def _evidence(item: ScoredChunk, chunk: Chunk) -> Evidence:
    score = round(item.score, 6)
    return Evidence(chunk.chunk_id, chunk.source, chunk.section, chunk.lang, chunk.text, score, item.chunk.trust)
