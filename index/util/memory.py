"""Return freed memory to the operating system."""

from __future__ import annotations

import ctypes
import sys


def release_memory() -> None:
    """Make the C library return freed memory to the system. glibc keeps much of it for later allocations."""
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)  # other C libraries lack it
        if trim is not None:
            trim(0)
