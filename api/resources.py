"""What answering needs and what is slow to open: the embedding model, the searcher and the language model."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..index.analysis.korean import korean_analyzer
from ..index.analysis.language import has_hangul
from ..index.catalog.base import CatalogStore
from ..index.embeddings.base import Embedder, with_stored_model_id
from ..index.engine.base import EngineOptions, OpenEngine, check_model
from ..index.engine.local import LocalEngine
from ..index.engine.shared import SharedEngine
from ..index.retrieval.channels import DEFAULT_CHANNELS, Channel
from ..index.retrieval.reranking import Reranker
from ..index.retrieval.searcher import Searcher
from ..settings import Settings

if TYPE_CHECKING:
    from .answers.generative import AnswerGenerator


class Resources:
    """The engine, the models and the searcher of a data directory, each opened on first use.

    Safe to share between threads.

    Args:
        settings: configuration.
        catalog: the catalog to search; it stays the caller's to close.
        open_embedder: opens the embedding model.
        llm: a llama-index `LLM` or a `StreamingModel`; None uses the server in the settings, if any.
        open_engine: opens the search engine.
        channels: the retrieval channels.

    Attributes:
        settings: configuration.
        engines: the search engine of everything that reads or publishes the index.
    """

    def __init__(
        self,
        settings: Settings,
        catalog: CatalogStore,
        open_embedder: Callable[[], Embedder],
        llm: Any = None,
        open_engine: OpenEngine = LocalEngine.open,
        channels: Sequence[Channel] = DEFAULT_CHANNELS,
    ) -> None:
        self.settings = settings
        self._catalog, self._open_embedder, self._llm = catalog, open_embedder, llm
        self._channels = channels
        config = settings.search
        options = EngineOptions(
            settings.data / "generations", exact_scan_rows=config.scanned, centering=config.centring
        )
        self.engines = SharedEngine(options, open_engine)
        self._lock = threading.Lock()
        self._embedder: Embedder | None = None
        self._searcher: Searcher | None = None

    @property
    def embedder(self) -> Embedder:
        """The embedding model.

        Raises:
            ModelError: it cannot be found, built or run.
        """
        with self._lock:
            if self._embedder is None:
                with self._catalog.view() as view:
                    stored = view.model_id
                self._embedder = with_stored_model_id(self._open_embedder(), stored)
            return self._embedder

    @property
    def searcher(self) -> Searcher:
        """The searcher.

        Raises:
            ConfigError: the index was built with another embedding model.
            ModelError: the embedding model cannot be found, built or run.
        """
        model = self.embedder
        with self._lock:
            if self._searcher is None:  # once open, it compares the models of every snapshot itself
                with self._catalog.view() as view:
                    check_model(view.model_id, model.model_id)
                config, reranker = self.settings.search, self._open_reranker()
                engine = self.engines.for_model(model.model_id, model.dimension)
                self._searcher = Searcher(self._catalog, engine, model, config, reranker, self._channels)
            return self._searcher

    def searcher_for(self, question: object) -> Searcher:
        """Return the searcher, warmed up for a question.

        For the first Korean question of a process, the embedding model is compiled while the Korean analyzer loads.

        Raises:
            ConfigError: the index was built with another embedding model.
            ModelError: the embedding model cannot be found, built or run.
        """
        if self._searcher is None and isinstance(question, str) and has_hangul(question):
            model = self.embedder
            with ThreadPoolExecutor(1, "compile") as pool:
                compiled = pool.submit(model.queries, ["paper"])
                korean_analyzer().tokens("논문")  # loading holds the interpreter lock, which compiling does not need
                compiled.result()
        return self.searcher

    @cached_property
    def generator(self) -> AnswerGenerator | None:
        """The language model that writes answers; None if none is configured.

        Raises:
            ConfigError: the configured server cannot be used.
            ModelError: the configured entailment model cannot be loaded.
        """
        if self._llm is None and not self.settings.llm_url:
            return None
        from .answers.generative.factory import open_answer_generator  # imports httpx, which quoting does without

        return open_answer_generator(self.settings, self._llm, lambda texts: self.searcher.center_texts(texts))

    def close(self) -> None:
        """Release the files of the search engine."""
        with self._lock:
            self._searcher = None
            self.engines.close()

    def _open_reranker(self) -> Reranker | None:
        settings = self.settings
        if not settings.search.rerank:
            return None
        from ..index.retrieval.reranking import CrossEncoderReranker

        device, batch_size = settings.device, settings.batch_size
        return CrossEncoderReranker.open(settings.search.rerank, device=device, batch_size=batch_size)
