"""Looks at an index without touching it: what is wrong, and what cures it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from ..catalog import integrity
from ..catalog.base import CatalogStore
from ..domain.errors import NonmunError
from ..domain.findings import Finding, incurable, mendable
from .generation_checks import compare, look_around

__all__ = ["Finding", "examine", "examine_model"]

_BROKEN = {"catalog-damaged", "catalog-unreadable"}


def examine(
    catalog: CatalogStore, generations: Path, *, thorough: bool = False, building: bool = False
) -> tuple[Finding, ...]:
    """Everything that is wrong with an index; damage is a finding, never an exception.

    Safe at any time, beside readers and a running ingest: all of it is read from one snapshot.

    Args:
        catalog: the catalog.
        generations: the folder of generations.
        thorough: also compare every term and every vector, not only counts, samples and checksums.
        building: whether an ingest is running, so that a half-built generation is being built.

    Returns:
        Findings, the gravest first; none for a healthy index.
    """
    found: list[Finding] = []
    try:
        with catalog.view() as view:
            found += _ask("catalog", partial(integrity.check_database, view))
            if not _BROKEN & {one.code for one in found}:  # nothing else that it says could be believed
                found += _ask("catalog", partial(integrity.check_metadata, view))
                found += _ask("catalog", partial(integrity.check_papers, view))
                found += _ask("lexical", partial(integrity.check_terms, view, thorough=thorough))
                if not any(one.code == "model-unnamed" for one in found):
                    found += _ask("vectors", partial(integrity.check_vectors, view))
                if not {one.code for one in found} & {"vectors-damaged", "model-unnamed", "vectors-unreadable"}:
                    against = partial(compare, view, generations, thorough=thorough, building=building)
                    found += _ask("generation", against)
    except (NonmunError, sqlite3.Error) as error:
        found.append(incurable("catalog-unreadable", _line(error)))
    found += _ask("generations", partial(look_around, generations, building=building))
    return tuple({one.code: one for one in reversed(found)}[code] for code in dict.fromkeys(one.code for one in found))


def _ask(what: str, check: Callable[[], Iterable[Finding]]) -> list[Finding]:
    """A check's findings; that it cannot be made is one too."""
    try:
        return list(check())
    except Exception as error:  # whatever damage makes of a value: its shape, its type, its encoding
        made = mendable if what in {"lexical", "generation", "generations"} else incurable
        return [made(f"{what}-unreadable", f"the {what} cannot be read ({_line(error)})")]


def _line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


def examine_model(models: Path) -> tuple[Finding, ...]:
    """Whether the built embedding model in a cache folder is whole; an absent one is built when it is needed.

    Args:
        models: the folder that `E5.open` takes.
    """
    from ..embeddings.e5.model_cache import folder_of, intact

    folder = folder_of(models)
    if not folder.exists() or intact(folder, thorough=True):
        return ()
    return (
        mendable("model-damaged", f"{folder}: the built embedding model is damaged", "remove it; it is built anew"),
    )
