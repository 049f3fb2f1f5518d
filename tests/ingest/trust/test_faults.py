"""Detection rates of planted faults, and false alarms, on two days of real digests."""

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
from nonmun.ingest.trust.consistency.similarity import AbstractIndex
from nonmun.ingest.trust.judge import Judge, SourcedSummary
from nonmun.ingest.trust.refusals.detector import detect_refusal

# Two held-out days; benchmarks/trust.py measures them all.
DAYS = ("2025-05-14", "2025-05-16")
# Untouched summaries of these days that are correctly labelled as contradicted.
TRULY_WRONG: set[str] = set()


@pytest.fixture(scope="module")
def faults() -> ModuleType:
    path = Path(__file__).parents[3] / "benchmarks" / "faults.py"
    spec = spec_from_file_location("nonmun_benchmark_faults", path)
    assert spec
    assert spec.loader
    module = module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look up their module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def summaries(shared_data: Path) -> list[SourcedSummary]:
    with gzip.open(shared_data / "abstracts" / "hf_daily_papers.jsonl.gz", "rt", encoding="utf-8") as lines:
        known = {row["id"]: row for row in map(json.loads, lines)}
    entries = [
        entry
        for day in DAYS
        for entry in parse_digest((shared_data / "digests" / f"{day}.md").read_text("utf-8"), f"{day}.md").entries
    ]
    return [
        SourcedSummary(entry, known[entry.paper_id]["title"], known[entry.paper_id]["text"])
        for entry in entries
        if entry.paper_id in known and not detect_refusal(entry)
    ]


@pytest.fixture(scope="module")
def abstracts(summaries: list[SourcedSummary], bundled: E5) -> AbstractIndex:
    texts = {summary.entry.paper_id: f"{summary.title}\n{summary.abstract}" for summary in summaries}
    return AbstractIndex.of(list(texts), bundled.passages(list(texts.values())), texts)


@pytest.mark.data
def test_detection_rates(
    summaries: list[SourcedSummary], abstracts: AbstractIndex, bundled: E5, faults: ModuleType
) -> None:
    changed = faults.plant_changed_figures(summaries, 200, 3)
    swapped = faults.exchange_bodies(summaries, 20, 3)
    # In one batch, the sentences that they share are embedded once.
    batch = [*summaries, *(fault.subject for fault in changed), *swapped]
    trusts = Judge(bundled).judge(batch, abstracts)
    untouched, faulty = trusts[: len(summaries)], trusts[len(summaries) :]

    false_alarms = [
        summary.entry.paper_id
        for summary, trust in zip(summaries, untouched, strict=True)
        if trust.label == "contradicted" and summary.entry.paper_id not in TRULY_WRONG
    ]
    assert len(false_alarms) <= 0.02 * len(summaries)

    caught = [
        any(reason.start < fault.end and reason.end > fault.start for reason in trust.reasons)
        for fault, trust in zip(changed, faulty, strict=False)
        if trust.label == "contradicted"
    ]
    assert sum(caught) >= 0.9 * len(changed)

    labels = [trust.label for trust in faulty[len(changed) :]]
    assert labels.count("contradicted") >= 0.95 * len(swapped)
