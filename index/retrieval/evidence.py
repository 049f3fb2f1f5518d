"""Evidence: turn ranked papers into hits with the chunks that support them."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from ..analysis.records import record_chunks
from ..domain.chunks import Chunk
from ..domain.hits import Evidence, Hit
from ..domain.papers import Paper
from ..query.intent import requests_papers
from ..query.question import Question
from .abstention import assess
from .candidates import ScoredChannels
from .contradictions import contradictions
from .fusion import RankedPaper, ScoredChunk, rank
from .request import SearchResult
from .sentence_reader import PaperChunks, SentenceReader

_CHUNKS_A_HIT = 3
_log = logging.getLogger(__name__)


def gather_evidence(
    scored: ScoredChannels, ranking: Sequence[RankedPaper], reader: SentenceReader | None = None
) -> SearchResult:
    """Return the result of a search: hits with their evidence, and the facts that the answer needs. Timings are empty.

    Args:
        scored: the query and its scores.
        ranking: the papers to return, best first.
        reader: scores the sentences of all chunks of the papers; None returns the best chunks alone.
    """
    query, snapshot = scored.query, scored.snapshot
    question, view = query.question, snapshot.view
    is_digest = question.intent == "digest"
    whole: dict[str, RankedPaper] = {}
    if reader:
        candidates = scored.of_papers([paper.paper_id for paper in ranking])
        ranked = rank(candidates, scored.channels, query.config, section=question.section)
        whole = {paper.paper_id: paper for paper in ranked}
    shown = {paper.paper_id: _evidence_chunks(paper, whole.get(paper.paper_id)) for paper in ranking}
    chunks = view.chunks.intact_by_rows(item.chunk.row for items in shown.values() for item in items)
    damaged = [item.chunk.chunk_id for items in shown.values() for item in items if item.chunk.row not in chunks]
    if damaged:  # no changed word is ever quoted; what is left of the paper still answers
        _log.error("%s: the stored text has changed on the disk; run `nonmun doctor`", ", ".join(damaged))
        shown = {
            paper_id: tuple(item for item in items if item.chunk.row in chunks) for paper_id, items in shown.items()
        }
    papers = view.papers.by_ids([*question.paper_ids, *shown])
    if unknown := [paper.paper_id for paper in ranking if paper.paper_id not in papers]:
        _log.error("%s: has chunks, but is no paper of the catalog; run `nonmun doctor`", ", ".join(unknown))
        ranking = [paper for paper in ranking if paper.paper_id in papers]
        shown = {paper.paper_id: shown[paper.paper_id] for paper in ranking}
    bodies = view.entries.bodies(shown) if reader else {}
    hits = tuple(_hit(papers[paper.paper_id], paper, shown[paper.paper_id], chunks, bodies) for paper in ranking)
    if reader and question.intent == "record":
        hits = tuple(_with_record(hit, papers[hit.paper_id], question.fields) for hit in hits)
    admitted = {
        paper_id: PaperChunks(papers[paper_id].title, [(item.chunk.row, chunks[item.chunk.row]) for item in items])
        for paper_id, items in shown.items()
    }
    sentences = reader.score(query, snapshot, admitted) if reader else {}
    return SearchResult(
        question=question,
        where=query.where,
        hits=hits,
        generation=snapshot.engine.version,
        known=_known(question, ranking, papers),
        empty=view.chunks.count() == 0,
        assessment=assess(
            question,
            {paper.paper_id: paper.relevance for paper in ranking},
            {paper_id: scored.support for paper_id, scored in sentences.items()},
            snapshot.engine.artifacts.calibration,
            is_filtered=bool(query.where),
        ),
        total=view.chunks.paper_count(query.where) if is_digest and query.where else None,
        words=query.words,
        sentences=sentences,
        contradictions=contradictions(view, hits) if reader else (),
        vector=query.vector,
        timings={},
    )


def _known(question: Question, ranking: Sequence[RankedPaper], papers: Mapping[str, Paper]) -> tuple[str, ...]:
    """Return the papers of the index that a question is about.

    A paper that it mentions in passing is its subject if it ranks first and no list of papers is asked for.
    """
    if question.paper_ids:
        return tuple(paper_id for paper_id in question.paper_ids if paper_id in papers)
    first = ranking[0].paper_id if ranking else ""
    return (first,) if first in question.mentioned and not requests_papers(question.effective_text) else ()


def _evidence_chunks(paper: RankedPaper, whole: RankedPaper | None) -> tuple[ScoredChunk, ...]:
    return whole.chunks if whole else paper.chunks[:_CHUNKS_A_HIT]


def _hit(
    paper: Paper,
    ranked: RankedPaper,
    shown: Iterable[ScoredChunk],
    chunks: Mapping[int, Chunk],
    bodies: Mapping[tuple[str, str], str],
) -> Hit:
    """Return a hit; its evidence has offsets into the texts in `bodies`, by paper id and day, and the abstract."""
    located = [(item, chunks[item.chunk.row]) for item in shown]
    evidence = tuple(_evidence(item, chunk, chunk.find_in(bodies, paper.abstract)) for item, chunk in located)
    return Hit(paper.paper_id, paper.title, round(ranked.score, 6), paper.digest_dates, paper.url, evidence)


def _with_record(hit: Hit, paper: Paper, fields: Collection[str]) -> Hit:
    """Return a hit with fields of its paper's record, behind the evidence: sentences refer to that by position."""
    record = [
        Evidence(chunk.chunk_id, chunk.source, chunk.section, chunk.lang, chunk.text, 0.0)
        for chunk in record_chunks(paper)
        if chunk.section in fields
    ]
    return replace(hit, evidence=(*hit.evidence, *record))


def _evidence(item: ScoredChunk, chunk: Chunk, offset: int | None) -> Evidence:
    return Evidence(
        chunk.chunk_id,
        chunk.source,
        chunk.section,
        chunk.lang,
        chunk.text,
        round(item.score, 6),
        item.chunk.trust,
        chunk.digest_date,
        offset,
    )
