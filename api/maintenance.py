"""Looking after a data directory from Python: what goes in, what goes out, whether all is well."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from os import PathLike, fspath
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..index.catalog.backup import Progress, backup
from ..index.catalog.database import Catalog
from ..index.domain.findings import Finding
from ..index.embeddings.base import Embedder
from ..settings import Settings

if TYPE_CHECKING:  # whoever only asks waits for nothing of the ingest
    from ..ingest.job import Ingest, Prune
    from ..ingest.maintenance.reembedding import Reembedded
    from ..ingest.report import Report, Step
    from ..ingest.sources.config import SourceConfig

FilePath = str | PathLike[str]


class Keeper(ABC):
    """The side of a `Library` that changes it and checks it."""

    def __init__(self, settings: Settings, catalog: Catalog) -> None:
        self.settings = settings
        self._catalog = catalog

    @property
    @abstractmethod
    def embedder(self) -> Embedder:
        """The embedding model, opened on first use."""

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
            files, source, all_abstracts=all_abstracts, source_config=upstream, prune=prune, readmit=readmit
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
        from ..ingest.planning.removal import parse_target

        return self._job(observe).remove([parse_target(one) for one in as_list(what)])

    def reembed(self, *, observe: Callable[[Step], object] = lambda _: None) -> Reembedded:
        """Change the index to the embedding model of the settings, beside the old one until all is verified.

        A run that is cut short is completed by the next one; until then the old model answers. Programs that have the
        index open with the old model have to open it again afterwards.

        Raises:
            BusyError: an ingest is running on this directory.
            ModelError: the model cannot be run, or gives vectors that are none.
        """
        from ..ingest.maintenance.reembedding import reembed

        return reembed(self._catalog, self.settings.data, lambda: self.embedder, observe=observe)

    def _job(self, observe: Callable[[Step], object]) -> Ingest:
        from ..ingest.job import Ingest

        return Ingest(self._catalog, self.settings.data, lambda: self.embedder, observe=observe)

    def _upstream(self) -> SourceConfig:
        """Whom to ask for abstracts, as the settings say."""
        from ..ingest.sources.config import ARXIV_URL, HUGGINGFACE_URL, SourceConfig

        settings = self.settings
        return SourceConfig(
            state=settings.cache / "upstream",
            arxiv_url=settings.arxiv_url or ARXIV_URL,
            huggingface_url=settings.huggingface_url or HUGGINGFACE_URL,
            contact=settings.contact,
        )

    def examine(self, *, thorough: bool = False) -> tuple[Finding, ...]:
        """What is wrong with the catalog, the generation and the files around them; nothing where all is well.

        Args:
            thorough: compare every term and vector, not only counts, samples and checksums.
        """
        from ..ingest.maintenance.repair import examine

        return examine(self._catalog, self.settings.data, thorough=thorough)

    def repair(
        self,
        findings: Sequence[Finding],
        *,
        thorough: bool = False,
        observe: Callable[[Step], object] = lambda _: None,
    ) -> tuple[Finding, ...]:
        """Cure what `examine` found and can be cured; what is left afterwards.

        Raises:
            BusyError: an ingest is running on this directory.
            ConfigError: the index was made with another embedding model, or the disk is full.
        """
        from ..ingest.maintenance.repair import repair

        folder = self.settings.data
        return repair(self._catalog, folder, lambda: self.embedder, findings, thorough=thorough, observe=observe)

    def backup(self, file: FilePath, *, force: bool = False, progress: Progress | None = None) -> None:
        """Copy the catalog to a file, whoever reads or writes meanwhile; everything else is rebuilt from it.

        Raises:
            InputError: the file lies in the data directory, or exists and `force` is false.
            ConfigError: it cannot be written.
            IndexDamagedError: the catalog is damaged.
        """
        backup(self._catalog, Path(fspath(file)), force=force, progress=progress)


def as_list(one_or_more: Any) -> list[Any]:
    """A text or path as a list of one; anything else as the list of what it holds."""
    return [one_or_more] if isinstance(one_or_more, str | PathLike) else list(one_or_more)
