"""Provenance of a run: the version of the code that made it."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGES = ("index", "ingest", "api")


@cache
def code_version() -> str:
    """Return the package version with a SHA-256 prefix over the sources that search and answer: `0.1.0+3f2a…`.

    The version number alone does not change between releases; the sources do.
    """
    root = Path(__file__).parents[2]
    digest = hashlib.sha256()
    for path in sorted(path for package in _PACKAGES for path in (root / package).rglob("*.py")):
        digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    try:
        release = version("nonmun")
    except PackageNotFoundError:
        release = "source"
    return f"{release}+{digest.hexdigest()[:12]}"
