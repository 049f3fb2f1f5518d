"""Evidence: the chunks of a hit, with their entry and their place in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nonmun import Library
from nonmun.index.domain.hits import Evidence
from nonmun.index.retrieval.request import RetrievalRequest

PAPER = "2505.00001"
SUMMARY = "We hear waves with a network."
ENTRY = f"## {PAPER}\n🔗 https://huggingface.co/papers/{PAPER}\n\n**Summary**:\n# Waves\n\n## Results\n\n{SUMMARY}\n"
ABSTRACT = f'{{"id": "{PAPER}", "title": "Waves", "abstract": "Waves are loud. {SUMMARY}"}}'


@pytest.fixture(scope="module")
def library_of_a_day(
    tmp_path_factory: pytest.TempPathFactory, hash_embedder: Callable[[], Any], samples: Path
) -> Iterator[Library]:
    with Library.open(tmp_path_factory.mktemp("day"), embedding=hash_embedder()) as library:
        library.ingest(samples / "digests" / "2025-03-03.md", samples / "abstracts.jsonl")
        yield library


def evidence(library: Library, question: str, *, sentences: bool) -> dict[str, list[Evidence]]:
    result = library.searcher.search(RetrievalRequest(question), 10, sentences=sentences)
    return {hit.paper_id: list(hit.evidence) for hit in result.hits}


def test_evidence_with_sentences_is_every_chunk_with_its_place(library_of_a_day: Library) -> None:
    found = evidence(library_of_a_day, "어텐션만으로 번역하는 모델", sentences=True)
    assert len(found) == 4
    for paper_id, chunks in found.items():
        details = library_of_a_day.paper(paper_id)
        bodies = {entry.digest_date: entry.body for entry in details.entries}
        for chunk in chunks:
            source = bodies[chunk.entry] if chunk.entry else details.paper.abstract
            assert chunk.offset is not None
            assert source[chunk.offset : chunk.offset + len(chunk.text)] == chunk.text
            assert (chunk.entry is None) == (chunk.source == "abstract") == (chunk.trust is None)


def test_evidence_without_sentences_is_the_best_chunks(library_of_a_day: Library) -> None:
    few = evidence(library_of_a_day, "어텐션만으로 번역하는 모델", sentences=False)
    all_chunks = evidence(library_of_a_day, "어텐션만으로 번역하는 모델", sentences=True)
    assert list(few) == list(all_chunks)
    for paper_id, chunks in few.items():
        assert 0 < len(chunks) <= 3
        assert {chunk.chunk_id for chunk in chunks} <= {chunk.chunk_id for chunk in all_chunks[paper_id]}


def test_a_summary_is_not_looked_up_in_the_abstract(library: Library, tmp_path: Path) -> None:
    (tmp_path / "2025-05-16.md").write_text(f"# Daily Papers – 2025-05-16\n\n{ENTRY}", "utf-8")
    (tmp_path / "abstracts.jsonl").write_text(ABSTRACT, "utf-8")
    library.ingest(tmp_path / "2025-05-16.md", tmp_path / "abstracts.jsonl")
    (entry,) = library.paper(PAPER).entries
    (summary,) = [chunk for chunk in evidence(library, SUMMARY, sentences=False)[PAPER] if chunk.source == "summary"]
    assert summary.offset in (None, entry.body.index(SUMMARY))
