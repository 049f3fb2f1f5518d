"""How well the labels of summaries tell planted faults from honest texts.

    python benchmarks/trust.py SHARED_DATA [CACHE]

SHARED_DATA holds `digests` and `abstracts`; CACHE is where the bundled model is kept (default: ~/.cache/nonmun).

How faults are planted, with fixed seeds (see faults.py): a number is changed in one mention of one figure that the
abstract also has, by value and unit; other mentions stay. It is caught when a reason with code "number" or "unit" lies
on that very mention. Two bodies of one day are exchanged; caught when the label is contradicted. The weights of
ingest/trust/alignment.py were fitted to the odd days only, with another seed. Entries that are refused or invented, and
those without abstract, are left out. False alarms are all contradicted untouched entries less those in `_READ`, which
were read and are wrong indeed.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from faults import KINDS, Fault, changed_numbers, exchanged, silenced, with_body

from nonmun.index.domain.papers import Entry
from nonmun.index.domain.trust import Trust
from nonmun.index.domain.vectors import Matrix
from nonmun.index.embeddings.e5 import E5
from nonmun.ingest.formats.markdown import parse_digest
from nonmun.ingest.trust.consistency import misquote_model as alignment
from nonmun.ingest.trust.consistency.similarity import AbstractIndex
from nonmun.ingest.trust.judge import Judge, SourcedSummary
from nonmun.ingest.trust.refusals.detector import detect_refusal

_QUOTED = re.compile(r"\((?:[^()가-힣]|\([^()가-힣]*\)){40,}\)")
# Contradicted untouched summaries that were read and are wrong indeed: paper, first claim -> what is wrong.
_READ = {
    ("2505.05071", "1.6억 개"): "160 million for 1.6 billion",
    ("2505.05327", "5.42%"): "percent for percentage points",
    ("2505.09388", "0.6억"): "0.06 to 23.5 billion for 0.6 to 235 billion",
    ("2508.15763", "28억 개"): "2.8 billion for 28 billion",
    ("2510.24701", "30.5억 개"): "3.05 billion for 30.5 billion",
    ("2512.04677", "14억 개"): "1.4 billion for 14 billion",
}


class Remembering:
    """The bundled model, which embeds no text twice."""

    def __init__(self, model: E5) -> None:
        self._model, self._known = model, dict[str, Matrix]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def passages(self, texts: Sequence[str]) -> Matrix:
        """As the model's."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        self._known |= dict(zip(new, self._model.passages(new), strict=True)) if new else {}
        return np.stack([self._known[text] for text in texts])


