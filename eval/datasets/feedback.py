"""Datasets from feedback: votes on answers become queries with judgments; what contradicts itself is left to review."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, cast

from ...api.feedback import KINDS, Vote
from ...index.analysis.language import language
from ...index.domain.errors import ConfigError, FileError, InputError
from ...index.query.question import parse_question, validate_question
from ...index.util.files import replace_text
from .formats.nonmun import read_queries, write_dataset
from .model import Dataset, DatasetQuery

VOTES_FILE = "votes.jsonl"
"""The votes behind the queries of a dataset."""
JUDGMENTS_FILE = "judgments.jsonl"
"""A record of each grade: who gave it, and when."""
FILES = ("queries.jsonl", "qrels.tsv", "dataset.toml", JUDGMENTS_FILE, VOTES_FILE)
"""The files of a dataset from feedback."""

_GRADES = {"useful": 2, "should_have_answered": 2, "wrong_quotation": 1, "wrong_paper": 0}  # of grades from 0 to 3
_JUDGE = "feedback"  # judge of the grades that votes give
_DESCRIPTION = (
    "Questions that people asked, judged by their feedback. useful: the quoted papers are relevant (2); "
    "wrong_quotation: the paper is relevant (1); wrong_paper: it is not (0); should_have_refused: not answerable; "
    "should_have_answered: the papers that are named are relevant (2). "
    "Queries with a field review have contradictory or insufficient votes; `nonmun eval judge` completes them."
)


@dataclass(frozen=True, slots=True)
class Judged:
    """What people judged of a dataset from feedback.

    Attributes:
        queries: the queries of the dataset, by id.
        records: the records of their judgments, as `judgments.jsonl` has them, oldest first.
    """

    queries: Mapping[str, DatasetQuery]
    records: tuple[Mapping[str, Any], ...]


def read_judged(folder: Path) -> Judged | None:
    """Return what people judged of the dataset from feedback in a folder; None if there is none of it.

    Raises:
        FileError: its files cannot be read.
    """
    if not (folder / VOTES_FILE).is_file() or not (folder / JUDGMENTS_FILE).is_file():
        return None
    try:
        lines = (folder / JUDGMENTS_FILE).read_text("utf-8", "replace").split("\n")
    except OSError as error:
        raise FileError(f"{folder / JUDGMENTS_FILE}: cannot be read ({error.strerror})") from error
    records = tuple(record for line in lines if (record := _human_record(line)))
    if not records:
        return None
    file = folder / "queries.jsonl"
    queries = read_queries(file) if file.is_file() else ()
    return Judged({query.query_id: query for query in queries}, records)


def _human_record(line: str) -> Mapping[str, Any] | None:
    """Return the record of a person's judgment; None if a line is none, as a kill leaves it."""
    record: Any = None
    with suppress(ValueError, RecursionError):
        record = json.loads(line)
    if not isinstance(record, dict):
        return None
    fields = cast("dict[str, Any]", record)
    judge = fields.get("judge")
    is_human = isinstance(judge, str) and judge != _JUDGE and not judge.startswith(f"{_JUDGE}:")
    is_whole = all(type(fields.get(name)) is kind for name, kind in (("query", str), ("paper", str), ("grade", int)))
    return fields if is_human and is_whole else None


