"""What every measure means, in a line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..metrics.retrieval import direction


@dataclass(frozen=True, slots=True)
class Meaning:
    """A measure, explained.

    Attributes:
        korean: what it is called in Korean.
        words: what it is the share or the mean of.
        lower_is_better: whether a smaller value is the better one.
    """

    name: str
    korean: str
    words: str
    lower_is_better: bool = False


_MEANINGS = {
    "ndcg": (
        "순위 품질",
        "How well the first {k} papers are ordered: a relevant paper counts by its grade and less the lower it stands; "
        "1 is the best order possible (Järvelin & Kekäläinen 2002).",
    ),
    "r": ("재현율", "Share of a query's relevant papers that stand among the first {k}."),
    "p": ("정밀도", "Share of the first {k} papers that are relevant."),
    "mrr": ("첫 정답 순위의 역수", "1 / place of the first relevant paper, 0 where it is not among the first {k}."),
    "map": ("평균 정밀도", "Precision at the place of each relevant paper, averaged over all of them."),
    "success": ("적중률", "Share of queries with at least one relevant paper among the first {k}."),
    "judged": (
        "판정 비율",
        "Share of the first {k} papers that anyone has judged; where it is low, unjudged papers count as wrong "
        "although some may answer.",
    ),
    "correct": (
        "옳은 응답",
        "Share of queries that were answered with a relevant paper among the cited, or refused where nothing answers.",
    ),
    "citation_precision": ("인용 정밀도", "Share of the papers that an answer cites which are relevant."),
    "citation_recall": ("인용 재현율", "Share of the relevant papers that the answer cites; 0 where it was refused."),
    "quotes_verified": ("인용문 확인", "Share of quotations that stand letter for letter in the text they are from."),
    "unsupported": ("근거 없는 문장", "Share of an answer's statements that are not the words of a quotation."),
    "abstention_precision": ("기권 정밀도", "Of the queries that were refused, the share that nothing answers."),
    "abstention_recall": ("기권 재현율", "Of the queries that nothing answers, the share that were refused."),
}


def meaning(measure: str) -> Meaning:
    """What a measure means; without words where it is unknown here."""
    base, _, cutoff = measure.partition("@")
    korean, words = _MEANINGS.get(base, ("", ""))
    words = words.replace("the first {k} papers", f"the first {cutoff} papers" if cutoff else "all papers found")
    words = words.replace("among the first {k}", f"among the first {cutoff}" if cutoff else "among those found")
    return Meaning(measure, korean, words, direction(base) < 0)


def legend(measures: Iterable[str]) -> tuple[Meaning, ...]:
    """What some measures mean, in order, each once."""
    return tuple(meaning(name) for name in dict.fromkeys(measures))


def anchor(measure: str) -> str:
    """The id of a measure's line in the legend."""
    return "m-" + "".join(one if one.isascii() and one.isalnum() else "-" for one in measure)
