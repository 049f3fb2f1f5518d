"""Titles as answers show them: text and nothing else, since a digest can write anything where a title stands."""

from __future__ import annotations

from ....index.domain.hits import Hit
from ..prompt_injection import instructs, is_active

_LONGEST = 300  # characters


def shown_title(hit: Hit) -> str:
    """A paper's title on one line, or its id where it has none that can be shown."""
    title = " ".join(hit.title.split())
    return title if title and len(title) <= _LONGEST and not (instructs(title) or is_active(title)) else hit.paper_id
