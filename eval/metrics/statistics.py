"""How sure a mean or a difference is: bootstrap intervals, the paired randomisation test, Holm's correction."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

RESAMPLES = 10_000
_BLOCK = 2_000_000  # random numbers held at once


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean with its 95 % interval."""

    mean: float
    low: float
    high: float


def bootstrap(values: Values, *, seed: int, resamples: int = RESAMPLES) -> list[Interval]:
    """Means of each column with 95 % intervals from the percentile bootstrap over rows (Efron & Tibshirani 1993, 13.3).

    All columns are resampled together: a query is drawn with everything that was measured of it.

    Args:
        values: float64 (n, m): a row a query, a column a measure (or a difference between two runs).
        seed: of the resampling; the same one gives the same digits.
        resamples: how many.
    """
    n, columns = values.shape
    if not n:
        return [Interval(0.0, 0.0, 0.0)] * columns
    random = np.random.default_rng(seed)
    means = np.empty((resamples, columns))
    for start, size in _blocks(n, resamples):
        drawn = random.multinomial(n, np.full(n, 1 / n), size=size).astype(np.float64)
        # einsum without BLAS adds in one order whatever the number of threads: the same digits every time.
        means[start : start + size] = np.einsum("rn,nm->rm", drawn, values, optimize=False) / n
    low, high = np.percentile(means, [2.5, 97.5], axis=0)
    return [
        Interval(*(round(float(one), 6) for one in parts)) for parts in zip(values.mean(axis=0), low, high, strict=True)
    ]


def randomisation(differences: Values, *, seed: int, resamples: int = RESAMPLES) -> list[float]:
    """Two-sided p-values of the paired randomisation test (Fisher; Smucker, Allan & Carterette 2007), one a column.

    Under the null hypothesis the two runs could be exchanged for every query: each row's sign is drawn anew.

    Args:
        differences: float64 (n, m): a row a query, a column a measure.
        seed: of the drawing.
        resamples: how many.
    """
    n, columns = differences.shape
    if not n:
        return [1.0] * columns
    random = np.random.default_rng(seed)
    observed = np.abs(differences.sum(axis=0))
    beyond = np.zeros(columns)
    for _, size in _blocks(n, resamples):
        signs = random.integers(0, 2, size=(size, n)).astype(np.float64) * 2 - 1
        drawn = np.abs(np.einsum("rn,nm->rm", signs, differences, optimize=False))
        beyond += (drawn >= observed - 1e-9).sum(axis=0)
    return [float(one) for one in (beyond + 1) / (resamples + 1)]


def _blocks(n: int, resamples: int) -> Iterator[tuple[int, int]]:
    """Start and size of the blocks that resamples of n rows are drawn in."""
    step = max(1, _BLOCK // n)
    for start in range(0, resamples, step):
        yield start, min(step, resamples - start)


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values corrected for being several (Holm 1979), in their order."""
    order = np.argsort(p_values, kind="stable")
    corrected: dict[int, float] = {}
    worst = 0.0
    for place, at in enumerate(order):
        worst = max(worst, min(1.0, (len(p_values) - place) * p_values[int(at)]))
        corrected[int(at)] = worst
    return [corrected[at] for at in range(len(p_values))]


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """Mean, p50, p95 and p99 of some milliseconds, rounded to thousandths."""
    if not values:
        return {}
    array: Any = np.asarray(values)
    p50, p95, p99 = np.percentile(array, [50, 95, 99])
    return {
        name: round(float(value), 3)
        for name, value in (("mean", array.mean()), ("p50", p50), ("p95", p95), ("p99", p99))
    }
