"""Run files in TREC's format, and the check of a run against the judgments."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import ir_measures
import numpy as np
from ir_measures import RR, Qrel, R
from questions import Query
from systems import SearchConfig

_CHECKED = (R @ 10, RR @ 10)


def write_run(file: Path, rankings: Mapping[str, SearchConfig], tag: str) -> None:
    """Write `qid Q0 paper rank score tag` lines, or leave what was there.

    Evaluators sort by score alone, some in single precision: where two papers would tie there, the second one's score
    is lowered by the least that single precision knows, so that the system's own order counts.
    """
    unfinished = file.with_suffix(".unfinished")
    with unfinished.open("w", encoding="utf-8") as out:
        for query_id, ranking in rankings.items():
            last = np.float32(np.inf)
            for rank, (paper_id, score) in enumerate(ranking, start=1):
                last = min(np.float32(score), np.nextafter(last, np.float32(-np.inf)))
                out.write(f"{query_id} Q0 {paper_id} {rank} {last:.9g} {tag}\n")
    unfinished.replace(file)


def check(file: Path, queries: Sequence[Query]) -> dict[str, tuple[float, ...]]:
    """R@10 and MRR@10 by kind; a query without results counts as nothing found."""
    kinds = {query.query_id: query.kind for query in queries}
    judged = [Qrel(query.query_id, paper_id, 1) for query in queries for paper_id in query.papers]
    sums: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for found in ir_measures.iter_calc(_CHECKED, judged, ir_measures.read_trec_run(str(file))):
        sums[kinds[found.query_id]][str(found.measure)] += found.value
    totals = Counter(kinds.values())
    return {kind: tuple(sums[kind][str(one)] / totals[kind] for one in _CHECKED) for kind in totals}
