from __future__ import annotations

import gzip
import json
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType

import pytest

from nonmun.index.embeddings.e5 import E5
from nonmun.ingest.formats.markdown import parse_digest
from nonmun.ingest.trust.consistency.similarity import Abstracts
from nonmun.ingest.trust.judge import Judge, Subject
from nonmun.ingest.trust.refusals import detector as own_words

# Two of the days that no weight was fitted to; benchmarks/trust.py has them all.
DAYS = ("2025-05-14", "2025-05-16")
# Contradicted untouched summaries of these days that are wrong indeed.
READ: set[str] = set()


@pytest.fixture(scope="module")
def faults() -> ModuleType:
    path = Path(__file__).parents[3] / "benchmarks" / "faults.py"
    spec = spec_from_file_location("nonmun_benchmark_faults", path)
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def subjects(shared_data: Path) -> list[Subject]:
    with gzip.open(shared_data / "abstracts" / "hf_daily_papers.jsonl.gz", "rt", encoding="utf-8") as lines:
        known = {row["id"]: row for row in map(json.loads, lines)}
    entries = [
        entry
        for day in DAYS
        for entry in parse_digest((shared_data / "digests" / f"{day}.md").read_text("utf-8"), f"{day}.md").entries
    ]
    return [
        Subject(entry, known[entry.paper_id]["title"], known[entry.paper_id]["text"])
        for entry in entries
        if entry.paper_id in known and not own_words.testimony(entry)
    ]


@pytest.fixture(scope="module")
def abstracts(subjects: list[Subject], bundled: E5) -> Abstracts:
    texts = {subject.entry.paper_id: f"{subject.title}\n{subject.abstract}" for subject in subjects}
    return Abstracts.of(list(texts), bundled.passages(list(texts.values())), texts)


@pytest.mark.data
def test_reached_targets(subjects: list[Subject], abstracts: Abstracts, bundled: E5, faults: ModuleType) -> None:
    changed = faults.changed_numbers(subjects, 200, 3)
    swapped = faults.exchanged(subjects, 20, 3)
    # One batch: sentences that all three have in common are embedded once.
    batch = [*subjects, *(fault.subject for fault in changed), *swapped]
    trusts = Judge(bundled).judge_all(batch, abstracts)
    untouched, rest = trusts[: len(subjects)], trusts[len(subjects) :]

    false = [
        subject.entry.paper_id
        for subject, trust in zip(subjects, untouched, strict=True)
        if trust.label == "contradicted" and subject.entry.paper_id not in READ
    ]
    assert len(false) <= 0.02 * len(subjects)

    caught = [
        any(reason.start < fault.end and reason.end > fault.start for reason in trust.reasons)
        for fault, trust in zip(changed, rest, strict=False)
        if trust.label == "contradicted"
    ]
    assert sum(caught) >= 0.9 * len(changed)

    labels = [trust.label for trust in rest[len(changed) :]]
    assert labels.count("contradicted") >= 0.95 * len(swapped)
