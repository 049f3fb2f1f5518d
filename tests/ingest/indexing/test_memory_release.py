"""Memory release: the ingest of a large index frees the model and the analyzer while they are unused."""

from __future__ import annotations

from pathlib import Path

import pytest

from nonmun import Library
from nonmun.index.analysis.korean import KoreanAnalyzer
from nonmun.index.engine.generation import FILES


@pytest.fixture
def recording_embedder(hash_embedder):
    """An embedder that records its calls."""

    class RecordingEmbedder(hash_embedder):
        def __init__(self) -> None:
            super().__init__()
            self.calls: list[str] = []

        def record(self, call: str) -> None:
            if self.calls[-1:] != [call]:
                self.calls.append(call)

        def release_memory(self) -> None:
            self.record("release_memory")

        def queries(self, texts):
            self.record("queries")
            return super().queries(texts)

        def passages(self, texts):
            self.record("passages")
            return super().passages(texts)

    return RecordingEmbedder


def ingested(folder: Path, samples: Path, embedding) -> tuple[dict[str, bytes], list[tuple[str, object]]]:
    with Library.open(folder, embedding=embedding) as library:
        number = library.ingest(samples / "digests", samples / "abstracts.jsonl").generation
        verdicts = [(entry.paper_id, entry.trust) for entry in library.entries()]
    generation = folder / "generations" / str(number)
    return {name: (generation / name).read_bytes() for name in FILES}, verdicts


def test_releasing_memory_does_not_change_the_index(
    tmp_path: Path, samples: Path, recording_embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual, model = recording_embedder(), recording_embedder()
    expected = ingested(tmp_path / "usual", samples, usual)
    assert "release_memory" not in usual.calls
    release_analyzer = KoreanAnalyzer.release

    def record_release(analyzer: KoreanAnalyzer) -> None:
        model.record("release_analyzer")
        release_analyzer(analyzer)

    monkeypatch.setattr(KoreanAnalyzer, "release", record_release)
    for module in ("nonmun.index.publishing", "nonmun.ingest.indexing.trust_assessment", "nonmun.ingest.job"):
        monkeypatch.setattr(f"{module}.LARGE_ROWS", 1)
    monkeypatch.setattr("nonmun.ingest.indexing.trust_assessment._MIN_SUMMARIES_TO_RELEASE", 1)
    assert ingested(tmp_path / "large", samples, model) == expected
    # Passages are embedded for chunks, then for sentences of summaries. Queries calibrate the generation; the sentences
    # of abstracts that they meet are embedded when first searched.
    assert model.calls == [
        "release_memory",
        "passages",
        "release_memory",
        "release_analyzer",
        "passages",
        "release_memory",
        "passages",
        "queries",
        "release_memory",
        "release_analyzer",
    ]


def test_model_returns_the_same_vectors_after_a_release(bundled) -> None:
    texts = ["이상 탐지", "robot manipulation " * 40] * 8
    passages, query = bundled.passages(texts), bundled.queries(texts[:1])
    bundled.release_memory()
    assert (bundled.passages(texts) == passages).all()
    bundled.release_memory()
    assert (bundled.queries(texts[:1]) == query).all()
