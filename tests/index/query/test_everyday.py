"""Everyday terms: derived from the everyday questions of the benchmark and of the calibration."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from nonmun.index.analysis.analyzer import terms
from nonmun.index.calibration.out_of_domain import unrelated
from nonmun.index.query.everyday import everyday_terms

BENCHMARK = Path(__file__).parents[3] / "benchmarks" / "answers"
MIN_QUESTIONS = 3


def benchmark_questions() -> list[str]:
    return [
        line for lang in ("ko", "en") for line in (BENCHMARK / f"everyday_{lang}.txt").read_text("utf-8").splitlines()
    ]


def test_the_terms_are_those_of_at_least_three_everyday_questions() -> None:
    """A change of the questions or of the tokenizer has to be followed by a change of everyday_terms.txt."""
    questions = [*benchmark_questions(), *(text for texts in unrelated().values() for text in texts)]
    assert len(questions) == 720
    counts = Counter(term for question in questions for term in set(terms(question)))
    frequent = {term for term, count in counts.items() if count >= MIN_QUESTIONS}
    assert everyday_terms() == {term for term in frequent if not any(map(str.isdigit, term))}


def test_no_question_counts_twice() -> None:
    questions = benchmark_questions()
    assert len(questions) == len(set(questions)) == 640


@pytest.mark.parametrize("term", ["방법", "말", "먹다", "day", "cook", "know"])
def test_words_of_any_question_are_everyday(term: str) -> None:
    assert term in everyday_terms()


@pytest.mark.parametrize("term", ["모델", "데이터", "한계", "탐지", "model", "dataset", "limit", "train"])
def test_words_of_papers_are_not_everyday(term: str) -> None:
    assert term not in everyday_terms()