@dataclass(frozen=True, slots=True)
class FeedbackDataset:
    """A dataset from feedback.

    Attributes:
        dataset: the queries and judgments.
        judgments: a record of each grade, as `judgments.jsonl` has it, with the vote that it comes from.
        votes: the votes by query id.
        skipped: number of votes by the reason that they were passed over for.
    """

    dataset: Dataset
    judgments: tuple[Mapping[str, Any], ...]
    votes: Mapping[str, tuple[Vote, ...]]
    skipped: Mapping[str, int]

    @property
    def to_review(self) -> list[str]:
        """Ids of the queries that a person has to judge."""
        return [query.query_id for query in self.dataset.queries if query.slice("review")]

    def with_judgments(self, judged: Judged) -> FeedbackDataset:
        """Return the dataset with what people judged: their grades count instead of those of votes.

        A query of which somebody found a relevant paper is answerable and needs no review. One that has no votes any
        more stays.

        Args:
            judged: what people judged of an earlier version of it.
        """
        queries = {query.query_id: query for query in self.dataset.queries}
        qrels = {query_id: dict(grades) for query_id, grades in self.dataset.qrels.items()}
        for record in judged.records:
            query_id, grade = record["query"], record["grade"]
            query = queries.get(query_id) or judged.queries.get(query_id)
            if query:
                fields = {name: value for name, value in query.fields.items() if name != "review"}
                queries[query_id] = replace(query, answerable=True, fields=fields) if grade > 0 else query
                qrels.setdefault(query_id, {})[record["paper"]] = grade
        dataset = replace(self.dataset, queries=tuple(queries.values()), qrels=qrels)
        return replace(self, dataset=dataset, judgments=(*self.judgments, *judged.records))

    def write(self, folder: Path) -> None:
        """Write the dataset, with the provenance of its judgments, which is never without those of people.

        Raises:
            FileError: the folder cannot be written.
        """
        votes = [
            {"query": query_id} | json.loads(json.dumps(asdict(vote), default=date.isoformat))
            for query_id, of_query in self.votes.items()
            for vote in of_query
        ]
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for name, records in ((VOTES_FILE, votes), (JUDGMENTS_FILE, self.judgments)):
                lines = (json.dumps(record, ensure_ascii=False) + "\n" for record in records)
                replace_text(folder / name, "".join(lines))
        except OSError as error:
            raise FileError(f"{folder}: cannot be written ({error.strerror})") from error
        write_dataset(folder, self.dataset, _DESCRIPTION)


