"""Score extractive answers against judged questions.

    python benchmarks/answers.py DATA [--split dev|test|held] [--failed KIND|all|none] [--out FILE]

DATA is a data directory that holds the digests of 2025-05-06 to 2025-05-21 with their abstracts. The questions are
those of benchmarks/answers: each has the papers that answer it and, for each of these, a regular expression that
matches the sentences that state the fact. Only the split `dev` may be used for tuning; `held` was written later than
`test`, by others.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.progress import track
from rich.table import Table

from nonmun import Answer, Library, Turn
from nonmun.index.analysis.records import record_chunks

_FOLDER = Path(__file__).parent / "answers"
_TODAY = date(2025, 5, 21)
_FACT_KINDS = frozenset({"explain", "section", "figure", "compare", "how_why", "yes_no"})
_LIST_KINDS = frozenset({"list", "date"})
_WITHOUT_ANSWER = frozenset({"unanswerable", "near_miss"})

console = Console(width=160)


@dataclass(frozen=True)
class Judged:
    """A question with its answer and the judgement of it.

    Attributes:
        question: the fields of the question.
        answer: what the library answered.
        cited: ids of the cited papers, in order, each once.
        stated: gold papers of which a cited sentence states the fact.
        first: whether the first citation is of a gold paper and states the fact.
        seconds: time of the answer without the search.
    """

    question: dict[str, Any]
    answer: Answer
    cited: tuple[str, ...]
    stated: frozenset[str]
    first: bool
    seconds: float = field(compare=False)

    @property
    def kind(self) -> str:
        """Kind of the question."""
        return str(self.question["kind"])

    @property
    def gold(self) -> frozenset[str]:
        """Ids of the papers that answer."""
        return frozenset(self.question["papers"])

    @property
    def abstained(self) -> bool:
        """Whether the question was refused."""
        return self.answer.abstained

    @property
    def names_premise(self) -> bool:
        """Whether the question is refused, or the answer names what the papers lack."""
        missing = self.question.get("missing")
        named = " ".join(self.answer.unsupported)
        return self.abstained or bool(missing and re.search(missing, named, re.IGNORECASE))

    @property
    def answers_fact(self) -> bool:
        """Whether the fact is quoted; of a comparison, that of every paper."""
        facts = self.question["facts"]
        wanted = set(facts) if self.kind == "compare" else set()
        return not self.abstained and bool(self.stated) and wanted <= self.stated

    @property
    def right_paper_first(self) -> bool:
        """Whether the first citation is of a gold paper."""
        return bool(self.cited) and self.cited[0] in self.gold


def judge(question: dict[str, Any], answer: Answer, seconds: float) -> Judged:
    """Compare an answer with the judgements of its question."""
    facts = {paper: re.compile(pattern, re.IGNORECASE) for paper, pattern in question.get("facts", {}).items()}
    stating = [
        citation.paper_id in facts and bool(facts[citation.paper_id].search(citation.quote))
        for citation in answer.citations
    ]
    stated = {citation.paper_id for citation, states in zip(answer.citations, stating, strict=True) if states}
    cited = tuple(dict.fromkeys(citation.paper_id for citation in answer.citations))
    return Judged(question, answer, cited, frozenset(stated), bool(stating and stating[0]), seconds)


def read(name: str, split: str) -> list[dict[str, Any]]:
    """Return the questions or conversations of a split."""
    lines = (_FOLDER / name).read_text("utf-8").splitlines()
    return [item for line in lines if split in ("all", (item := json.loads(line))["split"])]


def ask(library: Library, text: str, history: Sequence[Turn] = ()) -> tuple[Answer, float]:
    """Return the answer to a question and the seconds that it took beyond the search."""
    start = time.perf_counter()
    answer = library.ask(text, as_of=_TODAY, history=history, generate=False)
    elapsed = time.perf_counter() - start
    return answer, answer.timings.get("answer", elapsed * 1000) / 1000


def main() -> None:
    """Ask every question and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--split", choices=("dev", "test", "held", "all"), default="dev")
    parser.add_argument("--failed", default="none", help="list the failures of this kind, or of all")
    parser.add_argument("--out", type=Path, help="write the judged answers as JSON lines")
    given = parser.parse_args()
    with Library.open(given.data, create=False) as library:
        judged = [
            judge(question, *ask(library, question["text"]))
            for question in track(read("questions.jsonl", given.split), "questions", console=console)
        ]
        turns = [
            turn
            for conversation in track(read("conversations.jsonl", given.split), "conversations", console=console)
            for turn in converse(library, conversation)
        ]
        papers = {chunk.chunk_id: chunk.text for chunk in library.chunks()}
        cited = {citation.paper_id for item in [*judged, *turns] for citation in item.answer.citations}
        for paper_id in cited:
            papers |= {chunk.chunk_id: chunk.text for chunk in record_chunks(library.paper(paper_id).paper)}
    verified = [
        papers[citation.chunk_id][citation.start : citation.end] == citation.quote
        for item in [*judged, *turns]
        for citation in item.answer.citations
    ]
    summary(judged, turns, verified)
    by_wording(judged)
    by_kind(judged)
    if given.failed != "none":
        failures(judged, turns, given.failed)
    if given.out:
        given.out.write_text("".join(json.dumps(record(item), ensure_ascii=False) + "\n" for item in [*judged, *turns]))


