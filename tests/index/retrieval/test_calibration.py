"""Calibration of abstention: measured on the index, stored with its generation."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from nonmun import Library
from nonmun.index.analysis.language import language
from nonmun.index.calibration.calibrate import Probes, calibrate, embed_probes
from nonmun.index.calibration.out_of_domain import unrelated
from nonmun.index.domain.filters import NO_FILTER
from nonmun.index.engine.artifacts import Calibration
from nonmun.index.publishing import learn_lexicon
from nonmun.index.query.question import parse_question
from nonmun.index.retrieval.candidates import score_channels
from nonmun.index.retrieval.channels import DEFAULT_CHANNELS
from nonmun.index.retrieval.fusion import rank
from nonmun.index.retrieval.request import RetrievalRequest
from nonmun.index.retrieval.understanding import understand
from nonmun.index.util.timing import Stopwatch


def calibration(library: Library) -> Calibration:
    with library.searcher.index.snapshot() as snapshot:
        return snapshot.engine.artifacts.calibration


def recalibrate(library: Library) -> Calibration:
    with library.searcher.index.snapshot() as snapshot:
        probes = embed_probes(snapshot.view, snapshot.view.chunks.rows(NO_FILTER), library.embedder.queries)
        return calibrate(snapshot.engine, learn_lexicon(snapshot.view, snapshot.engine), probes)


def test_unrelated_questions_are_distinct_and_in_their_language() -> None:
    for lang, texts in unrelated().items():
        assert len(texts) == len(set(texts)) >= 40
        assert {language(text) for text in texts} == {lang}
        assert all(parse_question(text).window is None for text in texts)


def test_calibration_is_stored_with_the_generation(library: Library, samples: Path) -> None:
    library.ingest(samples / "digests", samples / "abstracts.jsonl")
    found = calibration(library)
    assert found.measured
    assert found.unrelated.keys() == {"ko", "en"}
    number = library.status().generation
    file = library.settings.data / "generations" / str(number) / "calibration.json"
    assert Calibration.from_json(json.loads(file.read_text("utf-8"))) == found
    for lang in found.unrelated:
        assert found.unrelated[lang] < found.threshold(lang) < found.titles


def test_uses_the_default_without_a_generation(library: Library, samples: Path) -> None:
    library.ingest(samples / "digests")
    (library.settings.data / "generations" / "CURRENT").write_text("?", "utf-8")
    assert calibration(library) == Calibration.default()
    assert not Calibration.default().measured


def test_calibration_equals_the_relevance_of_searches(library: Library, samples: Path) -> None:
    """Each threshold is a quantile of the best relevance per unrelated question, computed over all papers."""
    library.ingest(samples / "digests", samples / "abstracts.jsonl")
    searcher, found = library.searcher, calibration(library)
    for lang, texts in unrelated().items():
        best: list[float] = []
        for text in texts:
            with searcher.index.snapshot() as snapshot:
                watch = Stopwatch()
                query = understand(RetrievalRequest(text), snapshot, library.embedder, searcher.config, watch)
                scored = score_channels(query, snapshot, DEFAULT_CHANNELS, watch)
                candidates = scored.of_papers(sorted(snapshot.view.papers.ids()))
                papers = rank(candidates, DEFAULT_CHANNELS, query.config)
            best.append(max(paper.relevance for paper in papers))
        assert found.unrelated[lang] == pytest.approx(np.quantile(best, 0.9), abs=0.02)


def test_calibration_is_reproducible(library: Library, samples: Path) -> None:
    library.ingest(samples / "digests")
    assert recalibrate(library) == recalibrate(library) == calibration(library)
    assert recalibrate(library) != Calibration.default()


def test_an_empty_index(library: Library) -> None:
    probes = Probes.of(np.zeros(0, np.int64), [], [], library.embedder.queries)
    with library.searcher.index.snapshot() as snapshot:
        lexicon = learn_lexicon(snapshot.view, snapshot.engine)
        assert calibrate(snapshot.engine, lexicon, probes) == Calibration.default()


@pytest.mark.data
def test_answers_real_questions_and_abstains_from_unrelated_ones(bundled, shared_data: Path, tmp_path: Path) -> None:
    """Over two real days, abstains from almost all unrelated questions and from no question about their papers."""
    with Library.open(tmp_path, embedding=bundled) as library:
        days = [shared_data / "digests" / f"2025-05-{day}.md" for day in ("16", "19")]
        library.ingest(days, shared_data / "abstracts" / "hf_daily_papers.jsonl.gz")
        refused = [library.ask(text).abstained for texts in unrelated().values() for text in texts]
        assert np.mean(refused) > 0.95
        related = [
            "정상 이미지 한 장으로 이상을 찾는 방법",
            "scaling laws of preference modeling",
            "시각 도구로 이미지를 보며 추론하는 강화 학습",
        ]
        assert [text for text in related if library.ask(text).abstained] == []


def test_skips_titles_that_are_not_valid_questions(library: Library, tmp_path: Path) -> None:
    titles = ["\u200b", "\ud83d", "A" * 5_000, "Anomaly detection with prompts"]
    rows = [{"id": f"2505.0000{at}", "title": title, "text": "We detect anomalies."} for at, title in enumerate(titles)]
    (tmp_path / "abstracts.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    (tmp_path / "none.jsonl").touch()
    report = library.ingest(tmp_path / "none.jsonl", tmp_path / "abstracts.jsonl", all_abstracts=True)
    assert report.generation == 1
    assert calibration(library).measured
