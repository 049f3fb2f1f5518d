"""Asks an index what it holds of questions that no paper answers, and of its papers' own titles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from .calibration import USUAL_KNOWN, Calibration
from .crossing import crossing, groups
from .embedding import Matrix
from .learned import Learned
from .papers import Language
from .postings import Shares, information
from .question import MAX_CHARACTERS, is_question, read_question
from .ranking import relevance
from .reading import View
from .unrelated import unrelated
from .wording import Vocabulary

Embed = Callable[[Sequence[str]], Matrix]

# Nine in ten unrelated questions stay below their quantile, and the tenth may be near a paper after all.
_UNRELATED, _TITLES = 0.9, 0.1
_MOST_TITLES = 40


def calibrated(learned: Learned, view: View, embed: Embed) -> Learned:
    """The same with a calibration.

    Args:
        learned: what was learned of a snapshot.
        view: the snapshot.
        embed: questions to vectors, float32 (n, d).
    """
    rows = learned.vectors.rows.tolist()
    spots = view.spots(rows)
    papers = [spots[row].paper_id for row in rows]
    titles = [paper.title for _, paper in sorted(view.papers(set(papers)).items()) if paper.title]
    return replace(learned, calibration=calibrate(learned, papers, titles, embed))


def calibrate(learned: Learned, papers: Sequence[str], titles: Sequence[str], embed: Embed) -> Calibration:
    """Measure the ends of an index's scale.

    Args:
        learned: the index.
        papers: of each of its rows.
        titles: of papers; as many as are needed are taken, evenly.
        embed: questions to vectors, float32 (n, d).
    """
    if not papers:
        return Calibration.usual()
    paper_of, vocabulary = np.unique(np.asarray(papers), return_inverse=True)[1], Vocabulary([learned.postings])

    def best(texts: Sequence[str]) -> list[float]:
        vectors = zip(texts, embed(texts), strict=True)
        return [_best(learned, vocabulary, paper_of, text, vector) for text, vector in vectors]

    reached: dict[Language, float] = {
        lang: float(np.quantile(best(texts), _UNRELATED)) for lang, texts in unrelated().items()
    }
    # Sources give what they like for a title: blanks alone, or half a character, can be asked of no index.
    asked = [title[:MAX_CHARACTERS] for title in titles if is_question(title[:MAX_CHARACTERS])]
    asked = asked[:: -(-len(asked) // _MOST_TITLES) or 1]
    return Calibration(reached, float(np.quantile(best(asked), _TITLES)) if asked else USUAL_KNOWN)


def _best(learned: Learned, vocabulary: Vocabulary, paper_of: Any, text: str, vector: Matrix) -> float:
    """How relevant the best paper looks to a question."""
    question = read_question(text)
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
