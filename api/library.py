"""The Python door: open a data directory, ingest, search, ask."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import timedelta
from os import PathLike, fspath
from pathlib import Path
from typing import Any

from ..index.catalog import Catalog
from ..index.embedders import open_embedder
from ..index.embedding import Embedder
from ..index.errors import ConfigError, InputError, NotFoundError
from ..index.generations import Generations
from ..index.identifiers import parse_arxiv_id
from ..index.papers import Entry, Paper, SourceStatus, paper_url
from ..index.search import Searcher
from ..index.trust import Label
from ..index.vectors import Dense
from ..ingest.abstracts.fetch import Upstream
from ..ingest.apply import check_model
from ..ingest.job import Ingest, Prune
from ..ingest.removal import read_target
from ..ingest.report import Report, Step
from ..settings import Settings, load_settings
from .answers import extractive
from .results import Answer, PaperDetails, Results, Status

_SHOWN_EVIDENCE = 3  # chunks of a hit; answers choose from all of a paper's

FilePath = str | PathLike[str]


class Library:
    """A data directory: the catalog, its published generation, and the embedder that both were made with.

    Safe to share between threads. Close it, or use it in a `with` block. The embedding model is opened with the first
    question or the first changed document, not before.
    """

    def __init__(self, settings: Settings, embedder: Callable[[], Embedder], catalog: Catalog) -> None:
        self.settings = settings
        self._catalog = catalog
        self._open_embedder = embedder
        self._lock = threading.Lock()
        self._embedder: Embedder | None = None
        self._searcher: tuple[Searcher, Dense] | None = None

    @classmethod
    def open(
        cls,
        path: FilePath | None = None,
        *,
        settings: Settings | None = None,
        embedding: Any = None,
        create: bool = True,
        report: Callable[[str], None] | None = None,
    ) -> Library:
        """Open a data directory.

        Args:
            path: the directory; None takes the settings' one.
            settings: configuration; None reads NONMUN_* and nonmun.toml.
            embedding: an embedder or any llama-index `BaseEmbedding`, instead of the one that the settings name.
            create: whether a directory without an index is made one.
            report: called with one line when something takes long (the model is built once).

        Raises:
            ConfigError: the directory cannot be used, or holds no index and `create` is false.
        """
        settings = settings or load_settings()
        if path is not None:
            settings = settings.model_copy(update={"data": Path(fspath(path)).expanduser()})
        file = settings.data / "catalog.sqlite"
        try:
            if not create and not file.is_file():
                raise ConfigError(f"{settings.data}: holds no index yet; run `nonmun ingest PATH...` first")
            settings.data.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigError(f"{settings.data}: cannot be used ({error.strerror}); choose another --data") from error

        def opened() -> Embedder:
            if embedding is None:
                return open_embedder(settings.embedding, settings.cache, report)
            if hasattr(embedding, "get_text_embedding_batch"):
                from ..index.llama import LlamaEmbedder

                return LlamaEmbedder(embedding)
            return embedding

        return cls(settings, opened, Catalog.open(file))

    def __enter__(self) -> Library:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Release files. The library cannot be used afterwards."""
        with self._lock:
            if self._searcher:
                self._searcher[1].close()
            self._searcher = None
        self._catalog.close()

    @property
    def embedder(self) -> Embedder:
        """The embedding model, opened on first use.

        Raises:
            ModelError: it cannot be found, built or run.
        """
        with self._lock:
            if self._embedder is None:
                self._embedder = self._open_embedder()
            return self._embedder

    @property
    def searcher(self) -> Searcher:
        """The engine behind `search` and `ask`.

        Raises:
            ConfigError: the index was made with another embedding model.
        """
        model = self.embedder
        with self._catalog.view() as view:
            check_model(view.meta("model_id"), model.model_id)
        with self._lock:
            if self._searcher is None:
                dense = Dense(self.settings.data / "generations", model.model_id, model.dimension)
                self._searcher = Searcher(self._catalog, dense, model), dense
            return self._searcher[0]

    def ingest(
        self,
        paths: FilePath | Iterable[FilePath],
        abstracts: FilePath | None = None,
        *,
        all_abstracts: bool = False,
        fetch: bool = False,
        prune: Prune | None = None,
        readmit: bool = False,
        observe: Callable[[Step], object] = lambda _: None,
    ) -> Report:
        """Bring digests, and the abstracts of the papers that they speak of, into the index.

        Unchanged files cost nothing; a run that is cut short is completed by the next one.

        Args:
            paths: digest files, JSONL files of entries, and folders that are searched for `.md` and `.jsonl`.
            abstracts: a JSONL file (or .jsonl.gz) with `id`, `title`, and `text` or `abstract`.
            all_abstracts: also take abstracts of papers that no digest speaks of.
            fetch: ask arXiv, then Hugging Face, for abstracts that are still missing.
            prune: "remove" makes the index equal to `paths`; "list" only reports what that would remove.
            readmit: take again what was removed by hand.
            observe: told every step before it is taken; what it raises stops the run.

        Raises:
            FileError: a path does not exist, or the abstracts cannot be read.
            BusyError: another ingest is running on this directory.
            ConfigError: the index was made with another embedding model.
        """
        files = [Path(fspath(path)) for path in as_list(paths)]
        source = None if abstracts is None else Path(fspath(abstracts))
        upstream = self._upstream() if fetch else None
        return self._job(observe).run(
            files, source, all_abstracts=all_abstracts, upstream=upstream, prune=prune, readmit=readmit
        )

    def fetch(self, *, refresh: timedelta | None = None, observe: Callable[[Step], object] = lambda _: None) -> Report:
        """Fetch abstracts that are missing, and those older than `refresh`; a failure is noted and tried again.

        Raises:
            BusyError: another ingest is running on this directory.
        """
        return self._job(observe).fetch(self._upstream(), refresh=refresh)

    def remove(self, what: str | Iterable[str], *, observe: Callable[[Step], object] = lambda _: None) -> Report:
        """Remove days (`2025-05-16`), papers (`2505.09264`) and entries (`2505.09264@2025-05-16`) from every search.

        The same words are not taken in again by a later ingest, unless it says `readmit`.

        Raises:
            InputError: one of them is none of these.
            NotFoundError: one of them is not in the index; nothing is removed then.
            BusyError: another ingest is running on this directory.
        """
        return self._job(observe).remove([read_target(one) for one in as_list(what)])

    def _job(self, observe: Callable[[Step], object]) -> Ingest:
        return Ingest(self._catalog, self.settings.data, lambda: self.embedder, observe=observe)

    def _upstream(self) -> Upstream:
        """Whom to ask for abstracts, as the settings say."""
        given = {"arxiv_url": self.settings.arxiv_url, "huggingface_url": self.settings.huggingface_url}
        urls = {name: url for name, url in given.items() if url}
        return Upstream(**urls, contact=self.settings.contact, state=self.settings.cache / "upstream")

    def search(self, question: str, k: int = 10) -> Results:
        """The `k` papers that best match a question, each once, with the chunks that speak for it.

        Raises:
            InputError: the question is empty or too long, or `k` is out of range.
        """
        found = self.searcher.search(question, k)
        return Results(found.question.text, found.hits, found.generation)

    def ask(self, question: str, k: int = 10) -> Answer:
        """Answer a question with exact quotations, or say that nothing in the index answers it.

        Raises:
            InputError: the question is empty or too long, or `k` is out of range.
        """
        searcher = self.searcher
        found = searcher.search(question, k, whole_papers=extractive.MAX_PAPERS)
        given = extractive.answer(found, lambda texts: searcher.score_texts(found, texts))
        return extractive.trimmed(given, _SHOWN_EVIDENCE)

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
            past = tuple(view.revisions(key)) if history else ()
            found = view.papers([key]).get(key)
            if found is None and not past:
                raise NotFoundError(f"{key} is not in the index")
            shown = found or Paper(key, past[-1].title, "", paper_url(key))
            return PaperDetails(shown, tuple(view.entries(key)), past)

    def entries(self, label: Label | None = None) -> tuple[Entry, ...]:
        """The entries that carry a trust label, or all, oldest day first."""
        with self._catalog.view() as view:
            return tuple(view.labelled(label))

    def papers(self, status: SourceStatus | None = None) -> tuple[Paper, ...]:
        """The papers whose source has a status, or all, by id."""
        with self._catalog.view() as view:
            found = view.papers(view.paper_ids())
        return tuple(paper for _, paper in sorted(found.items()) if status in {None, paper.source.status})

    def status(self) -> Status:
        """What is here."""
        with self._catalog.view() as view:
            counts = view.counts()
            return Status(
                papers=counts.papers,
                entries=counts.entries,
                chunks=counts.chunks,
                generation=Generations(self.settings.data / "generations").current(),
                documents=counts.documents,
                abstracts=counts.abstracts,
                problems=counts.problems,
                model_id=view.meta("model_id"),
                rev=view.rev,
                data=str(self.settings.data),
                days=view.days(),
                labels=view.labels(),
                sources=view.source_statuses(),
            )


def as_list(one_or_more: Any) -> list[Any]:
    """A text or path as a list of one; anything else as the list of what it holds."""
    return [one_or_more] if isinstance(one_or_more, str | PathLike) else list(one_or_more)
