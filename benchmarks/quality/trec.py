"""Write runs in TREC format, and check them against the judgments."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import ir_measures
import numpy as np
from ir_measures import RR, Qrel, R
from query_sets import QualityQuery
from systems import Ranking

_CHECKED = (R @ 10, RR @ 10)


def write_run(file: Path, rankings: Mapping[str, Ranking], tag: str) -> None:
    """Write `qid Q0 paper rank score tag` lines; an existing file is replaced atomically.

    Evaluators sort by score alone, some in single precision. If two papers would tie, the second score is lowered to
    the next smaller float32, so that the system's order is preserved.
    """
    unfinished = file.with_suffix(".unfinished")
    with unfinished.open("w", encoding="utf-8") as out:
        for query_id, ranking in rankings.items():
            previous = np.float32(np.inf)
            for rank, (paper_id, score) in enumerate(ranking, start=1):
                previous = min(np.float32(score), np.nextafter(previous, np.float32(-np.inf)))
                out.write(f"{query_id} Q0 {paper_id} {rank} {previous:.9g} {tag}\n")
    unfinished.replace(file)


def check(file: Path, queries: Sequence[QualityQuery]) -> dict[str, tuple[float, ...]]:
    """Return R@10 and MRR@10 by kind; both are 0 for a query without results."""
    kinds = {query.query_id: query.kind for query in queries}
    qrels = [Qrel(query.query_id, paper_id, 1) for query in queries for paper_id in query.papers]
    sums: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for metric in ir_measures.iter_calc(_CHECKED, qrels, ir_measures.read_trec_run(str(file))):
        sums[kinds[metric.query_id]][str(metric.measure)] += metric.value
    totals = Counter(kinds.values())
    return {kind: tuple(sums[kind][str(measure)] / totals[kind] for measure in _CHECKED) for kind in totals}
