"""What a large index is made with lets go of the model and the analyser while they are not needed; the result is the
same.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from nonmun import Library
from nonmun.index.analysis.korean import korean_analyzer
from nonmun.index.engine.generation import FILES


@pytest.fixture
def resting(hash_embedder):
    """An embedder that notes what is asked of it, and whether the analyser is loaded then."""

    class Resting(hash_embedder):
        def __init__(self) -> None:
            super().__init__()
            self.notes: list[tuple[str, bool]] = []

        def note(self, what: str) -> None:
            note = what, korean_analyzer().is_loaded
            if self.notes[-1:] != [note]:
                self.notes.append(note)

        def release_memory(self) -> None:
            self.note("release_memory")

        def queries(self, texts):
            self.note("queries")
            return super().queries(texts)

        def passages(self, texts):
            self.note("passages")
            return super().passages(texts)

    return Resting


def ingested(folder: Path, samples: Path, embedding) -> tuple[dict[str, bytes], list[tuple[str, object]]]:
    with Library.open(folder, embedding=embedding) as library:
        number = library.ingest(samples / "digests", samples / "abstracts.jsonl").generation
        verdicts = [(one.paper_id, one.trust) for one in library.entries()]
    generation = folder / "generations" / str(number)
    return {name: (generation / name).read_bytes() for name in FILES}, verdicts


def test_an_index_that_is_made_with_rests_is_the_same(
    tmp_path: Path, samples: Path, resting, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual, model = resting(), resting()
    expected = ingested(tmp_path / "usual", samples, usual)
    assert "release_memory" not in {what for what, _ in usual.notes}
    for module in ("nonmun.index.publishing", "nonmun.ingest.indexing.trust_assessment", "nonmun.ingest.job"):
        monkeypatch.setattr(f"{module}.LARGE_ROWS", 1)
    monkeypatch.setattr("nonmun.ingest.indexing.trust_assessment._WORTH_RESTING", 1)
    assert ingested(tmp_path / "large", samples, model) == expected
    # Abstracts, which wait for their papers; chunks; then the sentences of summaries, which the analyser has read; then
    # what calibrates the generation.
    assert [what for what, _ in model.notes] == [
        "release_memory",
        "passages",
        "release_memory",
        "passages",
        "release_memory",
        "queries",
        "release_memory",
    ]
    assert model.notes[3] == ("passages", False)
    assert not korean_analyzer().is_loaded


def test_the_model_rests_and_goes_on_with_the_same_vectors(bundled) -> None:
    texts = ["이상 탐지", "robot manipulation " * 40] * 8
    before, one = bundled.passages(texts), bundled.queries(texts[:1])
    bundled.release_memory()
    assert (bundled.passages(texts) == before).all()
    bundled.release_memory()
    assert (bundled.queries(texts[:1]) == one).all()
