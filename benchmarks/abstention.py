"""How well abstention parts questions that an index answers from those that it does not.

    python benchmarks/abstention.py DATA [--failed dev|test|all|none]

DATA is a data directory that holds the digests of 2025-05-06 to 2025-05-21 with their abstracts. The questions are
those of benchmarks/abstention. Thresholds are tuned on the split `dev` only; what fails of `test` is listed to be
reported, not to be mended.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from datetime import date
from itertools import product

from questions import judged_questions

from nonmun import Library
from nonmun.eval.datasets.model import Dataset, DatasetQuery
from nonmun.eval.metrics.answers import assess_answer, risk_coverage
from nonmun.eval.runs.model import QueryOutcome, RunHit

SPLITS, LANGS = ("dev", "test"), ("ko", "en")
COVERAGES = tuple(share / 10 for share in range(1, 11))
COLUMNS = (*product(SPLITS, (*LANGS, "")),)  # of all tables; without a language, both together

Choice = Callable[[QueryOutcome], bool]


def main() -> None:
    """Ask every question and print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data")
    parser.add_argument("--failed", choices=(*SPLITS, "all", "none"), default="dev", help="whose failures are listed")
    given = parser.parse_args()
    asked = judged_questions()
    with Library.open(given.data, create=False) as library:
        outcomes = [outcome(library, asked, query) for query in asked.queries]
    answerable, unanswerable = parted(outcomes, lambda one: one.answerable)
    table("no paper answers: abstained (abstention recall)", unanswerable, abstained)
    table("papers answer: abstained (false abstention)", answerable, abstained)
    table("papers answer: cites one that does", answerable, cites_right)
    table("answered: cites none that does (risk)", [one for one in outcomes if not abstained(one)], wrong)
    curve(outcomes)
    failures([one for one in outcomes if given.failed in ("all", one.slice("split"))])


def outcome(library: Library, asked: Dataset, query: DatasetQuery) -> QueryOutcome:
    """What answering a question gave, its days counted from the day that the dataset says."""
    answer = library.ask(query.text, as_of=date.fromisoformat(query.fields["as_of"]))
    found = tuple(RunHit(hit.paper_id, hit.score, hit.title) for hit in answer.hits)
    grades = asked.qrels.get(query.query_id, {})
    return QueryOutcome(
        query.query_id,
        query.text,
        query.lang,
        query.answerable,
        query.fields,
        grades,
        found,
        answer=assess_answer(answer),
    )


def parted(outcomes: Sequence[QueryOutcome], chosen: Choice) -> tuple[list[QueryOutcome], list[QueryOutcome]]:
    """Those of a choice, and the others."""
    return [one for one in outcomes if chosen(one)], [one for one in outcomes if not chosen(one)]


def abstained(one: QueryOutcome) -> bool:
    """Whether nothing was said to answer."""
    return bool(one.answer and one.answer.abstained)


def cites_right(one: QueryOutcome) -> bool:
    """Whether it was answered with a paper that answers among the cited."""
    return bool(one.answer and not one.relevant.isdisjoint(one.answer.cited))


def wrong(one: QueryOutcome) -> bool:
    """Whether no paper that was cited answers."""
    return not cites_right(one)


def kind_of(one: QueryOutcome) -> str:
    """The row of a question: its kind, and how a near miss misses."""
    kind, miss = one.slice("kind"), one.slice("miss")
    return f"{kind}: {miss}" if miss else kind


def table(title: str, outcomes: Sequence[QueryOutcome], counted: Choice) -> None:
    """How many of how many questions, by kind, split and language."""
    heading(title)
    for kind in dict.fromkeys(kind_of(one) for one in outcomes):
        row(kind, [one for one in outcomes if kind_of(one) == kind], counted)
    row("all", outcomes, counted)


def heading(title: str) -> None:
    """A table's title and its columns."""
    names = [f"{split} {lang or 'all'}" for split, lang in COLUMNS]
    print(f"\n{title}\n{'':20}" + "".join(f"{name:>16}" for name in names))


def row(name: str, outcomes: Sequence[QueryOutcome], counted: Choice) -> None:
    """One kind in every column: the count, of how many, and the share."""
    cells: list[str] = []
    for chosen in (column(outcomes, split, lang) for split, lang in COLUMNS):
        count = sum(map(counted, chosen))
        cells.append(f"{count}/{len(chosen)} {count / len(chosen):5.3f}" if chosen else "-")
    print(f"{name:20}" + "".join(f"{cell:>16}" for cell in cells))


def column(outcomes: Sequence[QueryOutcome], split: str, lang: str) -> list[QueryOutcome]:
    """The questions of a split and a language."""
    return [one for one in outcomes if one.slice("split") == split and lang in ("", one.lang)]


def curve(outcomes: Sequence[QueryOutcome]) -> None:
    """Risk at each coverage, from the surest question on: the share of those taken whose best paper does not answer."""
    heading("risk at coverage, were the surest questions answered and no others")
    curves = [risk_coverage(column(outcomes, split, lang)) for split, lang in COLUMNS]
    for wanted in COVERAGES:
        risks = [next(risk for coverage, risk in points if coverage >= wanted) for points in curves]
        print(f"{wanted:<20.1f}" + "".join(f"{risk:16.3f}" for risk in risks))


def failures(outcomes: Sequence[QueryOutcome]) -> None:
    """The questions that were answered though nothing answers them, the other way round, and by the wrong papers."""
    answerable, unanswerable = parted(outcomes, lambda one: one.answerable)
    refused, answered = parted(answerable, abstained)
    listed("answered in vain", [one for one in unanswerable if not abstained(one)])
    listed("abstained in vain", refused)
    listed("answered by other papers", [one for one in answered if wrong(one)])


def listed(title: str, failed: Sequence[QueryOutcome]) -> None:
    """Questions with their best paper, the surest first."""
    print(f"\n{title}: {len(failed)}")
    for one in sorted(failed, key=confidence, reverse=True):
        best = f"{one.ranking[0].paper_id} {one.ranking[0].title[:32]}" if one.ranking else "nothing found"
        print(f"  {confidence(one):5.2f}  {one.query_id:20} {one.text}  <- {best}")


def confidence(one: QueryOutcome) -> float:
    """How sure the best paper is."""
    return one.answer.confidence if one.answer else 0.0


if __name__ == "__main__":
    main()
