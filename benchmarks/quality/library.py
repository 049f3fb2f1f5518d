"""nonmun: data directories built with `Library.ingest`, searched with `Library.search`."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from corpus import QualityCorpus
from documents import Document
from systems import Ranking

from nonmun import Library, Settings
from nonmun.index.embeddings.base import Embedder


class Nonmun:
    """A data directory of abstracts; with Korean documents, a copy of it into which they are ingested.

    A note is one JSONL entry with a section for each part, and the note's date as digest date. Digests are ingested
    unchanged.

    Args:
        embedder: the model.
        folder: parent of the data directories; an existing one with the same abstracts is reused.
    """

    def __init__(self, embedder: Embedder, folder: Path) -> None:
        self._embedder, self._folder = embedder, folder
        self._library: Library | None = None

    def index(self, corpus: QualityCorpus) -> dict[str, Any]:
        """Index all documents."""
        abstracts = [document for document in corpus.documents if document.source == "abstract"]
        korean = [document for document in corpus.documents if document.source != "abstract"]
        path = self._index_abstracts(abstracts)
        if korean:
            path = Path(shutil.copytree(path, self._folder / f"{path.name}-{_key(korean)}"))
            source = corpus.digests or _write(self._folder / "notes.jsonl", map(_entry, korean))
            with Library.open(path, embedding=self._embedder) as library:
                report = library.ingest(source)
                assert report.new == len({(document.paper_id, document.date) for document in korean}), report
                assert not report.problems, report.problems[:3]
        self._library = Library.open(path, embedding=self._embedder, create=False)
        status = self._library.status()
        return {
            "papers": status.papers,
            "abstracts": status.abstracts,
            "entries": status.entries,
            "chunks": status.chunks,
            "generation": status.generation,
            "labels": dict(status.labels),
        }

    def _index_abstracts(self, abstracts: Sequence[Document]) -> Path:
        path = self._folder / f"abstracts-{_key(abstracts)}"
        if not path.exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            rows = (
                {"id": document.paper_id, "title": document.title, "text": document.parts[0][1]}
                for document in abstracts
            )
            file = _write(self._folder / "abstracts.jsonl", rows)
            with Library.open(path, embedding=self._embedder) as library:
                report = library.ingest([], abstracts=file, all_abstracts=True)
                assert report.abstracts == len(abstracts), report
        return path

    def search(self, texts: Sequence[str], k: int) -> list[Ranking]:
        """Return the best papers for each text."""
        assert self._library is not None, "index first"
        library = self._library
        return [[(hit.paper_id, hit.score) for hit in library.search(text, k).hits] for text in texts]

    @property
    def settings(self) -> Settings:
        """Return the settings of the open data directory."""
        assert self._library is not None, "index first"
        return self._library.settings

    def close(self) -> None:
        """Close the data directory."""
        if self._library:
            self._library.close()


def _key(documents: Sequence[Document]) -> str:
    """Return a name for a data directory: the hash of its documents."""
    content = "\0".join(f"{document.paper_id}\n{document.text}" for document in documents)
    return hashlib.sha256(content.encode()).hexdigest()[:12]


def _entry(note: Document) -> dict[str, Any]:
    sections = [{"heading": heading, "text": text} for heading, text in note.parts]
    return {"paper_id": note.paper_id, "digest_date": note.date, "lang": "ko", "sections": sections}


def _write(path: Path, rows: Iterable[dict[str, Any]]) -> Path:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return path
