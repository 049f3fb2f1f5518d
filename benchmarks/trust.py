"""Measure how well trust labels separate planted faults from correct summaries.

    python benchmarks/trust.py SHARED_DATA [CACHE]

SHARED_DATA holds `digests` and `abstracts`; CACHE is the cache directory of the bundled model (default:
~/.cache/nonmun).

Faults are planted with fixed seeds (see faults.py). A changed figure is one mention of a figure that the abstract also
states by value and unit; other mentions stay as they are. It counts as detected if a reason with code "number" or
"unit" overlaps that mention. Exchanged bodies are two of one day; they count as detected if the label is
"contradicted". The weights in ingest/trust/consistency/misquote_model.py were fitted to the odd days only, with another
seed. Refused and invented entries, and entries without an abstract, are excluded. False positives are the unmodified
entries labelled "contradicted", except those in `_CONFIRMED`, which a manual check found to be wrong.
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
from faults import KINDS, Fault, exchange_bodies, plant_changed_figures, remove_from_abstracts, with_body

from nonmun.index.domain.papers import Entry
from nonmun.index.domain.trust import Trust
from nonmun.index.domain.vectors import Matrix
from nonmun.index.embeddings.e5 import E5
from nonmun.ingest.formats.markdown import parse_digest
from nonmun.ingest.trust.consistency import misquote_model
from nonmun.ingest.trust.consistency.similarity import AbstractIndex
from nonmun.ingest.trust.judge import Judge, SourcedSummary
from nonmun.ingest.trust.refusals.detector import detect_refusal

_QUOTED = re.compile(r"\((?:[^()가-힣]|\([^()가-힣]*\)){40,}\)")
# Unmodified summaries with an error confirmed by hand: paper, first contradicted claim -> the error.
_CONFIRMED = {
    ("2505.05071", "1.6억 개"): "160 million for 1.6 billion",
    ("2505.05327", "5.42%"): "percent for percentage points",
    ("2505.09388", "0.6억"): "0.06 to 23.5 billion for 0.6 to 235 billion",
    ("2508.15763", "28억 개"): "2.8 billion for 28 billion",
    ("2510.24701", "30.5억 개"): "3.05 billion for 30.5 billion",
    ("2512.04677", "14억 개"): "1.4 billion for 14 billion",
}


class CachedModel:
    """The bundled model with an in-memory cache of passage vectors."""

    def __init__(self, model: E5) -> None:
        self._model, self._cache = model, dict[str, Matrix]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._model, name)

    def passages(self, texts: Sequence[str]) -> Matrix:
        """Return float32 (n, dimension), unit rows, in order."""
        missing = [text for text in dict.fromkeys(texts) if text not in self._cache]
        self._cache |= dict(zip(missing, self._model.passages(missing), strict=True)) if missing else {}
        return np.stack([self._cache[text] for text in texts])


def _read_jsonl(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def read_digests(data: Path) -> list[SourcedSummary]:
    """Read every entry of the digests, with its paper's title and abstract (empty if unknown)."""
    abstracts = {row["id"]: row for row in _read_jsonl(data / "abstracts" / "hf_daily_papers.jsonl.gz")}
    entries = [
        entry
        for path in sorted((data / "digests").glob("*.md"))
        for entry in parse_digest(path.read_text("utf-8"), path.name).entries
    ]
    sources = [abstracts.get(entry.paper_id, {"title": "", "text": ""}) for entry in entries]
    return [SourcedSummary(entry, row["title"], row["text"]) for entry, row in zip(entries, sources, strict=True)]


def read_notes(data: Path) -> list[SourcedSummary]:
    """Read the Korean notes as summaries: translated abstract, purpose, method, conclusion.

    Quotations of the English abstract in parentheses, which follow many lines, are removed.
    """
    abstracts = {row["id"]: row for row in _read_jsonl(data / "abstracts" / "hf_daily_papers.jsonl.gz")}
    notes: list[SourcedSummary] = []
    for row in _read_jsonl(data / "abstracts" / "korean_notes_dev.jsonl.gz"):
        fields = [row["translation_summary"], row["purpose"], row["method"], row["conclusion"]]
        parts = [part for field in fields if field for part in (field if isinstance(field, list) else [field])]
        empty = Entry(row["date"], row["id"], None, "", "", "", (), 1)
        entry, source = with_body(empty, _QUOTED.sub("", "\n".join(parts))), abstracts[row["id"]]
        notes.append(SourcedSummary(entry, source["title"], source["text"]))
    return notes


def embed_abstracts(rows: Iterable[tuple[str, str, str]], model: CachedModel) -> AbstractIndex:
    """Embed abstracts, given as (paper id, title, abstract)."""
    texts = {paper_id: f"{title}\n{abstract}" for paper_id, title, abstract in rows if abstract}
    return AbstractIndex.of(list(texts), model.passages(list(texts.values())), texts)


