"""Check that stored records are those that digests, abstracts and chunks give.

SQLite has no checksums: a bit that changes on the disk within a value goes unnoticed. The texts of digests and of
chunks have hashes; what was made from them is made again here and compared. Nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ...index.analysis.chunk_sentences import SENTENCES_VERSION, split_chunk
from ...index.catalog.base import CatalogView
from ...index.domain.chunks import Chunk
from ...index.domain.findings import Finding, repairable_finding, unrepairable_finding
from ...index.domain.papers import Entry
from ...index.domain.trust import LABELS
from ...index.util.batching import batches
from ..formats.jsonl import JsonlFormat
from ..formats.posted import is_posted
from ..formats.registry import format_of
from ..indexing.chunker import CHUNKER_VERSION, chunk_context

_BATCH = 500  # chunks whose sentences are made at once


def check_entries(view: CatalogView) -> Iterator[Finding]:
    """Check that the entries of each document are those of its text, unless that is erased or of another parser."""
    changed: list[str] = []
    for document, text in view.documents.texts():
        path = document.path
        digest_format = JsonlFormat() if is_posted(path) else format_of(Path(path or document.name))
        if digest_format.version != document.parser_version:
            continue  # the next ingest parses it again
        parsed = digest_format.parse(text, document.name)
        entries = {entry.paper_id: entry for digest, _ in parsed.digests for entry in digest.entries}
        stored = [entry for name, entry in view.entries.of_day(document.digest_date) if name == document.name]
        changed += [_name(entry) for entry in stored if not _is_same(entry, entries.get(entry.paper_id))]
    changed += [_name(entry) for entry in view.entries.with_label() if entry.trust and entry.trust.label not in LABELS]
    if changed:
        message = f"{len(changed)} entries are not those of their digests, such as {changed[0]}"
        yield unrepairable_finding("entries-changed", message)


def _name(entry: Entry) -> str:
    return f"{entry.paper_id}@{entry.digest_date}"


def _is_same(stored: Entry, parsed: Entry | None) -> bool:
    # A document of several days is stored in parts, whose lines are counted from their own beginnings.
    return parsed is not None and stored == replace(parsed, digest_date=stored.digest_date, line=stored.line)


def check_chunks(view: CatalogView) -> Iterator[Finding]:
    """Check that chunks are in their entries or abstracts, and that titles and abstracts are those of their chunks."""
    if view.metadata.get("chunker") != CHUNKER_VERSION:
        return  # the next ingest makes all of them again
    changed: list[str] = []
    for papers in batches(sorted(view.papers.ids()), _BATCH):
        stored, bodies, sources = view.papers.by_ids(papers), view.entries.bodies(papers), view.papers.sources(papers)
        abstracts: dict[str, list[Chunk]] = {paper_id: [] for paper_id in sources}
        for chunk in view.chunks.of_papers(papers).values():
            if chunk.source == "abstract":
                abstracts.setdefault(chunk.paper_id, []).append(chunk)
            abstract = stored[chunk.paper_id].abstract
            if not chunk.has_own_id or chunk.find_in(bodies, abstract) is None:
                changed.append(chunk.chunk_id)
        for paper_id, chunks in abstracts.items():
            source = sources.get(paper_id)
            title, text = (source.title, source.text) if source else ("", "")
            if any(chunk.context != chunk_context(title) for chunk in chunks) or not _covers(chunks, text):
                changed.append(f"{paper_id}:abstract")
    if changed:
        message = f"{len(changed)} chunks are not those of their entries or abstracts, such as {changed[0]}"
        yield unrepairable_finding("chunks-changed", message)


def _covers(chunks: list[Chunk], text: str) -> bool:
    """Return whether chunks hold all characters of a text, white space aside."""
    ordered = sorted(chunks, key=lambda chunk: chunk.ordinal)
    return "".join("".join(chunk.text.split()) for chunk in ordered) == "".join(text.split())


def check_sentences(view: CatalogView) -> Iterator[Finding]:
    """Check that the sentences of chunks are those of their texts, unless another version made them."""
    if view.metadata.get("sentences") != SENTENCES_VERSION:
        return  # the next ingest makes all of them again
    changed = 0
    for papers in batches(sorted(view.papers.ids()), _BATCH):
        chunks = view.chunks.of_papers(papers)
        stored = view.sentences.of_rows(chunks)
        changed += sum(split_chunk(chunks[row]) != sentences for row, sentences in stored.items())
    if changed:
        message = f"the sentences of {changed} chunks are not those of their texts"
        yield repairable_finding("sentences-changed", message)


DERIVATION_CHECKS = (check_entries, check_chunks, check_sentences)
