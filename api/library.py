"""The Python interface: open a data directory, ingest digests, search, ask."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from datetime import date, timedelta
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..index.domain.errors import ConfigError, IndexDamagedError
from ..index.domain.filters import NO_FILTER, Filter
from ..index.domain.findings import RESTORE
from ..settings import Settings, expand_home, load_settings
from .requests import AskRequest, SearchRequest

if TYPE_CHECKING:  # numpy and the readers of the catalog are imported by `Library.open`, not by `import nonmun`
    from ..index.catalog.database import Catalog
    from ..index.catalog.recovery.backup import Progress
    from ..index.domain.chunks import Chunk
    from ..index.domain.explanations import Explanation
    from ..index.domain.findings import Finding
    from ..index.domain.papers import Entry, Paper, SourceStatus, StoredProblem
    from ..index.domain.trust import Label
    from ..index.embeddings.base import Embedder
    from ..index.engine.base import OpenEngine
    from ..index.retrieval.channels import Channel
    from ..index.retrieval.searcher import Searcher
    from ..ingest.formats.jsonl import EntryRecord
    from ..ingest.job import Prune
    from ..ingest.maintenance.purge import Purgeable, PurgeReport
    from ..ingest.maintenance.reembedding import ReembeddingReport
    from ..ingest.report import IngestReport, JobProgress
    from .answering import Answering
    from .browsing import Browsing
    from .conversation.turns import Turn
    from .events import Event
    from .exports.export import Exportable
    from .exports.formats import ExportFormat
    from .maintenance import Maintenance
    from .overviews import Overviews
    from .resources import Resources
    from .results import (
        Answer,
        ChunkDetails,
        DigestDay,
        DigestDetails,
        EntryPage,
        PaperDetails,
        PaperPage,
        Results,
        Status,
        Translations,
    )

FilePath = str | PathLike[str]


class Library:
    """A data directory: its catalog, the published index, and the embedding model that both were built with.

    Open one with `Library.open`, and close it, or use it in a `with` block. It is safe to share between threads. The
    embedding model is opened by the first question or the first changed document, not before.

    Attributes:
        settings: the configuration that it was opened with.
        answering: searching and answering by request object, as the command line and HTTP do it.
        overviews: overviews of many papers, for the pages.
    """

    def __init__(
        self,
        catalog: Catalog,
        resources: Resources,
        answering: Answering,
        overviews: Overviews,
        browsing: Browsing,
        maintenance: Maintenance,
    ) -> None:
        self.settings: Settings = resources.settings
        self.answering, self.overviews = answering, overviews
        self._catalog, self._resources, self._browsing, self._maintenance = catalog, resources, browsing, maintenance

    @classmethod
    def open(
        cls,
        path: FilePath | None = None,
        *,
        settings: Settings | None = None,
        embedding: Any = None,
        llm: Any = None,
        engine: OpenEngine | None = None,
        channels: Sequence[Channel] | None = None,
        create: bool = True,
        report: Callable[[str], None] | None = None,
    ) -> Library:
        """Open a data directory.

        Args:
            path: the directory; None uses the one in the settings.
            settings: configuration; None reads NONMUN_* variables and nonmun.toml.
            embedding: an `Embedder` or any llama-index `BaseEmbedding`; None uses the one in the settings.
            llm: the language model that writes answers: any llama-index `LLM`, or any object that implements
                `StreamingModel`; None uses the server in the settings, if any.
            engine: the `open` of a search engine (`index.engine.base`), called once for each embedding model; None
                keeps generations in the data directory.
            channels: retrieval channels (`index.retrieval.channels`); None uses the default ones.
            create: whether to create an index in a directory that holds none.
            report: callback for a line of text when something takes long: the bundled model is built, once, or another
                process holds the ingest lock (setting `lock_wait`).

        Raises:
            ConfigError: the directory cannot be used, or holds no index and `create` is false; or `channels` is empty.
        """
        from ..index.catalog.database import Catalog
        from ..index.engine.local import LocalEngine
        from ..index.retrieval.channels import DEFAULT_CHANNELS
        from .answering import Answering
        from .browsing import Browsing
        from .maintenance import Maintenance
        from .overviews import Overviews
        from .resources import Resources

        settings = settings or load_settings()
        if path is not None:
            try:
                settings = settings.model_copy(update={"data": expand_home(Path(fspath(path)))})
            except ValueError as error:
                raise ConfigError(str(error)) from error
        if channels is None:
            channels = DEFAULT_CHANNELS
        elif not channels:
            raise ConfigError("channels: is empty, so that nothing could be found; give at least one channel, or None")
        catalog = Catalog.open(_catalog_file(settings.data, create=create))
        resources = Resources(
            settings,
            catalog,
            lambda: _open_embedder(settings, embedding, report),
            llm,
            engine or LocalEngine.open,
            channels,
        )
        return cls(
            catalog,
            resources,
            Answering(resources),
            Overviews(resources),
            Browsing(settings, catalog, resources.engines),
            Maintenance(
                settings,
                catalog,
                lambda: resources.embedder,
                resources.engines,
                channels,
                report or (lambda _: None),
            ),
        )

    def __enter__(self) -> Library:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Close all files. The library cannot be used afterwards; closing it again has no effect."""
        self._resources.close()
        self._catalog.close()

    @property
    def embedder(self) -> Embedder:
        """The embedding model, opened on first use.

        Raises:
            ModelError: it cannot be found, built or run.
        """
        return self._resources.embedder

    @property
    def searcher(self) -> Searcher:
        """The searcher behind `search` and `ask`, opened on first use.

        Raises:
            ConfigError: the index was built with another embedding model.
            ModelError: the embedding model cannot be found, built or run.
        """
        return self._resources.searcher

    # --- searching and answering

    def search(
        self,
        question: str,
        k: int = 10,
        *,
        where: Filter = NO_FILTER,
        as_of: date | None = None,
        without: Collection[str] = (),
    ) -> Results:
        """Return the papers that best match a question, each once, with the chunks that match it.

        Args:
            question: in Korean or English. Dates in it ("지난주", "since May 12") restrict the search.
            k: number of papers to return, 1 to 100.
            where: metadata filter. Its dates take precedence over those in the question.
            as_of: reference date of relative dates such as "last week"; None is today in Seoul.
            without: ids of chunks to exclude, as if they were not in the index.

        Raises:
            InputError: the question is empty or too long, or `k` is out of range.
            ConfigError: the index was built with another embedding model, or the library is closed.
        """
        return self.answering.search(SearchRequest(question, k, where, as_of, without))

    def explain(
        self,
        question: str,
        paper_ids: Iterable[str],
        *,
        where: Filter = NO_FILTER,
        as_of: date | None = None,
        without: Collection[str] = (),
    ) -> tuple[Explanation, ...]:
        """Explain why papers rank where they do for a question.

        Args:
            question: as in `search`.
            paper_ids: arXiv ids of the papers to explain; those without a chunk are left out.
            where: as in `search`.
            as_of: as in `search`.
            without: as in `search`.

        Returns:
            One explanation a paper, in the order of `paper_ids`: its rank and scores by channel, and its matched,
            missed and translated terms.

        Raises:
            InputError: the question is empty or too long.
            ConfigError: the index was built with another embedding model, or the library is closed.
        """
        return self.answering.explain(SearchRequest(question, where=where, as_of=as_of, without=without), paper_ids)

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
        """Answer a question with exact quotations, or abstain if nothing in the index answers it.

        Args:
            question: in Korean or English. Dates in it ("지난주", "since May 12") restrict the search.
            k: number of papers to retrieve, 1 to 100.
            where: metadata filter. Its dates take precedence over those in the question.
            as_of: reference date of relative dates such as "last week"; None is today in Seoul.
            without: ids of chunks to exclude, as if they were not in the index.
            history: earlier turns, oldest first (`Turn.of(answer)`). A follow-up question ("그 논문의 한계는?", "only
                last week's", "영어로") takes papers, dates or its text from them; any other takes nothing.
            generate: whether a language model writes the answer, which is then verified sentence by sentence; None
                uses a model if one is configured.

        Raises:
            InputError: the question is empty or too long, `k` is out of range, a turn holds an invalid question, date
                or paper id, or `generate` is true and no model is configured.
            ConfigError: the configured model cannot be used, the index was built with another embedding model, or the
                library is closed.
        """
        return self.answering.ask(AskRequest(question, k, where, as_of, without, tuple(history), generate))

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
        """Answer a question as a stream of events.

        The first event is a `HitsEvent`, the last a `DoneEvent`. Closing the generator stops the work, the language
        model included. Arguments and errors are those of `ask`; errors are raised by the first `next`.

        Yields:
            The events, as soon as each is known.
        """
        request = AskRequest(question, k, where, as_of, without, tuple(history), generate, stream=True)
        return self.answering.stream(request)

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
        """Answer a question as a stream of events that also yields control while nothing happens.

        Like `stream`, but yields None whenever no event came for a tenth of a second, so that the caller can stop.
        """
        request = AskRequest(question, k, where, as_of, without, tuple(history), generate, stream=True)
        return self.answering.events(request)

    def translations(self, words: str) -> Translations:
        """Return what the bilingual lexicon translates some words to, with the evidence.

        Raises:
            InputError: `words` is empty.
        """
        return self.answering.translations(words)

    # --- browsing

    def paper(self, paper_id: str, *, history: bool = False) -> PaperDetails:
        """Return a paper with every digest entry about it.

        Args:
            paper_id: an arXiv id in any spelling, version and URL included.
            history: whether to include earlier versions of its entries.

        Raises:
            InputError: `paper_id` is not an arXiv id.
            NotFoundError: the paper is not in the index, nor in its history if that was requested.
        """
        return self._browsing.paper(paper_id, history=history)

    def entries(self, label: Label | None = None) -> tuple[Entry, ...]:
        """Return the digest entries with a trust label, or all entries, oldest first."""
        return self._browsing.entries(label)

    def list_entries(self, label: Label | None = None, *, limit: int = 50, offset: int = 0) -> EntryPage:
        """Return a page of `entries`.

        Args:
            label: trust label; None for any.
            limit: number of entries, 1 to 200.
            offset: number of entries to skip.

        Raises:
            InputError: `limit` or `offset` is out of range.
        """
        return self._browsing.list_entries(label, limit, offset)

    def papers(self, status: SourceStatus | None = None) -> tuple[Paper, ...]:
        """Return the papers whose source has a status, or all papers, by id."""
        return self._browsing.papers(status)

    def list_papers(self, *, where: Filter = NO_FILTER, limit: int = 50, offset: int = 0) -> PaperPage:
        """Return papers that pass a filter, the newest digest first, then by arXiv id.

        Papers without any text, neither a summary nor an abstract, are left out.

        Args:
            where: metadata filter, which at least one text of the paper has to pass.
            limit: number of papers, 1 to 200.
            offset: number of papers to skip.

        Raises:
            InputError: `limit` or `offset` is out of range.
        """
        return self._browsing.list_papers(where, limit, offset)

    def digests(self) -> tuple[DigestDay, ...]:
        """Return the days with digests, newest first."""
        return self._browsing.digests()

    def digest(self, digest_date: str) -> DigestDetails:
        """Return the papers in the digests of a day, in their order.

        Args:
            digest_date: ISO date.

        Raises:
            InputError: it is not a date.
            NotFoundError: the index has no digest of that day.
        """
        return self._browsing.digest(digest_date)

    def similar(self, paper_id: str, k: int = 10, *, where: Filter = NO_FILTER) -> Results:
        """Return the papers that are most like another one, best first.

        Args:
            paper_id: arXiv id, in any notation.
            k: number of papers to return, 1 to 100.
            where: metadata filter.

        Raises:
            InputError: the id is invalid, or `k` is out of range.
            NotFoundError: the paper is not in the index.
        """
        return self.answering.similar(self._browsing.paper(paper_id, history=False).paper, k, where)

    def chunk(self, chunk_id: str) -> ChunkDetails:
        """Return a chunk in its place: its text, where it stands in its source, and its neighbors.

        Args:
            chunk_id: id of the chunk, as in `Evidence` and `Citation`.

        Raises:
            NotFoundError: the index holds no such chunk.
        """
        return self._browsing.chunk(chunk_id)

    def chunks(self) -> tuple[Chunk, ...]:
        """Return all searchable chunks."""
        return self._browsing.chunks()

    def document_frequency(self, terms: Iterable[str] | None = None) -> dict[str, int]:
        """Return the number of chunks that hold each index term.

        Args:
            terms: the index terms; None counts all. Terms that occur nowhere are left out.
        """
        return self._browsing.document_frequency(terms)

    def export(self, result: Exportable, export_format: ExportFormat) -> str:
        """Return the papers of a result as BibTeX, RIS or CSL-JSON, or the result as Markdown.

        Args:
            result: an answer, whose export holds the papers that it cites with the quotations from them; search
                results; a paper; a page of papers; the digests of a day; or some papers.
            export_format: "bibtex", "ris", "csl-json" or "markdown".

        Returns:
            The text of a file, to be encoded in UTF-8 without a change of its line ends: RIS ends lines with CR and LF.

        Raises:
            InputError: the format is unknown.
        """
        from .exports.export import export

        return export(result, export_format, self._browsing.papers_by_id)

    def chunk_ids(self, among: Iterable[str]) -> set[str]:
        """Return those of some chunk ids that are in the index."""
        return self._browsing.chunk_ids(among)

    def status(self) -> Status:
        """Return the contents of the data directory: counts, dates, the model and the published version."""
        return self._browsing.status()

    def problems(self, limit: int = 200) -> tuple[StoredProblem, ...]:
        """Return what could not be read of the documents of the index, those ingested last first.

        Args:
            limit: number of problems, 1 to 200; `status` tells how many there are.

        Raises:
            InputError: `limit` is out of range.
        """
        return self._browsing.problems(limit)

    # --- maintenance

    def ingest(
        self,
        paths: FilePath | Iterable[FilePath],
        abstracts: FilePath | None = None,
        *,
        all_abstracts: bool = False,
        fetch: bool = False,
        prune: Prune | None = None,
        readmit: bool = False,
        observe: Callable[[JobProgress], object] = lambda _: None,
    ) -> IngestReport:
        """Add digests, and the abstracts of the papers in them, to the index.

        Unchanged files cost nothing. An interrupted run is completed by the next one.

        Args:
            paths: digest files, JSONL files of entries, and folders to search for `.md` and `.jsonl` files.
            abstracts: a JSONL file (.jsonl or .jsonl.gz) with `id`, `title`, and `text` or `abstract`.
            all_abstracts: whether to add abstracts of papers that are in no digest.
            fetch: whether to fetch missing abstracts from arXiv, then from Hugging Face.
            prune: "remove" removes everything that is not in `paths`; "list" only reports it.
            readmit: whether to add again what was removed by `remove`.
            observe: callback for each step before it is taken; an exception in it aborts the run.

        Raises:
            FileError: a path does not exist, or the abstracts cannot be read.
            BusyError: another ingest is running on this directory.
            ConfigError: the index was built with another embedding model.
        """
        return self._maintenance.ingest(
            [Path(fspath(path)) for path in _as_list(paths)],
            None if abstracts is None else Path(fspath(abstracts)),
            all_abstracts=all_abstracts,
            fetch=fetch,
            prune=prune,
            readmit=readmit,
            observe=observe,
        )

    def add_entries(
        self,
        entries: Iterable[EntryRecord | Mapping[str, Any]],
        *,
        readmit: bool = False,
        observe: Callable[[JobProgress], object] = lambda _: None,
    ) -> IngestReport:
        """Add single entries, without a file: others of the same days stay as they are.

        An entry that was added before is edited; with the same text, it costs nothing. A paper and day that a digest
        file has an entry for keep that one, and the report has a problem. `ingest` and its `prune` leave them alone.

        Args:
            entries: the entries, as a line of a JSONL file has them: `paper_id`, `digest_date`, and `text` or
                `sections`, by name.
            readmit: whether to add again what was removed by `remove`.
            observe: callback for each step before it is taken; an exception in it aborts the run.

        Raises:
            InputError: an entry is not valid, or two are of the same paper and day; nothing is added then.
            BusyError: another ingest is running on this directory.
            ConfigError: the index was built with another embedding model.
        """
        return self._maintenance.add_entries(entries, readmit=readmit, observe=observe)

    def fetch(
        self, *, refresh: timedelta | None = None, observe: Callable[[JobProgress], object] = lambda _: None
    ) -> IngestReport:
        """Fetch missing abstracts from arXiv, then from Hugging Face. A failure is recorded and retried next time.

        Args:
            refresh: age from which stored abstracts are fetched again; None fetches only missing ones.
            observe: callback for each step before it is taken.

        Raises:
            BusyError: another ingest is running on this directory.
        """
        return self._maintenance.fetch(refresh, observe)

    def remove(
        self, what: str | Iterable[str], *, observe: Callable[[JobProgress], object] = lambda _: None
    ) -> IngestReport:
        """Remove days, papers or entries from the index.

        A later ingest does not add the same text again unless it is called with `readmit`.

        Args:
            what: days (`2025-05-16`), papers (`2505.09264`) and entries (`2505.09264@2025-05-16`).
            observe: callback for each step before it is taken.

        Raises:
            InputError: one of them is neither a day nor a paper nor an entry.
            NotFoundError: one of them is not in the index; nothing is removed then.
            BusyError: another ingest is running on this directory.
        """
        return self._maintenance.remove(_as_list(what), observe)

    def purgeable(self) -> Purgeable:
        """Count what `purge` would erase.

        Raises:
            ConfigError: shared answers cannot be read.
        """
        return self._maintenance.purgeable()

    def purge(self, *, observe: Callable[[JobProgress], object] = lambda _: None) -> PurgeReport:
        """Erase the texts that were removed or replaced: earlier summaries, and what belongs to removed papers.

        Shared answers lose the words that they quote from these texts.

        Searches and answers do not change. A later ingest still skips what was removed by hand: hashes of it stay.
        Backups, and catalogs that `restore` kept, are not changed.

        Args:
            observe: callback for each step before it is taken.

        Raises:
            BusyError: an ingest is running on this directory, or a program keeps reading the catalog.
            ConfigError: the disk is full, or shared answers cannot be read; everything else is erased then.
        """
        return self._maintenance.purge(observe)

    def reembed(self, *, observe: Callable[[JobProgress], object] = lambda _: None) -> ReembeddingReport:
        """Change the index to the embedding model of the settings.

        The new vectors are built next to the old ones, which answer until all are verified. An interrupted run is
        completed by the next one. Programs that have the index open with the old model have to reopen it afterwards.

        Args:
            observe: callback for each step before it is taken.

        Raises:
            BusyError: an ingest is running on this directory.
            ModelError: the model cannot be run, or returns invalid vectors.
        """
        return self._maintenance.reembed(observe)

    def examine(self, *, thorough: bool = False) -> tuple[Finding, ...]:
        """Check the catalog, the published index and the files around them.

        Args:
            thorough: whether to compare every term, vector, entry and sentence, not only counts, samples and checksums.

        Returns:
            The problems found; empty if there are none.
        """
        return self._maintenance.examine(thorough=thorough)

    def repair(
        self,
        findings: Sequence[Finding],
        *,
        thorough: bool = False,
        observe: Callable[[JobProgress], object] = lambda _: None,
    ) -> tuple[Finding, ...]:
        """Repair problems found by `examine`, and check again.

        Args:
            findings: the problems; those that cannot be repaired are skipped.
            thorough: whether to check again as thoroughly as `examine(thorough=True)`.
            observe: callback for each step before it is taken.

        Returns:
            The problems that remain.

        Raises:
            BusyError: an ingest is running on this directory.
            ConfigError: the index was built with another embedding model, or the disk is full.
        """
        return self._maintenance.repair(findings, thorough=thorough, observe=observe)

    def backup(self, file: FilePath, *, force: bool = False, progress: Progress | None = None) -> None:
        """Copy the catalog to a file, while others read and write; everything else is rebuilt from it.

        Args:
            file: the file to write, outside of the data directory.
            force: whether to replace an existing file.
            progress: callback for the number of pages copied and their total.

        Raises:
            InputError: the file lies in the data directory, or exists and `force` is false.
            ConfigError: it cannot be written.
            IndexDamagedError: the catalog is damaged.
        """
        self._maintenance.backup(Path(fspath(file)), force=force, progress=progress)