def is_detected(fault: Fault, trust: Trust) -> bool:
    """Return whether the label is "contradicted" with a reason that overlaps the figure."""
    return trust.label == "contradicted" and any(
        reason.code in ("number", "unit") and reason.start < fault.end and reason.end > fault.start
        for reason in trust.reasons
    )


def _first_claim(subject: SourcedSummary, trust: Trust) -> tuple[str, str]:
    """Return the paper id and the text of the first reason's span."""
    reason = trust.reasons[0]
    return subject.entry.paper_id, subject.entry.body[reason.start : reason.end]


def _share(hits: Sequence[bool]) -> str:
    return f"{sum(hits):3}/{len(hits):3} = {sum(hits) / max(1, len(hits)):.3f}"


def print_results(
    name: str, subjects: Sequence[SourcedSummary], judge: Judge, abstracts: AbstractIndex, seed: int
) -> None:
    """Print detection rates of planted faults, and the labels of unmodified summaries."""
    faults, unstated = plant_changed_figures(subjects, 200, seed), remove_from_abstracts(subjects, seed)
    swaps = exchange_bodies(subjects, 100, seed)

    def detect(planted: Sequence[Fault]) -> list[bool]:
        trusts = judge.judge([fault.subject for fault in planted])
        return [is_detected(fault, trust) for fault, trust in zip(planted, trusts, strict=True)]

    def judge_unmodified() -> tuple[list[tuple[SourcedSummary, Trust]], list[Trust]]:
        trusts = judge.judge(subjects, abstracts)
        pairs = zip(subjects, trusts, strict=True)
        return [pair for pair in pairs if pair[1].label == "contradicted"], trusts

    detected = detect(faults)
    print(f"\n== {name}: {len(subjects)} summaries")
    print(f"changed figures detected   {_share(detected)}")
    for kind in KINDS:
        of_kind = [hit for hit, fault in zip(detected, faults, strict=True) if fault.kind == kind]
        print(f"    {kind:12}           {_share(of_kind)}")
    swapped = judge.judge(swaps, abstracts)
    print(f"exchanged bodies detected  {_share([trust.label == 'contradicted' for trust in swapped])}")
    print(f"    by wrong paper         {_share([trust.wrong_paper is not None for trust in swapped])}")
    contradicted, trusts = judge_unmodified()
    false = [pair for pair in contradicted if _first_claim(*pair) not in _CONFIRMED]
    print(f"unmodified: {dict(Counter(trust.label for trust in trusts))}")
    print(f"    contradicted           {_share([trust.label == 'contradicted' for trust in trusts])}")
    print(f"    false positives        {len(false):3}/{len(trusts):3} = {len(false) / len(trusts):.3f}")
    for subject, trust in contradicted:
        reason, entry = trust.reasons[0], subject.entry
        error = _CONFIRMED.get(_first_claim(subject, trust), "FALSE POSITIVE")
        print(f"        {entry.digest_date} {entry.paper_id} {reason.code}: {reason.message} [{error}]")
    print(f"figures removed from the abstract, labelled as contradicted  {_share(detect(unstated))}")
    _print_bias_curve(lambda: (detect(faults), judge_unmodified()[0], detect(unstated)), len(subjects))


def _print_bias_curve(measure: Callable[[], tuple[list[bool], list[Any], list[bool]]], count: int) -> None:
    """Print the shares labelled as contradicted for several biases of the misquote model."""
    bias = misquote_model.BIAS
    print("     bias           changed        unmodified          unstated   (share contradicted)")
    for shift in (-1.5, -1.0, -0.5, -0.25, 0.0, 0.25, 0.5, 1.0):
        misquote_model.BIAS = bias + shift
        detected, contradicted, unstated = measure()
        row = (np.mean(detected), len(contradicted) / count, np.mean(unstated))
        print(f"    {bias + shift:5.2f}" + "".join(f"{value:18.3f}" for value in row))
    misquote_model.BIAS = bias


def main(data: Path, cache: Path) -> None:
    """Print results for the digests' odd days (development), even days (held out), all days, and the notes."""
    model = CachedModel(E5.open(cache / "models"))
    subjects = read_digests(data)
    judge = Judge(model)
    abstracts = embed_abstracts({(s.entry.paper_id, s.title, s.abstract) for s in subjects}, model)
    start = time.perf_counter()
    trusts = judge.judge(subjects, abstracts)
    print(f"{len(subjects)} entries judged in {time.perf_counter() - start:.1f} s")
    print(dict(Counter(trust.label for trust in trusts)))
    usable = [subject for subject in subjects if subject.abstract and not detect_refusal(subject.entry)]
    for name, days in (("odd days", (1,)), ("even days", (0,)), ("all days", (0, 1))):
        part = [subject for subject in usable if int(subject.entry.digest_date[-1]) % 2 in days]
        print_results(name, part, judge, abstracts, seed=20250521)
    notes = read_notes(data)
    abstracts = embed_abstracts([(n.entry.paper_id, n.title, n.abstract) for n in notes], model)
    print_results("notes", notes, judge, abstracts, seed=1)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else Path.home() / ".cache" / "nonmun")
