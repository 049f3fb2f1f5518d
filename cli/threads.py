"""One thread for NumPy's products, set before NumPy is first imported.

The products here are small: OpenBLAS's threads would spend as much CPU time again waiting for one another.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