def converse(library: Library, conversation: dict[str, Any]) -> list[Judged]:
    """Return the judged turns of a conversation."""
    history: list[Turn] = []
    judged: list[Judged] = []
    for number, turn in enumerate(conversation["turns"], start=1):
        answer, seconds = ask(library, turn["text"], history)
        history.append(Turn.of(answer))
        question = turn | {"id": f"{conversation['id']}.{number}", "lang": conversation["lang"], "wording": "turn"}
        judged.append(judge(question, answer, seconds))
    return judged


def is_right_turn(item: Judged) -> bool:
    """Return whether a turn is answered as expected: refused, clarified, or with the right paper and fact."""
    expects = item.question["expects"]
    if expects in ("clarify", "which_paper"):
        return item.answer.reason == "which_paper"
    if expects == "refuse":
        return item.names_premise
    if item.question["facts"]:
        return item.answers_fact
    return bool(item.gold & set(item.cited)) and item.cited[0] in item.gold | set(item.question.get("borderline", ()))


def summary(judged: Sequence[Judged], turns: Sequence[Judged], verified: Sequence[bool]) -> None:
    """Print the measures."""
    facts = [item for item in judged if item.kind in _FACT_KINDS]
    answerable = [item for item in judged if item.kind not in _WITHOUT_ANSWER]
    lists = [item for item in judged if item.kind == "list"]
    dates = [item for item in judged if item.kind == "date"]
    by_id = {item.question["id"]: item for item in judged}
    pairs = [(by_id[base], item) for item in judged if (base := item.question.get("base"))]
    kept = [item for base, item in pairs if base.answers_fact]
    nameless = [item for item in judged if item.question["wording"] == "nameless" and item.kind in _FACT_KINDS]
    table = Table("measure", "value", "of")
    rows: list[tuple[str, float, int]] = [
        ("fact quoted", share(item.answers_fact for item in facts), len(facts)),
        ("first quotation holds it", share(item.first for item in facts), len(facts)),
        ("right paper cited first", share(item.right_paper_first for item in facts), len(facts)),
        ("list precision", mean(map(precision, lists)), len(lists)),
        ("list recall", mean(map(recall, lists)), len(lists)),
        ("date precision", mean(map(precision, dates)), len(dates)),
        ("date recall", mean(map(recall, dates)), len(dates)),
        *(
            (f"unanswerable refused or named: {why}", share(item.names_premise for item in chosen), len(chosen))
            for why in ("", "absent_topic", "attribute", "false_premise")
            if (chosen := [item for item in judged if item.kind == "unanswerable" and why in item.question["why"]])
        ),
        ("wrongly refused", share(item.abstained for item in answerable), len(answerable)),
        ("nameless: right paper quoted first", share(item.right_paper_first for item in nameless), len(nameless)),
        ("nameless: fact quoted", share(item.answers_fact for item in nameless), len(nameless)),
        ("paraphrases keep paper and fact", share(item.answers_fact for item in kept), len(kept)),
    ]
    later = [item for item in turns if not item.question["id"].endswith(".1")]
    rows.append(("follow-ups", share(map(is_right_turn, later)), len(later)))
    rows.append(("first turns", share(map(is_right_turn, [t for t in turns if t not in later])), len(turns) // 3))
    near = [item for item in judged if item.kind == "near_miss"]
    rows.append(("near misses refused", share(item.abstained for item in near), len(near)))
    rows.append(
        ("near misses not answered as high", share(item.answer.confidence != "high" for item in near), len(near))
    )
    lows = [item.answer.confidence == "low" for item in answerable]
    rows.append(("answerable answered as low", share(lows), len(lows)))
    rows.append(("quotations verified", share(verified), len(verified)))
    for name, value, count in rows:
        table.add_row(name, f"{value:.3f}", str(count))
    milliseconds = 1000 * np.quantile([item.seconds for item in judged], (0.5, 0.95))
    table.add_row("answer beyond the search, ms p50 / p95", f"{milliseconds[0]:.1f} / {milliseconds[1]:.1f}", "")
    console.print(table)


def is_right(item: Judged) -> bool:
    """Return whether an answer counts as right in the table by wording and kind."""
    if item.kind in _WITHOUT_ANSWER:
        return item.names_premise
    if item.kind in _LIST_KINDS:
        return precision(item) >= 0.75 and recall(item) >= 0.75
    return item.answers_fact


def by_wording(judged: Sequence[Judged]) -> None:
    """Print the share of right answers by wording and language."""
    table = Table("wording", "ko", "en", "first quotation")
    for wording in dict.fromkeys(str(item.question["wording"]) for item in judged):
        chosen = [item for item in judged if item.question["wording"] == wording]
        cells = [of([is_right(item) for item in chosen if item.question["lang"] == lang]) for lang in ("ko", "en")]
        table.add_row(wording, *cells, of([item.first for item in chosen if item.kind in _FACT_KINDS]))
    console.print(table)


def by_kind(judged: Sequence[Judged]) -> None:
    """Print the share of right answers by kind."""
    table = Table("kind", "right", "first quotation", "refused")
    for kind in dict.fromkeys(item.kind for item in judged):
        chosen = [item for item in judged if item.kind == kind]
        table.add_row(
            kind,
            of(list(map(is_right, chosen))),
            of([item.first for item in chosen]),
            of([item.abstained for item in chosen]),
        )
    console.print(table)


def failures(judged: Sequence[Judged], turns: Sequence[Judged], kind: str) -> None:
    """List questions that are not answered right, with what was quoted."""
    wrong: list[tuple[Callable[[Judged], bool], Judged]] = [(is_right, item) for item in judged]
    wrong += [(is_right_turn, item) for item in turns]
    for check, item in wrong:
        shown = kind in ("all", item.kind, item.question["wording"])
        if shown and not (check(item) and (item.first or item.kind not in _FACT_KINDS)):
            mark = "first" if check(item) else "WRONG"
            meta = f"{item.question['id']} {item.kind} {item.question['wording']} {item.question.get('why', '')}"
            console.print(f"\n{mark} {meta} | {item.question['text']}", markup=False, style="bold")
            console.print(
                f"  gold {sorted(item.gold)} facts {item.question.get('facts')}"
                f" intent {item.answer.interpretation.shape}"
                f" {item.answer.reason or ''} {item.question.get('missing', '')}",
                markup=False,
            )
            console.print(f"  hits {[hit.paper_id for hit in item.answer.hits[:5]]}", markup=False)
            for citation in item.answer.citations[:8]:
                console.print(f"    {citation.chunk_id}: {citation.quote[:150]}", markup=False)


def precision(item: Judged) -> float:
    """Return the share of cited papers that belong; borderline ones do not count. 0 for no citation."""
    cited = [paper for paper in item.cited if paper not in item.question.get("borderline", ())]
    return sum(paper in item.gold for paper in cited) / len(cited) if cited else float(bool(item.cited))


def recall(item: Judged) -> float:
    """Return the share of the papers that belong which are cited."""
    return len(item.gold.intersection(item.cited)) / len(item.gold) if item.gold else 1.0


def share(values: Iterable[bool]) -> float:
    """Return the share of true values."""
    return mean(map(float, values))


def mean(values: Iterable[float]) -> float:
    """Return the mean; not a number for no values."""
    items = list(values)
    return sum(items) / len(items) if items else float("nan")


def of(values: Sequence[bool]) -> str:
    """Return a count out of a total, with its share."""
    return f"{sum(values)}/{len(values)} {share(values):.2f}" if values else "-"


def record(item: Judged) -> dict[str, Any]:
    """Return a judged answer as JSON-serializable fields."""
    return {
        "id": item.question["id"],
        "question": item.question["text"],
        "right": is_right_turn(item) if "expects" in item.question else is_right(item),
        "first": item.first,
        "reason": item.answer.reason,
        "answer": item.answer.answer,
        "cited": item.cited,
        "gold": sorted(item.gold),
    }


if __name__ == "__main__":
    main()
