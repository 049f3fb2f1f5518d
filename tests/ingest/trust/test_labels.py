"""Precision and recall of the refusal rules on manually labelled digests."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

from nonmun.index.analysis.sentences import sentences
from nonmun.index.domain.papers import Entry, text_hash
from nonmun.ingest.formats.markdown import parse_digest
from nonmun.ingest.trust.refusals.detector import detect_refusal
from nonmun.ingest.trust.refusals.empty_sentences import is_uninformative

FOLDER = Path(__file__).parent
pytestmark = pytest.mark.data


def rows(name: str) -> list[list[str]]:
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")]


@pytest.fixture(scope="module")
def entries(shared_data: Path) -> dict[tuple[str, str], Entry]:
    digests = (
        parse_digest(path.read_text(encoding="utf-8"), path.name) for path in (shared_data / "digests").glob("*.md")
    )
    return {(entry.digest_date, entry.paper_id): entry for digest in digests for entry in digest.entries}


def measures(pairs: Iterable[tuple[bool, bool]]) -> tuple[float, float]:
    """Return precision and recall of pairs (true, detected)."""
    counts = Counter(pairs)
    hits = counts[True, True]
    return hits / max(1, hits + counts[False, True]), hits / max(1, hits + counts[True, False])


@pytest.mark.parametrize("label", ["refused", "invented", "either"])
def test_labels_of_real_summaries(entries: dict[tuple[str, str], Entry], label: str) -> None:
    pairs: list[tuple[bool, bool]] = []
    for day, paper_id, true, digest, *_ in rows("labels.tsv"):
        entry = entries[day, paper_id]
        assert text_hash(entry.body) == digest, f"{day} {paper_id}: the text differs from the labelled one"
        refusal = detect_refusal(entry)
        detected = refusal[0] if refusal else "honest"
        either = (true != "honest", detected != "honest")
        pairs.append(either if label == "either" else (true == label, detected == label))
    assert len(pairs) >= 100
    precision, recall = measures(pairs)
    assert precision >= 0.99
    assert recall >= 0.95


def test_uninformative_sentences_of_real_summaries(entries: dict[tuple[str, str], Entry]) -> None:
    true = {digest: label == "nothing" for digest, label in rows("sentences.tsv")}
    texts = {entry.body[start:end] for entry in entries.values() for start, end in sentences(entry.body)}
    pairs = [(true[digest], is_uninformative(text)) for text in texts if (digest := text_hash(text)) in true]
    assert len(pairs) >= 0.9 * len(true), "the sentence boundaries have changed: label the sentences again"
    precision, recall = measures(pairs)
    assert precision >= 0.94
    assert recall >= 0.98
