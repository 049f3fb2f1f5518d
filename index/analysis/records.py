"""Records: what the sources state about a paper besides its title and abstract, as passages that can be quoted."""

from __future__ import annotations

from ..domain.chunks import Chunk, make_chunk_id
from ..domain.papers import Paper, RecordField
from .language import language


def record_chunks(paper: Paper) -> tuple[Chunk, ...]:
    """Return a passage for each field that the paper's record states.

    They are derived from the stored paper and never searched: an index of 47,000 papers would grow by as many passages
    of names that no question describes.
    """
    texts: dict[RecordField, str] = {
        "authors": ", ".join(paper.authors),
        "published": paper.published or "",
        "journal_ref": paper.journal_ref,
        "doi": paper.doi,
        "categories": ", ".join(paper.categories),
        "comment": paper.comment,
    }
    return tuple(
        Chunk(
            make_chunk_id(paper.paper_id, "record", None, field, 0),
            paper.paper_id,
            "record",
            None,
            field,
            0,
            language(text),
            text,
            "",
        )
        for field, text in texts.items()
        if text
    )
