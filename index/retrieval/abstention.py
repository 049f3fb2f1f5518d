"""Asks an index what it holds of questions that no paper answers, and of its papers' own titles."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..catalog.base import CatalogView
from ..domain.papers import Language
from ..domain.vectors import Matrix
from ..engine.artifacts import Learned
from ..engine.bm25 import Shares, information
from ..engine.calibration import USUAL_KNOWN, Calibration
from ..lexicon.translation import crossing, groups
from ..linking.vocabulary import Vocabulary
from ..query.question import MAX_CHARACTERS, is_question, parse_question
from ..util.batching import batches
from .fusion import relevance
from .out_of_domain import unrelated

Embed = Callable[[Sequence[str]], Matrix]
Embedded = tuple[Sequence[str], Matrix]

# Nine in ten unrelated questions stay below their quantile, and the tenth may be near a paper after all.
_UNRELATED, _TITLES = 0.9, 0.1
_MOST_TITLES = 40
_PAPERS_AT_ONCE = 1_000  # read with their abstracts


@dataclass(frozen=True, slots=True)
class Probes:
    """What an index is asked, embedded beforehand: the model need not be there any more while the index is measured.

    Attributes:
        papers: of each row of the index.
        unrelated: by language, questions that no paper answers, and their vectors.
        titles: titles of papers, and their vectors.
    """

    papers: Sequence[str]
    unrelated: Mapping[Language, Embedded]
    titles: Embedded

    @classmethod
    def of(cls, papers: Sequence[str], titles: Sequence[str], embed: Embed) -> Probes:
        """Embed what is asked.

        Args:
            papers: of each row of the index.
            titles: of papers; as many as are needed are taken, evenly.
            embed: questions to vectors, float32 (n, d).
        """
        # Sources give what they like for a title: blanks alone, or half a character, can be asked of no index.
        asked = [title[:MAX_CHARACTERS] for title in titles if is_question(title[:MAX_CHARACTERS])]
        asked = asked[:: -(-len(asked) // _MOST_TITLES) or 1]
        by_language: dict[Language, Embedded] = {lang: (texts, embed(texts)) for lang, texts in unrelated().items()}
        return cls(papers, by_language, (asked, embed(asked) if asked else np.zeros((0, 0), np.float32)))


def probes(view: CatalogView, rows: Sequence[int], embed: Embed) -> Probes:
    """What to ask some rows of a snapshot."""
    chunk_infos = view.chunks.infos(rows)
    papers = [chunk_infos[row].paper_id for row in rows]
    titles = [
        paper.title
        for part in batches(sorted(set(papers)), _PAPERS_AT_ONCE)
        for _, paper in sorted(view.papers.by_ids(part).items())
        if paper.title
    ]
    return Probes.of(papers, titles, embed)


def calibrated(learned: Learned, asked: Probes) -> Learned:
    """The same with a calibration: the ends of an index's scale, measured."""
    if not asked.papers:
        return replace(learned, calibration=Calibration.usual())
    paper_of, vocabulary = np.unique(np.asarray(asked.papers), return_inverse=True)[1], Vocabulary([learned.postings])

    def reached(embedded: Embedded, share: float) -> float:
        found = [_best(learned, vocabulary, paper_of, *one) for one in zip(*embedded, strict=True)]
        return float(np.quantile(found, share))

    ends: dict[Language, float] = {lang: reached(embedded, _UNRELATED) for lang, embedded in asked.unrelated.items()}
    known = reached(asked.titles, _TITLES) if asked.titles[0] else USUAL_KNOWN
    return replace(learned, calibration=Calibration(ends, known))


def _best(learned: Learned, vocabulary: Vocabulary, paper_of: Any, text: str, vector: Matrix) -> float:
    """How relevant the best paper looks to a question."""
    question = parse_question(text)
    words, parts, rows = vocabulary.words(question), [learned.postings], learned.vectors.rows
    translated = groups(learned.lexicon, question, vocabulary.heard)
    said = Shares.of(parts, words)
    crossed = crossing(parts, translated, question, information(parts, words))
    near = learned.vectors.matrix @ learned.means.centre_question(vector, question.lang)
    best = [_by_paper(scores, paper_of) for scores in (near, said.over(rows), crossed.over(rows))]
    return float(np.max(relevance(*best)))


def _by_paper(scores: Any, paper_of: Any) -> Any:
    """The best of each paper's chunks, float32 (papers,)."""
    found = np.full(int(paper_of.max()) + 1, -1.0, np.float32)
    np.maximum.at(found, paper_of, scores)
    return found
