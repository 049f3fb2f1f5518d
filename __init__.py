"""nonmun (논문): questions about AI papers, answered with paper IDs and exact quotations."""

from typing import TYPE_CHECKING, Any

from .api.conversation.turns import Turn
from .api.events import CitationEvent, DoneEvent, Event, HitsEvent, TokenEvent
from .api.library import Library
from .api.results import (
    Answer,
    ChunkDetails,
    DigestDay,
    DigestDetails,
    DigestEntry,
    EntryPage,
    Interpretation,
    Job,
    PaperDetails,
    PaperPage,
    Results,
    Segment,
    Status,
)
from .index.domain.chunks import Chunk
from .index.domain.errors import (
    BusyError,
    ConfigError,
    FileError,
    IndexDamagedError,
    InputError,
    LLMError,
    ModelError,
    NonmunError,
    NotFoundError,
    ServiceError,
)
from .index.domain.filters import Filter
from .index.domain.hits import Citation, Evidence, Hit
from .index.domain.papers import Entry, Paper, Section
from .settings import Settings

if TYPE_CHECKING:
    from .api.async_library import AsyncLibrary

    __version__: str
else:

    def __getattr__(name: str) -> Any:
        """Import what few programs use: asyncio, and the metadata of the package."""
        if name == "AsyncLibrary":
            from .api.async_library import AsyncLibrary

            return AsyncLibrary
        if name == "__version__":
            from importlib.metadata import version

            return version("nonmun")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = [
    "Answer",
    "AsyncLibrary",
    "BusyError",
    "Chunk",
    "ChunkDetails",
    "Citation",
    "CitationEvent",
    "ConfigError",
    "DigestDay",
    "DigestDetails",
    "DigestEntry",
    "DoneEvent",
    "Entry",
    "EntryPage",
    "Event",
    "Evidence",
    "FileError",
    "Filter",
    "Hit",
    "HitsEvent",
    "IndexDamagedError",
    "InputError",
    "Interpretation",
    "Job",
    "LLMError",
    "Library",
    "ModelError",
    "NonmunError",
    "NotFoundError",
    "Paper",
    "PaperDetails",
    "PaperPage",
    "Results",
    "Section",
    "Segment",
    "ServiceError",
    "Settings",
    "Status",
    "TokenEvent",
    "Turn",
]
