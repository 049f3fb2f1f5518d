"""White-space separated qrels and runs: the tables of TREC, BEIR and nonmun."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import isnan
from pathlib import Path

from ....index.domain.arxiv_ids import parse_arxiv_id
from ....index.domain.errors import FileError
from .text_lines import numbered_lines, parse_grade

Grades = dict[str, dict[str, int]]
"""Grade by query id, then paper id."""

_HEADER_NAMES = {"grade", "score", "relevance", "rel"}  # last column of a header line


def paper_key(document: str) -> str:
    """Return the paper id of a document id: an arXiv id without its version, any other id unchanged.

    Chunk ids begin with the id of their paper and a colon.
    """
    parsed = parse_arxiv_id(document) or parse_arxiv_id(document.partition(":")[0])
    return parsed.paper_id if parsed else document


def read_qrels(path: Path) -> Grades:
    """Read judgments: `query paper grade` per line (a header line is skipped), or TREC's `query 0 paper grade`.

    Raises:
        FileError: a line has other columns, or contradicts an earlier judgment of the same paper.
    """
    grades: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for number, line in numbered_lines(path):
        fields = line.split("\t") if "\t" in line else line.split()
        fields = [field.strip() for field in fields]
        if not grades and fields[-1].lower() in _HEADER_NAMES:
            continue
        if len(fields) == 4:
            fields = [fields[0], *fields[2:]]
        if len(fields) != 3 or not all(fields):
            raise FileError(f"{path}:{number}: has {len(fields)} columns (expected query, paper and grade)")
        paper_id, grade = paper_key(fields[1]), parse_grade(path, number, fields[2])
        earlier = grades[fields[0]].setdefault(paper_id, grade)
        if earlier != grade:
            raise FileError(
                f"{path}:{number}: {fields[0]} {paper_id} was judged {earlier} before; keep only one of the lines"
            )
    return dict(grades)


def read_trec_run(path: Path) -> dict[str, list[tuple[str, float]]]:
    """Read a TREC run, `query Q0 paper rank score tag` per line.

    As in trec_eval, the score determines the order, not the rank; equal scores keep their order in the file.

    Returns:
        Papers with their scores by query id, best first, each paper once with its best score.

    Raises:
        FileError: a line has other columns, or its score is not a number.
    """
    scores: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for number, line in numbered_lines(path):
        fields = line.split()
        if len(fields) != 6:
            raise FileError(
                f"{path}:{number}: has {len(fields)} columns (expected query, Q0, paper, rank, score and tag)"
            )
        try:
            score = float(fields[4])
        except ValueError as error:
            raise FileError(f"{path}:{number}: {fields[4]!r} is not a valid score (expected a number)") from error
        if isnan(score):
            raise FileError(f"{path}:{number}: the score is not a number")
        papers, paper_id = scores[fields[0]], paper_key(fields[2])
        papers[paper_id] = max(score, papers.get(paper_id, score))
    return {query_id: sorted(papers.items(), key=lambda item: -item[1]) for query_id, papers in scores.items()}


def format_trec_run(rankings: Mapping[str, Sequence[str]], tag: str) -> str:
    """Format rankings as a TREC run; scores fall with the rank, because evaluation tools sort by score."""
    name = "-".join(tag.split()) or "run"
    return "".join(
        f"{query_id} Q0 {paper_id} {rank} {len(papers) - rank + 1} {name}\n"
        for query_id, papers in rankings.items()
        for rank, paper_id in enumerate(papers, start=1)
    )
