"""Judgments and runs as white-space separated tables: TREC's, BEIR's, and our own."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from ....index.domain.arxiv_ids import parse_arxiv_id
from ....index.domain.errors import FileError
from .text_lines import grade_of, lines

Grades = dict[str, dict[str, int]]


def paper_key(document: str) -> str:
    """The paper that a document id speaks of: of an arXiv id its part without version, anything else as it is.

    Chunk ids begin with their paper's id and a colon.
    """
    parsed = parse_arxiv_id(document) or parse_arxiv_id(document.partition(":")[0])
    return parsed.paper_id if parsed else document


def read_qrels(path: Path) -> Grades:
    """Judgments: `query paper grade` a line (a heading is passed over), or TREC's `query 0 paper grade`.

    Raises:
        FileError: a line has another shape, or judges a paper twice with different grades.
    """
    grades: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for number, line in lines(path):
        fields = line.split("\t") if "\t" in line else line.split()
        fields = [field.strip() for field in fields]
        if not grades and fields[-1].lower() in {"grade", "score", "relevance", "rel"}:
            continue
        if len(fields) == 4:
            fields = [fields[0], *fields[2:]]
        if len(fields) != 3 or not all(fields):
            raise FileError(f"{path}:{number}: has {len(fields)} columns; it needs query, paper and grade")
        paper_id, grade = paper_key(fields[1]), grade_of(path, number, fields[2])
        known = grades[fields[0]].setdefault(paper_id, grade)
        if known != grade:
            raise FileError(f"{path}:{number}: {fields[0]} {paper_id} was judged {known} before; keep one of the lines")
    return dict(grades)


def read_run(path: Path) -> dict[str, list[tuple[str, float]]]:
    """A TREC run, `query Q0 paper rank score tag` a line: papers with scores by query, best first, each paper once.

    As trec_eval does, the score orders, not the rank; equal scores keep their place in the file.

    Raises:
        FileError: a line has another shape.
    """
    found: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for number, line in lines(path):
        fields = line.split()
        if len(fields) != 6:
            raise FileError(
                f"{path}:{number}: has {len(fields)} columns; it needs query, Q0, paper, rank, score and tag"
            )
        try:
            score = float(fields[4])
        except ValueError as error:
            raise FileError(f"{path}:{number}: {fields[4]!r} is no score") from error
        if score != score:
            raise FileError(f"{path}:{number}: the score is no number")
        papers, paper_id = found[fields[0]], paper_key(fields[2])
        papers[paper_id] = max(score, papers.get(paper_id, score))
    return {query: sorted(papers.items(), key=lambda item: -item[1]) for query, papers in found.items()}


def written_run(rankings: dict[str, list[str]], tag: str) -> str:
    """Rankings as a TREC run. The score falls with the rank: evaluation tools sort by it."""
    name = "-".join(tag.split()) or "run"
    return "".join(
        f"{query} Q0 {paper_id} {place} {len(papers) - place + 1} {name}\n"
        for query, papers in rankings.items()
        for place, paper_id in enumerate(papers, start=1)
    )
