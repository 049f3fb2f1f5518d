"""The Python door: open a data directory, ingest, search, ask."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from os import fspath
from pathlib import Path
from typing import Any

from ..index.bilingual import FEWEST_PAIRS
from ..index.catalog import Catalog
from ..index.embedders import open_embedder
from ..index.embedding import Embedder, in_space_of
from ..index.errors import ConfigError, InputError, NotFoundError
from ..index.explanation import Explanation
from ..index.filters import EVERYTHING, Filter
from ..index.generations import Generations
from ..index.identifiers import parse_arxiv_id
from ..index.korean import has_hangul, tokens
from ..index.papers import Chunk, Entry, Paper, SourceStatus, paper_url
from ..index.question import read_question
from ..index.reranking import Reranker
from ..index.search import Asked, Searcher
from ..index.stopwatch import Stopwatch
from ..index.trust import Label
from ..index.vectors import Dense
from ..ingest.model import check_model
from ..settings import Settings, load_settings
from .answers import extractive
from .keeper import FilePath, Keeper
from .results import Answer, Interpretation, PaperDetails, Results, Status, Translations
from .turns import Turn, meant

_SHOWN_EVIDENCE = 3  # chunks of a hit; answers choose from all of a paper's


class Library(Keeper):
    """A data directory: the catalog, its published generation, and the embedder that both were made with.

    Safe to share between threads. Close it, or use it in a `with` block. The embedding model is opened with the first
    question or the first changed document, not before.
    """

    def __init__(self, settings: Settings, embedder: Callable[[], Embedder], catalog: Catalog) -> None:
        super().__init__(settings, catalog)
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
                device, batch_size = settings.device, settings.batch_size
                return open_embedder(settings.embedding, settings.cache, report, device=device, batch_size=batch_size)
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
                with self._catalog.view() as view:
                    stored = view.meta("model_id")
                self._embedder = in_space_of(self._open_embedder(), stored)
            return self._embedder

    @property
    def searcher(self) -> Searcher:
        """The engine behind `search` and `ask`.

        Raises:
            ConfigError: the index was made with another embedding model.
        """
        model = self.embedder
        with self._lock:
            if self._searcher is None:  # an open one looks into every snapshot that it searches
                with self._catalog.view() as view:
                    check_model(view.meta("model_id"), model.model_id)
                ranking, reranker = self.settings.search, self._open_reranker()
                folder = self.settings.data / "generations"
                dense = Dense(folder, model.model_id, model.dimension, ranking.scanned)
                self._searcher = Searcher(self._catalog, dense, model, ranking, reranker), dense
            return self._searcher[0]

    def _searcher_for(self, question: object) -> Searcher:
        """The engine; where it is not open yet, the model is compiled while the analyser of Korean is loaded."""
        if self._searcher is None and isinstance(question, str) and has_hangul(question):
            with ThreadPoolExecutor(1, "open") as pool:
                opening = pool.submit(lambda: self.embedder.queries(["paper"]))
                tokens("논문")
                opening.result()
        return self.searcher

    def _open_reranker(self) -> Reranker | None:
        settings = self.settings
        if not settings.search.rerank:
            return None
        from ..index.reranking import CrossEncoderReranker

        device, batch_size = settings.device, settings.batch_size
        return CrossEncoderReranker.open(settings.search.rerank, device=device, batch_size=batch_size)

    def search(
        self,
        question: str,
        k: int = 10,
        *,
        where: Filter = EVERYTHING,
        as_of: date | None = None,
        without: Collection[str] = (),
    ) -> Results:
        """The `k` papers that best match a question, each once, with the chunks that speak for it.

        Args:
            question: in Korean or English. Days that it names ("지난주", "since May 12") limit what is searched.
            k: how many papers.
            where: which chunks may speak; its days count before those that the question names.
            as_of: the day from which "last week" is counted; None is today in Seoul.
            without: ids of chunks to leave out, as if they were not in the index.

        Raises:
            InputError: the question is empty or too long, or `k` is out of range.
        """
        found = self._searcher_for(question).search(Asked(question, where, without, as_of), k)
        understood = Interpretation.of(found.question, found.where)
        return Results(found.question.text, understood, found.hits, found.generation, found.timings)

    def explain(
        self,
        question: str,
        paper_ids: Iterable[str],
        *,
        where: Filter = EVERYTHING,
        as_of: date | None = None,
        without: Collection[str] = (),
    ) -> tuple[Explanation, ...]:
        """Why each of some papers stands where it stands for a question; papers without a chunk are left out.

        Raises:
            InputError: the question is empty or too long.
        """
        return tuple(self._searcher_for(question).explain(Asked(question, where, without, as_of), list(paper_ids)))

    def ask(
        self,
        question: str,
        k: int = 10,
        *,
        where: Filter = EVERYTHING,
        as_of: date | None = None,
        without: Collection[str] = (),
        history: Sequence[Turn] = (),
    ) -> Answer:
        """Answer a question with exact quotations, or say that nothing in the index answers it.

        Args:
            question: in Korean or English. Days that it names limit what is searched.
            k: how many papers are found.
            where: which chunks may speak; its days count before those that the question names.
            as_of: the day from which "last week" is counted; None is today in Seoul.
            without: ids of chunks to leave out, as if they were not in the index.
            history: the turns before, oldest first (`Turn.of(answer)`); a question that leans on them ("그 논문의
                한계는?", "only last week's", "영어로") takes papers, days or words from there, any other takes nothing.

        Raises:
            InputError: the question is empty or too long, `k` is out of range, or a turn holds what is no day or paper.
        """
        searcher = self._searcher_for(question)
        told = meant(question, history, as_of)
        asked = Asked(told.text, where.narrowed(told.where), without, as_of, told.papers, told.lang)
        found = searcher.search(asked, k, whole_papers=extractive.MAX_NAMED)
        watch = Stopwatch()
        translate = searcher.lexicon().translate
        given = extractive.answer(found, lambda texts: searcher.score_texts(found, texts), translate)
        watch.lap("answer")
        return replace(told.answered(extractive.trimmed(given, _SHOWN_EVIDENCE)), timings=found.timings | watch.laps)

    def translations(self, words: str) -> Translations:
        """What the lexicon makes of some words, each with its evidence.

        Raises:
            InputError: there are no words.
        """
        lexicon = self.searcher.lexicon()
        return Translations(lexicon.pairs, FEWEST_PAIRS, lexicon.translate(read_question(words).terms))

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
            past = view.revisions(key) if history else []
            found = view.papers([key]).get(key)
            if found is None and not past:
                raise NotFoundError(f"{key} is not in the index")
            shown = found or Paper(key, past[-1].title, "", paper_url(key))
            return PaperDetails(shown, tuple(view.entries(key)), tuple(past))

    def entries(self, label: Label | None = None) -> tuple[Entry, ...]:
        """The entries that carry a trust label, or all, oldest day first."""
        with self._catalog.view() as view:
            return tuple(view.labelled(label))

    def papers(self, status: SourceStatus | None = None) -> tuple[Paper, ...]:
        """The papers whose source has a status, or all, by id."""
        with self._catalog.view() as view:
            found = view.papers(view.paper_ids())
        return tuple(paper for _, paper in sorted(found.items()) if status in {None, paper.source.status})

    def chunks(self) -> tuple[Chunk, ...]:
        """Every chunk that can be found."""
        with self._catalog.view() as view:
            return tuple(view.all_chunks())

    def document_frequency(self, terms: Iterable[str]) -> dict[str, int]:
        """In how many chunks each index term occurs; terms that occur nowhere are left out."""
        with self._catalog.view() as view:
            return view.document_frequency(terms)

    def chunk_ids(self, among: Iterable[str]) -> set[str]:
        """Which of some chunk ids are in the index."""
        with self._catalog.view() as view:
            return view.chunk_ids(among)

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
