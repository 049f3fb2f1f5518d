"""Which code a run was made with."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_ROOMS = ("index", "ingest", "api")


@cache
def code_version() -> str:
    """The package's version, and the beginning of a SHA-256 over the sources that find and answer: `0.1.0+3f2a…`.

    A version number stays the same between releases; what finds does not.
    """
    root = Path(__file__).parents[2]
    digest = hashlib.sha256()
    for path in sorted(path for room in _ROOMS for path in (root / room).rglob("*.py")):
        digest.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    try:
        released = version("nonmun")
    except PackageNotFoundError:
        released = "source"
    return f"{released}+{digest.hexdigest()[:12]}"
