"""Memory that was freed, given back to the system."""

from __future__ import annotations

import ctypes
import sys


def release_memory() -> None:
    """Have the C library give back what was freed: glibc keeps much of it for what is allocated next."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # other C libraries have none
        if trim is not None:
            trim(0)
