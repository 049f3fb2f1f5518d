"""The questions of benchmarks/abstention: with their judgements, or only as texts to ask."""

from __future__ import annotations

import random
from pathlib import Path

from nonmun.eval.datasets.formats.nonmun import read_nonmun
from nonmun.eval.datasets.model import Dataset

HERE = Path(__file__).parent


def judged_questions() -> Dataset:
    """The questions with their judgements; the fields `kind`, `miss`, `as_of` and `split` say more of each."""
    return read_nonmun(HERE / "abstention")


def plain_questions() -> list[str]:
    """The questions alone, those with and without an answer mixed, in an order that is always the same."""
    found = [query.text for query in judged_questions().queries]
    random.Random(0).shuffle(found)
    return found
