"""The labels that were read by hand, against what the patterns make of the same text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest

import nonmun.ingest.trust.refusals.detector as trust  # the function's own name would be taken for a test
from nonmun.index.analysis.sentences import sentences
from nonmun.index.domain.papers import Entry, text_hash
from nonmun.ingest.formats.markdown import parse_digest
from nonmun.ingest.trust.refusals.empty_sentences import says_nothing

FOLDER = Path(__file__).parent
pytestmark = pytest.mark.data


def rows(name: str) -> list[list[str]]:
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")]


@pytest.fixture(scope="module")
def entries(shared_data: Path) -> dict[tuple[str, str], Entry]:
    read = (
        parse_digest(path.read_text(encoding="utf-8"), path.name) for path in (shared_data / "digests").glob("*.md")
    )
    return {(entry.digest_date, entry.paper_id): entry for digest in read for entry in digest.entries}


def measures(pairs: Iterable[tuple[bool, bool]]) -> tuple[float, float]:
    """Precision and recall of (true, found)."""
    counts = Counter(pairs)
    hits = counts[True, True]
    return hits / max(1, hits + counts[False, True]), hits / max(1, hits + counts[True, False])


@pytest.mark.parametrize("label", ["refused", "invented", "either"])
def test_real_summaries_are_told_apart(entries: dict[tuple[str, str], Entry], label: str) -> None:
    pairs: list[tuple[bool, bool]] = []
    for day, paper_id, true, digest, *_ in rows("labels.tsv"):
        entry = entries[day, paper_id]
        assert text_hash(entry.body) == digest, f"{day} {paper_id}: the text is not the one that was labelled"
        given = trust.testimony(entry)
        found = given[0] if given else "honest"
        pairs.append((true != "honest", found != "honest") if label == "either" else (true == label, found == label))
    assert len(pairs) >= 100
    precision, recall = measures(pairs)
    assert precision >= 0.99
    assert recall >= 0.95


def test_silent_sentences_are_found(entries: dict[tuple[str, str], Entry]) -> None:
    true = {digest: label == "nothing" for digest, label in rows("sentences.tsv")}
    spoken = {entry.body[start:end] for entry in entries.values() for start, end in sentences(entry.body)}
    pairs = [(true[digest], says_nothing(words)) for words in spoken if (digest := text_hash(words)) in true]
    assert len(pairs) >= 0.9 * len(true), "sentences are cut otherwise now: read and label again"
    precision, recall = measures(pairs)
    assert precision >= 0.94
    assert recall >= 0.98
