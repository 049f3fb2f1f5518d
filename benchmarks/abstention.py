"""Measure how well abstention separates answerable from unanswerable questions.

    python benchmarks/abstention.py DATA [--failed dev|test|all|none]

DATA is a data directory with the digests of 2025-05-06 to 2025-05-21 and their abstracts. The questions are those of
benchmarks/abstention. Thresholds are tuned on the split `dev` only; failures on `test` are listed for the report, not
for tuning.
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

Predicate = Callable[[QueryOutcome], bool]


def main() -> None:
    """Ask every question and print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("data")
    parser.add_argument(
        "--failed", choices=(*SPLITS, "all", "none"), default="dev", help="split whose failures are listed"
    )
    args = parser.parse_args()
    dataset = judged_questions()
    with Library.open(args.data, create=False) as library:
        outcomes = [evaluate(library, dataset, query) for query in dataset.queries]
    answerable, unanswerable = partition(outcomes, lambda outcome: outcome.answerable)
    print_table("unanswerable: abstained (abstention recall)", unanswerable, abstained)
    print_table("answerable: abstained (false abstention)", answerable, abstained)
    print_table("answerable: cites a relevant paper", answerable, cites_relevant)
    answered = [outcome for outcome in outcomes if not abstained(outcome)]
    print_table("answered: cites no relevant paper (risk)", answered, cites_only_irrelevant)
    print_risk_coverage(outcomes)
    print_failures([outcome for outcome in outcomes if args.failed in ("all", outcome.slice("split"))])


def evaluate(library: Library, dataset: Dataset, query: DatasetQuery) -> QueryOutcome:
    """Answer a question, with its relative dates resolved from the dataset's `as_of` date."""
    answer = library.ask(query.text, as_of=date.fromisoformat(query.fields["as_of"]))
    ranking = tuple(RunHit(hit.paper_id, hit.score, hit.title) for hit in answer.hits)
    grades = dataset.qrels.get(query.query_id, {})
    return QueryOutcome(
        query.query_id,
        query.text,
        query.lang,
        query.answerable,
        query.fields,
        grades,
        ranking,
        answer=assess_answer(answer),
    )


def partition(outcomes: Sequence[QueryOutcome], predicate: Predicate) -> tuple[list[QueryOutcome], list[QueryOutcome]]:
    """Return the outcomes that satisfy the predicate, and the others."""
    return (
        [outcome for outcome in outcomes if predicate(outcome)],
        [outcome for outcome in outcomes if not predicate(outcome)],
    )


def abstained(outcome: QueryOutcome) -> bool:
    """Return whether the library abstained."""
    return bool(outcome.answer and outcome.answer.abstained)


def cites_relevant(outcome: QueryOutcome) -> bool:
    """Return whether the answer cites at least one relevant paper."""
    return bool(outcome.answer and not outcome.relevant.isdisjoint(outcome.answer.cited))


def cites_only_irrelevant(outcome: QueryOutcome) -> bool:
    """Return whether the answer cites no relevant paper."""
    return not cites_relevant(outcome)


def row_label(outcome: QueryOutcome) -> str:
    """Return the table row of a question: its kind, with the type of miss for near misses."""
    kind, miss = outcome.slice("kind"), outcome.slice("miss")
    return f"{kind}: {miss}" if miss else kind


def print_table(title: str, outcomes: Sequence[QueryOutcome], predicate: Predicate) -> None:
    """Print the counts and shares that satisfy a predicate, by kind, split and language."""
    print_heading(title)
    for label in dict.fromkeys(row_label(outcome) for outcome in outcomes):
        print_row(label, [outcome for outcome in outcomes if row_label(outcome) == label], predicate)
    print_row("all", outcomes, predicate)


def print_heading(title: str) -> None:
    """Print a table's title and column names."""
    names = [f"{split} {lang or 'all'}" for split, lang in COLUMNS]
    print(f"\n{title}\n{'':20}" + "".join(f"{name:>16}" for name in names))


def print_row(name: str, outcomes: Sequence[QueryOutcome], predicate: Predicate) -> None:
    """Print count, total and share of one kind for every column."""
    cells: list[str] = []
    for selected in (select(outcomes, split, lang) for split, lang in COLUMNS):
        count = sum(map(predicate, selected))
        cells.append(f"{count}/{len(selected)} {count / len(selected):5.3f}" if selected else "-")
    print(f"{name:20}" + "".join(f"{cell:>16}" for cell in cells))


def select(outcomes: Sequence[QueryOutcome], split: str, lang: str) -> list[QueryOutcome]:
    """Return the outcomes of a split and a language (of all languages where it is empty)."""
    return [outcome for outcome in outcomes if outcome.slice("split") == split and lang in ("", outcome.lang)]


def print_risk_coverage(outcomes: Sequence[QueryOutcome]) -> None:
    """Print the risk at each coverage: the share of the most confident answers whose top paper is not relevant."""
    print_heading("risk at coverage, answering the most confident questions only")
    curves = [risk_coverage(select(outcomes, split, lang)) for split, lang in COLUMNS]
    for level in COVERAGES:
        risks = [next(risk for coverage, risk in points if coverage >= level) for points in curves]
        print(f"{level:<20.1f}" + "".join(f"{risk:16.3f}" for risk in risks))


def print_failures(outcomes: Sequence[QueryOutcome]) -> None:
    """Print false answers, false abstentions, and answers that cite no relevant paper."""
    answerable, unanswerable = partition(outcomes, lambda outcome: outcome.answerable)
    refused, answered = partition(answerable, abstained)
    print_outcomes("false answers", [outcome for outcome in unanswerable if not abstained(outcome)])
    print_outcomes("false abstentions", refused)
    print_outcomes("answers without a relevant paper", [outcome for outcome in answered if not cites_relevant(outcome)])


def print_outcomes(title: str, outcomes: Sequence[QueryOutcome]) -> None:
    """Print questions with their top paper, most confident first."""
    print(f"\n{title}: {len(outcomes)}")
    for outcome in sorted(outcomes, key=confidence, reverse=True):
        top = f"{outcome.ranking[0].paper_id} {outcome.ranking[0].title[:32]}" if outcome.ranking else "no results"
        print(f"  {confidence(outcome):5.2f}  {outcome.query_id:20} {outcome.text}  <- {top}")


def confidence(outcome: QueryOutcome) -> float:
    """Return the confidence in the top paper, 0 without an answer."""
    return outcome.answer.confidence if outcome.answer else 0.0


if __name__ == "__main__":
    main()
