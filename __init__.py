"""nonmun (논문): questions about AI papers, answered with paper IDs and exact quotations."""

from .api.conversation.turns import Turn
from .api.events import CitationEvent, DoneEvent, Event, HitsEvent, TokenEvent
from .api.library import Library
from .api.results import Answer, ChunkDetails, Interpretation, PaperDetails, Results, Segment, Status
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
)
from .index.domain.filters import Filter
from .index.domain.hits import Citation, Evidence, Hit
from .index.domain.papers import Entry, Paper, Section
from .settings import Settings

__all__ = [
    "Answer",
    "BusyError",
    "Chunk",
    "ChunkDetails",
    "Citation",
    "CitationEvent",
    "ConfigError",
    "DoneEvent",
    "Entry",
    "Event",
    "Evidence",
    "FileError",
    "Filter",
    "Hit",
    "HitsEvent",
    "IndexDamagedError",
    "InputError",
    "Interpretation",
    "LLMError",
    "Library",
    "ModelError",
    "NonmunError",
    "NotFoundError",
    "Paper",
    "PaperDetails",
    "Results",
    "Section",
    "Segment",
    "Settings",
    "Status",
    "TokenEvent",
    "Turn",
]
