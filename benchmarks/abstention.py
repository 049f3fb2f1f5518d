"""How well relevance parts questions that an index answers from those that it does not.

    python benchmarks/abstention.py DATA

DATA is a data directory that holds the digests of 2025-05-06 to 2025-05-21 with their abstracts.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from nonmun import Library
from nonmun.index.search import Asked

_HERE = Path(__file__).parent / "abstention"


def main(data: str) -> None:
    """Print the distribution of scores and the share of right decisions for both lists of questions."""
    with Library.open(data, create=False) as library:
        for name, answered in (("answerable", True), ("unanswerable", False)):
            questions = (_HERE / f"{name}.txt").read_text("utf-8").splitlines()
            found = [library.searcher.search(Asked(question), 1) for question in questions]
            scores = np.array([result.hits[0].score for result in found])
            right = [bool(result.relevant) == answered for result in found]
            quantiles = "  ".join(f"{value:.2f}" for value in np.quantile(scores, [0, 0.05, 0.25, 0.5, 0.75, 0.95, 1]))
            print(f"{name:13} {sum(right):3} of {len(right)} right; score min/5/25/50/75/95/max: {quantiles}")
            for question, ok, score in zip(questions, right, scores, strict=True):
                if not ok:
                    print(f"    {score:.2f}  {question}")


if __name__ == "__main__":
    main(sys.argv[1])