def make_from_feedback(votes: Iterable[Vote], known_papers: Collection[str], name: str) -> FeedbackDataset:
    """Make a dataset from votes.

    Votes on the same question are merged: the same wording, and the same reference date if it asks for relative dates.
    Papers that are voted for as well as against get no grade, and a question that should be refused according to some
    votes and is answered according to others is left to review.

    Args:
        votes: the votes, oldest first.
        known_papers: ids of the papers of the index; others are not judged.
        name: name of the dataset.

    Raises:
        ConfigError: no vote makes a query.
    """
    skipped: Counter[str] = Counter()
    groups: dict[tuple[str, date | None], list[Vote]] = {}
    seen: set[tuple[object, ...]] = set()
    for vote in votes:
        if reason := _reason_to_skip(vote):
            skipped[reason] += 1
            continue
        key = _key(vote)
        identity = (key, vote.by, vote.answer_id, vote.kind, vote.papers, vote.quotation)
        if identity in seen:
            skipped["repeated"] += 1
            continue
        seen.add(identity)
        groups.setdefault(key, []).append(vote)
    if not groups:
        raise ConfigError(
            f"there is no feedback that makes a query ({skipped.total()} votes were passed over); it comes from the "
            "pages of `nonmun serve` and from POST /v1/feedback"
        )
    queries: list[DatasetQuery] = []
    qrels: dict[str, dict[str, int]] = {}
    judgments: list[Mapping[str, Any]] = []
    by_query: dict[str, tuple[Vote, ...]] = {}
    for (_, as_of), group in groups.items():
        query_id = _query_id(group[0].question, as_of)
        outcome = _merge(group, known_papers)
        fields = {"kind": "feedback", "votes": str(len(group))}
        fields |= {"as_of": as_of.isoformat()} if as_of else {}
        fields |= {"review": outcome.review} if outcome.review else {}
        text = group[0].question
        queries.append(DatasetQuery(query_id, text, language(text), outcome.is_answerable, fields))
        if outcome.grades:
            qrels[query_id] = {paper_id: grade for paper_id, (grade, _) in outcome.grades.items()}
        judgments += [
            _record(query_id, paper_id, grade, vote)
            for paper_id, (grade, voters) in outcome.grades.items()
            for vote in voters
        ]
        by_query[query_id] = tuple(group)
        skipped["not in the index"] += outcome.unknown
    counts = {reason: count for reason, count in skipped.items() if count}
    return FeedbackDataset(Dataset(name, tuple(queries), qrels), tuple(judgments), by_query, counts)


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What the votes on a question come to.

    Attributes:
        is_answerable: whether the index answers it.
        grades: the grade of each paper, with the votes for it.
        review: why a person has to judge it: "contradictory" or "insufficient"; empty if nobody has to.
        unknown: number of judged papers that the index does not hold.
    """

    is_answerable: bool
    grades: Mapping[str, tuple[int, Sequence[Vote]]]
    review: str
    unknown: int


def _merge(votes: Sequence[Vote], known_papers: Collection[str]) -> _Outcome:
    grades: dict[str, dict[int, list[Vote]]] = {}
    unknown = 0
    for vote in votes:
        grade = _GRADES.get(vote.kind)
        for paper_id in _judged_papers(vote) if grade is not None else ():
            if paper_id in known_papers:
                grades.setdefault(paper_id, {}).setdefault(grade or 0, []).append(vote)
            else:
                unknown += 1
    contested = {paper_id for paper_id, by_grade in grades.items() if 0 in by_grade and len(by_grade) > 1}
    agreed = {
        paper_id: (max(by_grade), by_grade[max(by_grade)])
        for paper_id, by_grade in grades.items()
        if paper_id not in contested
    }
    refused = any(_says_refuse(vote) for vote in votes)
    answered = any(vote.kind == "should_have_answered" for vote in votes) or any(
        grade for by_grade in grades.values() for grade in by_grade
    )
    if refused and answered:
        irrelevant = {paper_id: found for paper_id, found in agreed.items() if not found[0]}
        return _Outcome(True, irrelevant, "contradictory", unknown)
    if refused:
        return _Outcome(False, agreed, "", unknown)
    has_relevant = any(grade for grade, _ in agreed.values())
    review = "contradictory" if contested else "" if has_relevant else "insufficient"
    return _Outcome(True, agreed, review, unknown)


def _judged_papers(vote: Vote) -> Sequence[str]:
    """Return the papers that a vote grades: of one that asks for an answer, those that the answer does not cite."""
    if vote.kind == "should_have_answered":
        return [paper_id for paper_id in vote.papers if paper_id not in vote.cited]
    return vote.papers


def _says_refuse(vote: Vote) -> bool:
    """Return whether a vote says that nothing answers the question: outright, or by praise of a refusal."""
    is_refusal = bool(vote.answer_id) and not vote.cited
    return vote.kind == "should_have_refused" or (vote.kind == "useful" and is_refusal)


def _reason_to_skip(vote: Vote) -> str:
    """Return why a vote judges nothing; empty if it does."""
    if vote.kind not in KINDS or not _is_question(vote.question):
        return "unreadable"
    if vote.is_follow_up:
        return "follow-up"
    if vote.kind == "other":
        return "other"
    if vote.where and _says_refuse(vote):
        return "refusal under a filter"  # the dataset asks without the filter
    if vote.ignore:
        return "answered without its conditions"  # the dataset asks with all that the question says
    return ""


def _is_question(text: str) -> bool:
    try:
        validate_question(text)
    except InputError:
        return False
    return True


def _key(vote: Vote) -> tuple[str, date | None]:
    """Return what the votes on one question have in common."""
    is_relative = parse_question(vote.question, vote.as_of).window is not None
    return " ".join(vote.question.casefold().split()), vote.as_of if is_relative else None


def _query_id(question: str, as_of: date | None) -> str:
    text = f"{' '.join(question.casefold().split())}\n{as_of or ''}"
    return f"feedback-{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:12]}"


def _record(query_id: str, paper_id: str, grade: int, vote: Vote) -> Mapping[str, Any]:
    """Return the record of a grade, in the form of those of a person, with its vote."""
    judge = f"{_JUDGE}:{vote.by}" if vote.by else _JUDGE
    record = {"query": query_id, "paper": paper_id, "grade": grade, "judge": judge, "time": vote.created}
    return record | {
        "vote": vote.vote_id,
        "kind": vote.kind,
        "answer": vote.answer_id,
        "generation": vote.generation,
        "note": vote.note,
    }
