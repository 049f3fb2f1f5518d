"""nonmun itself: data directories made by `Library.ingest`, asked by `Library.search`."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from corpus import Corpus
from documents import Document
from systems import SearchConfig

from nonmun import Library, Settings
from nonmun.index.embeddings.base import Embedder


class Nonmun:
    """A data directory of abstracts, and where there is Korean text a copy of it that has taken that in as well.

    A note is one JSONL entry with a section for each part; the digest's date is the note's own. Digests are ingested as
    they are.

    Args:
        embedder: the model.
        folder: for the data directories; one of the same abstracts that another index of this run made is used.
    """

    def __init__(self, embedder: Embedder, folder: Path) -> None:
        self._embedder, self._folder = embedder, folder
        self._library: Library | None = None

    def index(self, corpus: Corpus) -> dict[str, Any]:
        """Take in all documents."""
        abstracts = [one for one in corpus.documents if one.source == "abstract"]
        korean = [one for one in corpus.documents if one.source != "abstract"]
        path = self._abstracts(abstracts)
        if korean:
            path = Path(shutil.copytree(path, self._folder / f"{path.name}-{_key(korean)}"))
            given = corpus.digests or _write(self._folder / "notes.jsonl", map(_entry, korean))
            with Library.open(path, embedding=self._embedder) as library:
                report = library.ingest(given)
                assert report.new == len({(one.paper_id, one.date) for one in korean}), report
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

    def _abstracts(self, abstracts: Sequence[Document]) -> Path:
        path = self._folder / f"abstracts-{_key(abstracts)}"
        if not path.exists():
            self._folder.mkdir(parents=True, exist_ok=True)
            rows = ({"id": one.paper_id, "title": one.title, "text": one.parts[0][1]} for one in abstracts)
            file = _write(self._folder / "abstracts.jsonl", rows)
            with Library.open(path, embedding=self._embedder) as library:
                report = library.ingest([], abstracts=file, all_abstracts=True)
                assert report.abstracts == len(abstracts), report
        return path

    def search(self, texts: Sequence[str], k: int) -> list[SearchConfig]:
        """The best papers for each text."""
        assert self._library is not None, "index first"
        library = self._library
        return [[(hit.paper_id, hit.score) for hit in library.search(text, k).hits] for text in texts]

    @property
    def settings(self) -> Settings:
        """The settings that its data directory was opened with."""
        assert self._library is not None, "index first"
        return self._library.settings

    def close(self) -> None:
        """Release the data directory."""
        if self._library:
            self._library.close()


def _key(documents: Sequence[Document]) -> str:
    """Names a data directory after what it holds."""
    return hashlib.sha256("\0".join(f"{one.paper_id}\n{one.text}" for one in documents).encode()).hexdigest()[:12]


def _entry(note: Document) -> dict[str, Any]:
    sections = [{"heading": heading, "text": text} for heading, text in note.parts]
    return {"paper_id": note.paper_id, "digest_date": note.date, "lang": "ko", "sections": sections}


def _write(path: Path, rows: Iterable[dict[str, Any]]) -> Path:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return path
