"""Read the questions of benchmarks/abstention, with or without their judgments."""

from __future__ import annotations

import random
from pathlib import Path

from nonmun.eval.datasets.formats.nonmun import read_nonmun
from nonmun.eval.datasets.model import Dataset

HERE = Path(__file__).parent


def judged_questions() -> Dataset:
    """Read the questions with their judgments and the fields `kind`, `miss`, `as_of` and `split`."""
    return read_nonmun(HERE / "abstention")


def plain_questions() -> list[str]:
    """Return the texts of answerable and unanswerable questions in a fixed random order."""
    texts = [query.text for query in judged_questions().queries]
    random.Random(0).shuffle(texts)
    return texts
