"""Paper selection: which of the papers found an answer quotes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ....index.domain.hits import Hit
from ....index.domain.vectors import unit_rows
from ....index.retrieval.request import SearchResult
from ..quotations import has_trustworthy_evidence

MAX_NAMED_PAPERS = 5
"""Papers that an answer quotes if the question names them."""

_NEAREST = 3  # papers of the result that a paper of the same topic resembles
# The least closeness of a further paper: of a list, and of the answer to a question that asks for no papers.
_LISTED, _ANSWERING = 0.56, 0.7
_STRONG = 0.65  # from which on a paper of a list is on its topic, rather than near it


@dataclass(frozen=True, slots=True)
class Selection:
    """The papers that an answer quotes.

    Attributes:
        hits: the papers, best first; those that only come near follow the others.
        weak: ids of those that only come near.
        untrusted: ids of papers that are left out because their evidence is untrustworthy.
    """

    hits: tuple[Hit, ...]
    weak: frozenset[str] = frozenset()
    untrusted: tuple[str, ...] = ()


def select_papers(result: SearchResult, *, everything: bool, is_list: bool) -> Selection:
    """Return the papers to quote.

    Papers that the question names are quoted whatever their evidence. Otherwise these are the first paper and those
    that come close to it.

    Args:
        result: the search result with its sentences.
        everything: whether to quote every relevant paper.
        is_list: whether the question asks for papers.
    """
    if result.known:
        return Selection(tuple(hit for hit in result.hits if hit.paper_id in result.known)[:MAX_NAMED_PAPERS])
    if everything:
        return Selection(tuple(hit for hit in result.hits if hit.paper_id in result.assessment.relevant))
    hits = [hit for hit in result.hits if hit.paper_id in result.sentences]
    limit = _LISTED if is_list else _ANSWERING
    close = dict(zip((hit.paper_id for hit in hits), closeness(result, hits), strict=True))
    chosen = [hit for rank, hit in enumerate(hits) if not rank or close[hit.paper_id] >= limit]
    trusted = [hit for hit in chosen if has_trustworthy_evidence(hit.evidence)]
    weak = frozenset(hit.paper_id for hit in trusted[1:] if close[hit.paper_id] < _STRONG)
    ordered = sorted(trusted, key=lambda hit: hit.paper_id in weak)
    return Selection(tuple(ordered), weak, tuple(hit.paper_id for hit in chosen if hit not in trusted))


def closeness(result: SearchResult, hits: Sequence[Hit]) -> list[float]:
    """Return how close each paper comes to the best: the mean of four values of at most 1.

    Three are ratios to the best value of any paper: of the fused score, the support of the question's words, and the
    relevance of the best sentence. The fourth is the paper's similarity with the others, half with the first and half
    with the nearest: papers that answer one question share its topic.

    Args:
        result: the search result with its sentences.
        hits: papers with sentences, best first.
    """
    if not hits:
        return []
    scored = [result.sentences[hit.paper_id] for hit in hits]
    values = np.array(
        [
            [hit.score for hit in hits],
            [sentences.support for sentences in scored],
            [float(sentences.relevance.max()) for sentences in scored],
        ]
    )
    best = values.max(axis=1, keepdims=True)
    ratios = np.divide(values, best, out=np.zeros_like(values), where=best > 0)
    means = unit_rows(np.stack([sentences.vectors.mean(axis=0) for sentences in scored]))
    similarity = np.clip(means @ means.T, -1, 1)
    nearest = np.sort(similarity, axis=1)[:, ::-1][:, 1 : 1 + _NEAREST]
    together = (similarity[0] + nearest.mean(axis=1)) / 2 if nearest.size else similarity[0]
    return np.vstack([ratios, together]).mean(axis=0).tolist()
