"""From which likeness on a paper answers a question: measured on the index itself, for each language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from .crossing import crossing, groups
from .embedding import Matrix
from .papers import Language
from .postings import Shares, information
from .question import MAX_CHARACTERS, is_question, read_question
from .ranking import relevance
from .unrelated import unrelated
from .wording import Vocabulary

if TYPE_CHECKING:
    from .learned import Learned

Embed = Callable[[Sequence[str]], Matrix]

# What the bundled model gives over 16 days of digests: where nothing has been measured.
_USUAL: tuple[dict[Language, float], float] = {"ko": 0.25, "en": 0.3}, 1.07
# Nine in ten unrelated questions stay below their quantile, and the tenth may be near a paper after all. A question
# that a paper answers reaches less than the paper's own title: at least this share of the way there, chosen on the
# development half of benchmarks/abstention.
_UNRELATED, _TITLES, _SHARE = 0.9, 0.1, 0.22
_MOST_TITLES = 40


@dataclass(frozen=True, slots=True)
class Calibration:
    """What questions reach in an index: how relevant the best paper looks to them.

    Attributes:
        reached: by the language of the question, what nine in ten questions reach at most that nothing answers.
        known: what nine in ten of the papers' own titles reach at least, asked as questions.
        measured: whether both were measured on this index; else they are what is usual.
    """

    reached: Mapping[Language, float]
    known: float
    measured: bool = True

    @classmethod
    def usual(cls) -> Calibration:
        """Where nothing could be measured."""
        return cls(*_USUAL, measured=False)

    @classmethod
    def of(cls, learned: Learned, papers: Sequence[str], titles: Sequence[str], embed: Embed) -> Calibration:
        """Ask an index what it holds of questions that no paper answers, and of its papers' own titles.

        Args:
            learned: the index.
            papers: of each of its rows.
            titles: of papers; as many as are needed are taken, evenly.
            embed: questions to vectors, float32 (n, d).
        """
        if not papers:
            return cls.usual()
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
        return cls(reached, float(np.quantile(best(asked), _TITLES)) if asked else _USUAL[1])

    def threshold(self, lang: Language) -> float:
        """From which relevance on (`ranking.relevance`) a paper answers a question in a language."""
        return self.reached[lang] + _SHARE * max(self.known - self.reached[lang], 0.0)

    def as_json(self) -> dict[str, Any]:
        """What `from_json` makes it from again."""
        return {"reached": dict(self.reached), "known": self.known, "measured": self.measured}

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> Calibration:
        """A calibration from what `as_json` gave."""
        return cls(record["reached"], record["known"], record["measured"])


def _best(learned: Learned, vocabulary: Vocabulary, paper_of: Any, text: str, vector: Matrix) -> float:
    """How relevant the best paper looks to a question."""
    question = read_question(text)
    words, parts, rows = vocabulary.words(question), [learned.postings], learned.vectors.rows
    translated = groups(learned.lexicon, question)
    said = Shares.of(parts, words)
    crossed = crossing(parts, translated, question, information(parts, words), learned.lexicon.reliability)
    near = learned.vectors.matrix @ learned.means.centre_question(vector, question.lang)
    best = [_by_paper(scores, paper_of) for scores in (near, said.over(rows), crossed.over(rows))]
    return float(np.max(relevance(*best)))


def _by_paper(scores: Any, paper_of: Any) -> Any:
    """The best of each paper's chunks, float32 (papers,)."""
    found = np.full(int(paper_of.max()) + 1, -1.0, np.float32)
    np.maximum.at(found, paper_of, scores)
    return found
