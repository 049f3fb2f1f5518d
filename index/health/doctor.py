"""Examine an index without changing it, and report each defect with its remedy."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path

from ..catalog.base import CatalogStore, CatalogView
from ..catalog.recovery import integrity
from ..domain.errors import NonmunError
from ..domain.findings import Finding, repairable_finding, unrepairable_finding
from ..engine.base import SearchEngine

__all__ = ["Finding", "examine", "examine_model"]

Check = Callable[[CatalogView], Iterable[Finding]]
"""A check of a catalog snapshot, which writes nothing."""

_UNREADABLE = {"catalog-damaged", "catalog-unreadable"}
_NO_VECTORS = {"model-unnamed", "vectors-damaged", "vectors-unreadable"}


def examine(
    catalog: CatalogStore,
    engine: SearchEngine,
    *,
    thorough: bool = False,
    building: bool = False,
    checks: Sequence[Check] = (),
) -> tuple[Finding, ...]:
    """Return what is wrong with an index. Damage is a finding, never an exception.

    Safe while others read and an ingest runs: one snapshot of the catalog is read.

    Args:
        catalog: the catalog.
        engine: the search engine; no embedding model is needed.
        thorough: also compare every term and every vector instead of counts, samples and checksums only.
        building: whether an ingest is running, which may be building a version.
        checks: further checks of the same snapshot.

    Returns:
        One finding per code, the most severe first; none for a healthy index.
    """
    findings: list[Finding] = []
    try:
        with catalog.view() as view:
            findings += _check_view(view, engine, thorough=thorough, building=building, checks=checks)
    except (NonmunError, sqlite3.Error) as error:
        findings.append(unrepairable_finding("catalog-unreadable", _one_line(error)))
    findings += _run("generations", partial(engine.examine_files, publishing=building))
    first_of_code = {finding.code: finding for finding in reversed(findings)}
    return tuple(first_of_code[code] for code in dict.fromkeys(finding.code for finding in findings))


def _check_view(
    view: CatalogView, engine: SearchEngine, *, thorough: bool, building: bool, checks: Sequence[Check]
) -> list[Finding]:
    findings = _run("catalog", partial(integrity.check_database, view))
    if _codes(findings) & _UNREADABLE:  # further checks of a damaged file would be meaningless
        return findings
    findings += _run("catalog", partial(integrity.check_metadata, view))
    findings += _run("catalog", partial(integrity.check_papers, view))
    findings += _run("catalog", partial(integrity.check_texts, view))
    for check in checks:
        findings += _run("catalog", partial(check, view))
    findings += _run("lexical", partial(integrity.check_terms, view, thorough=thorough))
    if "model-unnamed" not in _codes(findings):
        findings += _run("vectors", partial(integrity.check_vectors, view))
    if not _codes(findings) & _NO_VECTORS:
        findings += _run("generation", partial(engine.examine, view, thorough=thorough, publishing=building))
    return findings


def _codes(findings: Iterable[Finding]) -> set[str]:
    return {finding.code for finding in findings}


def _run(subject: str, check: Callable[[], Iterable[Finding]]) -> list[Finding]:
    """Return a check's findings, or one finding if the check itself fails."""
    try:
        return list(check())
    except Exception as error:  # damage can give any value another shape, type or encoding
        make = repairable_finding if subject in {"lexical", "generation", "generations"} else unrepairable_finding
        return [make(f"{subject}-unreadable", f"the {subject} cannot be read ({_one_line(error)})")]


def _one_line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


def examine_model(models: Path) -> tuple[Finding, ...]:
    """Check the built embedding model in a cache folder. A missing one is no finding: it is built when needed.

    Args:
        models: the folder that `E5.open` takes.
    """
    from ..embeddings.e5.model_cache import is_intact, model_folder

    folder = model_folder(models)
    if not folder.exists() or is_intact(folder, thorough=True):
        return ()
    message = f"{folder}: the built embedding model is damaged"
    return (repairable_finding("model-damaged", message, "remove the folder; the model is built again"),)
