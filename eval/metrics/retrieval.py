"""Retrieval measures, through ir-measures: one value a query."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ...index.domain.errors import InputError
from ..datasets.model import Qrels

Values = dict[str, dict[str, float]]
"""Value by query id, then measure."""

DEFAULT = (
    "ndcg@10", "r@1", "r@5", "r@10", "r@50", "r@100", "mrr@10", "map", "success@1", "success@5", "success@10",
    "judged@10",
)  # fmt: skip
_LOWER_IS_BETTER = frozenset({"unsupported"})
# As ir-measures writes them. A paper is relevant from grade 1; nDCG weighs grades (Järvelin & Kekäläinen 2002).
_NAMES = {
    "ndcg": "nDCG", "r": "R", "recall": "R", "p": "P", "mrr": "RR", "rr": "RR", "map": "AP", "ap": "AP",
    "success": "Success", "judged": "Judged",
}  # fmt: skip
_CANONICAL = {"recall": "r", "rr": "mrr", "ap": "map"}
_MEASURE = re.compile(r"([a-z]+)(?:@([1-9]\d{0,3}))?")
_NEEDS_CUTOFF = {"r", "p", "success", "judged"}


def measure_name(name: str) -> str:
    """The one spelling of a measure: `nDCG@10` and `ndcg@10` are the same, `recall@5` is `r@5`.

    Raises:
        InputError: it is no measure that is known here.
    """
    match = _MEASURE.fullmatch(name.strip().lower())
    if not match or match[1] not in _NAMES:
        raise InputError("measure", f"{name[:40]!r} is unknown; known are {', '.join(DEFAULT)}")
    base = _CANONICAL.get(match[1], match[1])
    if base in _NEEDS_CUTOFF and not match[2]:
        raise InputError("measure", f"{name!r} needs a cutoff, such as {base}@10")
    return f"{base}@{match[2]}" if match[2] else base


def direction(name: str) -> float:
    """1 where more of a measure is better, -1 where less of it is."""
    return -1.0 if name in _LOWER_IS_BETTER else 1.0


def known_measures(names: Sequence[str], depth: int) -> tuple[str, ...]:
    """The spelling of some measures, without those whose cutoff lies beyond the depth of the rankings.

    Raises:
        InputError: one of them is unknown, or none is left.
    """
    spelled = dict.fromkeys(measure_name(name) for name in names)
    found = tuple(name for name in spelled if int(name.partition("@")[2] or 0) <= depth)
    if not found:
        raise InputError("measure", f"none can be had of rankings of {depth}: {', '.join(spelled)}; raise k")
    return found


def evaluate(rankings: Mapping[str, Sequence[str]], qrels: Qrels, names: Sequence[str]) -> Values:
    """Measure rankings against judgments.

    Args:
        rankings: paper ids by query id, best first; a query without any counts as nothing found.
        qrels: judgments; queries without a relevant paper are left out.
        names: measures, as `measure_name` spells them.
    """
    import ir_measures

    wanted = {query: dict(grades) for query, grades in qrels.items() if any(grade > 0 for grade in grades.values())}
    # The place decides, not the score: evaluation tools sort by score and break ties by id.
    run = {query: {paper: float(-at) for at, paper in enumerate(rankings.get(query, ()))} for query in wanted}
    spelled: dict[Any, str] = {ir_measures.parse_measure(_spelled(name)): name for name in names}
    values: Values = {query: dict.fromkeys(names, 0.0) for query in wanted}
    for metric in ir_measures.iter_calc(list(spelled), wanted, {key: found for key, found in run.items() if found}):
        values[metric.query_id][spelled[metric.measure]] = float(metric.value)
    return values


def _spelled(name: str) -> str:
    base, _, cutoff = name.partition("@")
    return f"{_NAMES[base]}@{cutoff}" if cutoff else _NAMES[base]
