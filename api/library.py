"""The Python door: open a data directory, ingest, search, ask."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Generator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date
from functools import cached_property
from os import fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..index.analysis.korean import korean_analyzer
from ..index.analysis.language import has_hangul
from ..index.catalog.database import Catalog
from ..index.domain.errors import ConfigError
from ..index.domain.filters import NO_FILTER, Filter
from ..index.embeddings.base import Embedder, in_space_of
from ..index.embeddings.factory import open_embedder
from ..index.engine.base import EngineOptions
from ..index.engine.local import LocalEngine
from ..index.lexicon.alignment import MIN_PAIRS
from ..index.query.question import parse_question
from ..index.retrieval.explanation import Explanation
from ..index.retrieval.request import SearchRequest
from ..index.retrieval.reranking import Reranker
from ..index.retrieval.searcher import Searcher
from ..ingest.indexing.embedding_model import check_model
from ..settings import Settings, expanded, load_settings
from .answering import Asking
from .browsing import Reader
from .conversation.turns import Turn, meant
from .events import DoneEvent, Event
from .maintenance import FilePath
from .results import Answer, Interpretation, Results, Translations

if TYPE_CHECKING:
    from .answers.generative import Writer


class Library(Reader):
    """A data directory: the catalog, its published generation, and the embedder that both were made with.

    Safe to share between threads. Close it, or use it in a `with` block. The embedding model is opened with the first
    question or the first changed document, not before.
    """

    def __init__(self, settings: Settings, embedder: Callable[[], Embedder], catalog: Catalog, llm: Any = None) -> None:
        super().__init__(settings, catalog)
        self._open_embedder, self._llm = embedder, llm
        self._lock = threading.Lock()
        self._embedder: Embedder | None = None
        self._searcher: Searcher | None = None

    @classmethod
    def open(
        cls,
        path: FilePath | None = None,
        *,
        settings: Settings | None = None,
        embedding: Any = None,
        llm: Any = None,
        create: bool = True,
        report: Callable[[str], None] | None = None,
    ) -> Library:
        """Open a data directory.

        Args:
            path: the directory; None takes the settings' one.
            settings: configuration; None reads NONMUN_* and nonmun.toml.
            embedding: an embedder or any llama-index `BaseEmbedding`, instead of the one that the settings name.
            llm: what writes answers: any llama-index `LLM`, or anything with the method of `StreamingModel`; None takes
                the server that the settings name, if they name one.
            create: whether a directory without an index is made one.
            report: called with one line when something takes long (the model is built once).

        Raises:
            ConfigError: the directory cannot be used, or holds no index and `create` is false.
        """
        settings = settings or load_settings()
        if path is not None:
            try:
                settings = settings.model_copy(update={"data": expanded(Path(fspath(path)))})
            except ValueError as error:
                raise ConfigError(str(error)) from error
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
                from ..index.embeddings.llama_index import LlamaEmbedder

                return LlamaEmbedder(embedding)
            return embedding

        return cls(settings, opened, Catalog.open(file), llm)

    def __enter__(self) -> Library:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Release files. The library cannot be used afterwards."""
        with self._lock:
            if self._searcher:
                self._searcher.close()
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
                    stored = view.model_id
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
                    check_model(view.model_id, model.model_id)
                ranking, reranker = self.settings.search, self._open_reranker()
                folder = self.settings.data / "generations"
                options = EngineOptions(folder, model.model_id, model.dimension, ranking.scanned, ranking.centring)
                self._searcher = Searcher(self._catalog, LocalEngine.open(options), model, ranking, reranker)
            return self._searcher

    def _searcher_for(self, question: object) -> Searcher:
        """The engine; where it is not open yet, the model is compiled while the analyser of Korean is loaded."""
        if self._searcher is None and isinstance(question, str) and has_hangul(question):
            model = self.embedder
            with ThreadPoolExecutor(1, "compile") as pool:
                compiled = pool.submit(model.queries, ["paper"])
                # It holds the interpreter's lock as long as it loads, which compiling does not need.
                korean_analyzer().tokens("논문")
                compiled.result()
        return self.searcher

    def _open_reranker(self) -> Reranker | None:
        settings = self.settings
        if not settings.search.rerank:
            return None
        from ..index.retrieval.reranking import CrossEncoderReranker

        device, batch_size = settings.device, settings.batch_size
        return CrossEncoderReranker.open(settings.search.rerank, device=device, batch_size=batch_size)

    def search(
        self,
        question: str,
        k: int = 10,
        *,
        where: Filter = NO_FILTER,
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
        found = self._searcher_for(question).search(SearchRequest(question, where, without, as_of), k)
        understood = Interpretation.of(found.question, found.where)
        return Results(found.question.text, understood, found.hits, found.generation, found.timings)

    def explain(
        self,
        question: str,
        paper_ids: Iterable[str],
        *,
        where: Filter = NO_FILTER,
        as_of: date | None = None,
        without: Collection[str] = (),
    ) -> tuple[Explanation, ...]:
        """Why each of some papers stands where it stands for a question; papers without a chunk are left out.

        Raises:
            InputError: the question is empty or too long.
        """
        return tuple(
            self._searcher_for(question).explain(SearchRequest(question, where, without, as_of), list(paper_ids))
        )

    def ask(
        self,
        question: str,
        k: int = 10,
        *,
        where: Filter = NO_FILTER,
        as_of: date | None = None,
        without: Collection[str] = (),
        history: Sequence[Turn] = (),
        generate: bool | None = None,
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
            generate: whether a language model writes the answer, which is then checked sentence by sentence; None has
                it written where a model is configured.

        Raises:
            InputError: the question is empty or too long, `k` is out of range, or a turn holds what is no day or paper.
            ConfigError: `generate` is true and no model is configured, or it cannot be used.
        """
        events = self.events(question, k, where=where, as_of=as_of, without=without, history=history, generate=generate)
        (answer,) = (one.answer for one in events if isinstance(one, DoneEvent))
        return answer

    def stream(
        self,
        question: str,
        k: int = 10,
        *,
        where: Filter = NO_FILTER,
        as_of: date | None = None,
        without: Collection[str] = (),
        history: Sequence[Turn] = (),
        generate: bool | None = None,
    ) -> Generator[Event]:
        """Answer a question, telling what becomes known; arguments and errors are those of `ask`.

        The first event has the hits, the last one the answer. Closing the generator stops the work.
        """
        events = self.events(question, k, where=where, as_of=as_of, without=without, history=history, generate=generate)
        with closing(events):
            yield from (event for event in events if event)

    def events(
        self,
        question: str,
        k: int = 10,
        *,
        where: Filter = NO_FILTER,
        as_of: date | None = None,
        without: Collection[str] = (),
        history: Sequence[Turn] = (),
        generate: bool | None = None,
    ) -> Generator[Event | None]:
        """As `stream`; None whenever nothing came for a tenth of a second, so that whoever takes them can stop."""
        writer = self._writer if generate is not False else None
        if generate and writer is None:
            raise ConfigError("no language model is configured: set llm_url and llm_model (NONMUN_LLM_URL, ..._MODEL)")
        told = meant(question, history, as_of)
        asked = SearchRequest(told.text, where.with_defaults(told.where), without, as_of, told.papers, told.lang)
        why = "not_wanted" if generate is False else "no_model"
        yield from Asking(self._searcher_for(told.text), writer, why).events(asked, k, told.answered)

    @cached_property
    def _writer(self) -> Writer | None:
        if self._llm is None and not self.settings.llm_url:
            return None
        from .answers.generative.factory import open_writer  # brings httpx: whoever only quotes waits for nothing of it

        return open_writer(self.settings, self._llm, lambda texts: self.searcher.centred(texts))

    def translations(self, words: str) -> Translations:
        """What the lexicon makes of some words, each with its evidence.

        Raises:
            InputError: there are no words.
        """
        lexicon = self.searcher.lexicon()
        return Translations(lexicon.pairs, MIN_PAIRS, lexicon.translate(parse_question(words).terms))