def _lines(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def read_digests(data: Path) -> list[SourcedSummary]:
    """Every entry of the digests, with title and abstract where they are known."""
    known = {row["id"]: row for row in _lines(data / "abstracts" / "hf_daily_papers.jsonl.gz")}
    entries = [
        entry
        for path in sorted((data / "digests").glob("*.md"))
        for entry in parse_digest(path.read_text("utf-8"), path.name).entries
    ]
    sources = [known.get(entry.paper_id, {"title": "", "text": ""}) for entry in entries]
    return [SourcedSummary(entry, row["title"], row["text"]) for entry, row in zip(entries, sources, strict=True)]


def read_notes(data: Path) -> list[SourcedSummary]:
    """The Korean notes as summaries: translated abstract, purpose, method, conclusion; without the abstract's words
    that stand in brackets behind many lines.
    """
    known = {row["id"]: row for row in _lines(data / "abstracts" / "hf_daily_papers.jsonl.gz")}
    out: list[SourcedSummary] = []
    for row in _lines(data / "abstracts" / "korean_notes_dev.jsonl.gz"):
        fields = [row["translation_summary"], row["purpose"], row["method"], row["conclusion"]]
        parts = [part for field in fields if field for part in (field if isinstance(field, list) else [field])]
        empty = Entry(row["date"], row["id"], None, "", "", "", (), 1)
        out.append(
            SourcedSummary(
                with_body(empty, _QUOTED.sub("", "\n".join(parts))), known[row["id"]]["title"], known[row["id"]]["text"]
            )
        )
    return out


def abstracts_of(rows: Iterable[tuple[str, str, str]], model: Remembering) -> AbstractIndex:
    """The abstracts known, from (paper id, title, abstract)."""
    texts = {paper_id: f"{title}\n{abstract}" for paper_id, title, abstract in rows if abstract}
    return AbstractIndex.of(list(texts), model.passages(list(texts.values())), texts)


def caught(fault: Fault, trust: Trust) -> bool:
    """Whether a reason lies on the figure."""
    return trust.label == "contradicted" and any(
        reason.code in ("number", "unit") and reason.start < fault.end and reason.end > fault.start
        for reason in trust.reasons
    )


def _claim(subject: SourcedSummary, trust: Trust) -> tuple[str, str]:
    """The paper and the words of the first reason."""
    reason = trust.reasons[0]
    return subject.entry.paper_id, subject.entry.body[reason.start : reason.end]


def _share(hits: Sequence[bool]) -> str:
    return f"{sum(hits):3}/{len(hits):3} = {sum(hits) / max(1, len(hits)):.3f}"


def table(name: str, subjects: Sequence[SourcedSummary], judge: Judge, known: AbstractIndex, seed: int) -> None:
    """Print what is caught of planted faults, and what is said of untouched summaries."""
    faults, quiet = changed_numbers(subjects, 200, seed), silenced(subjects, seed)
    swaps = exchanged(subjects, 100, seed)

    def figures(of: Sequence[Fault]) -> list[bool]:
        return [caught(fault, trust) for fault, trust in zip(of, judge.judge([f.subject for f in of]), strict=True)]

    def alarms() -> tuple[list[tuple[SourcedSummary, Trust]], list[Trust]]:
        trusts = judge.judge(subjects, known)
        pairs = zip(subjects, trusts, strict=True)
        return [pair for pair in pairs if pair[1].label == "contradicted"], trusts

    hits = figures(faults)
    print(f"\n== {name}: {len(subjects)} summaries")
    print(f"changed numbers caught   {_share(hits)}")
    for kind in KINDS:
        of_kind = [hit for hit, fault in zip(hits, faults, strict=True) if fault.kind == kind]
        print(f"    {kind:12}         {_share(of_kind)}")
    moved = judge.judge(swaps, known)
    print(f"exchanged bodies caught  {_share([trust.label == 'contradicted' for trust in moved])}")
    print(f"    by wrong paper       {_share([trust.wrong_paper is not None for trust in moved])}")
    found, trusts = alarms()
    false = [pair for pair in found if _claim(*pair) not in _READ]
    print(f"untouched: {dict(Counter(trust.label for trust in trusts))}")
    print(f"    contradicted         {_share([trust.label == 'contradicted' for trust in trusts])}")
    print(f"    and falsely so       {len(false):3}/{len(trusts):3} = {len(false) / len(trusts):.3f}")
    for subject, trust in found:
        reason, entry = trust.reasons[0], subject.entry
        read = _READ.get(_claim(subject, trust), "FALSE")
        print(f"        {entry.digest_date} {entry.paper_id} {reason.code}: {reason.message} [{read}]")
    print(f"silenced abstracts: figures wrongly contradicted {_share(figures(quiet))}")
    _curve(lambda: (figures(faults), alarms()[0], figures(quiet)), len(subjects))


def _curve(measure: Callable[[], tuple[list[bool], list[Any], list[bool]]], count: int) -> None:
    bias = alignment.BIAS
    print("     bias    changed caught         untouched          silenced   (share contradicted)")
    for shift in (-1.5, -1.0, -0.5, -0.25, 0.0, 0.25, 0.5, 1.0):
        alignment.BIAS = bias + shift
        hits, found, quiet = measure()
        row = (np.mean(hits), len(found) / count, np.mean(quiet))
        print(f"    {bias + shift:5.2f}" + "".join(f"{value:18.3f}" for value in row))
    alignment.BIAS = bias


def main(data: Path, cache: Path) -> None:
    """Print the tables of the digests' odd days (developed on), even days (held out), all days, and the notes."""
    model = Remembering(E5.open(cache / "models"))
    everything = read_digests(data)
    judge = Judge(model)
    known = abstracts_of({(s.entry.paper_id, s.title, s.abstract) for s in everything}, model)
    start = time.perf_counter()
    trusts = judge.judge(everything, known)
    print(f"{len(everything)} entries judged in {time.perf_counter() - start:.1f} s")
    print(dict(Counter(trust.label for trust in trusts)))
    usable = [subject for subject in everything if subject.abstract and not detect_refusal(subject.entry)]
    for name, days in (("odd days", (1,)), ("even days", (0,)), ("all days", (0, 1))):
        part = [subject for subject in usable if int(subject.entry.digest_date[-1]) % 2 in days]
        table(name, part, judge, known, seed=20250521)
    notes = read_notes(data)
    table("notes", notes, judge, abstracts_of([(n.entry.paper_id, n.title, n.abstract) for n in notes], model), seed=1)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else Path.home() / ".cache" / "nonmun")
