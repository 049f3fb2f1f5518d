"""Paper selection: which of the papers found an answer quotes."""

from __future__ import annotations

from collections.abc import Sequence

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


def select_papers(result: SearchResult, *, everything: bool, is_list: bool) -> tuple[list[Hit], list[str]]:
    """Return the papers to quote, and the ids of those that are left out because their evidence is untrustworthy.

    Papers that the question names are quoted whatever their evidence. Otherwise these are the first paper and those
    that come close to it.

    Args:
        result: the search result with its sentences.
        everything: whether to quote every relevant paper.
        is_list: whether the question asks for papers.
    """
    if result.known:
        return [hit for hit in result.hits if hit.paper_id in result.known][:MAX_NAMED_PAPERS], []
    if everything:
        return [hit for hit in result.hits if hit.paper_id in result.assessment.relevant], []
    hits = [hit for hit in result.hits if hit.paper_id in result.sentences]
    limit = _LISTED if is_list else _ANSWERING
    chosen = [
        hit
        for rank, (hit, close) in enumerate(zip(hits, closeness(result, hits), strict=True))
        if not rank or close >= limit
    ]
    trusted = [hit for hit in chosen if has_trustworthy_evidence(hit.evidence)]
    return trusted, [hit.paper_id for hit in chosen if hit not in trusted]


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