def _as_list(one_or_more: Any) -> list[Any]:
    """Return a single text or path as a list of one; anything else as a list of its items."""
    return [one_or_more] if isinstance(one_or_more, str | PathLike) else list(one_or_more)


def _catalog_file(folder: Path, *, create: bool) -> Path:
    """Return the path of the catalog in a data directory, which is created if it may be.

    Raises:
        ConfigError: the directory cannot be used, or holds no index and `create` is false.
    """
    file = folder / "catalog.sqlite"
    try:
        if not create and not file.is_file():
            raise ConfigError(f"{folder}: holds no index yet; run `nonmun ingest PATH...` first")
        if file.is_file() and not file.stat().st_size and (not create or (folder / "generations").is_dir()):
            raise IndexDamagedError(f"{file}: is empty; {RESTORE}")
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be used ({error.strerror}); choose another --data") from error
    return file


def _open_embedder(settings: Settings, embedding: Any, report: Callable[[str], None] | None) -> Embedder:
    """Return the embedding model: the one given, wrapped if it is llama-index's, or the one in the settings."""
    from ..index.embeddings.factory import as_embedder, open_embedder

    if embedding is not None:
        return as_embedder(embedding)
    device, batch_size = settings.device, settings.batch_size
    return open_embedder(settings.embedding, settings.cache, report, device=device, batch_size=batch_size)
