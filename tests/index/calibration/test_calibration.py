"""Calibration of abstention: measured on the index with unrelated questions, stored with its generation."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from statistics import fmean, pstdev
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun import Library
from nonmun.index.analysis.language import language
from nonmun.index.calibration.calibrate import Probes, calibrate, embed_probes
from nonmun.index.calibration.out_of_domain import unrelated
from nonmun.index.domain.filters import NO_FILTER
from nonmun.index.domain.papers import Language
from nonmun.index.engine.artifacts import DEFAULT_REACHED, Calibration, Reached
from nonmun.index.publishing import learn_lexicon
from nonmun.index.query.question import parse_question
from nonmun.index.retrieval.candidates import score_channels
from nonmun.index.retrieval.channels import DEFAULT_CHANNELS
from nonmun.index.retrieval.fusion import rank
from nonmun.index.retrieval.request import RetrievalRequest
from nonmun.index.retrieval.understanding import understand
from nonmun.index.util.timing import Stopwatch

LANGUAGES: tuple[Language, ...] = get_args(Language)
USUAL = Reached((0.2, 0.1), (0.5, 0.5), 1.2)

VALUES = st.floats(-5, 5)
MOMENTS = st.tuples(VALUES, st.floats(0.01, 5))
REACHED = st.builds(Reached, MOMENTS, MOMENTS, st.floats(0.01, 5))
CALIBRATIONS = st.builds(Calibration, st.fixed_dictionaries(dict.fromkeys(LANGUAGES, REACHED)), st.booleans())
SAMPLES = st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=20)


def calibration(library: Library) -> Calibration:
    with library.searcher.index.snapshot() as snapshot:
        return snapshot.engine.artifacts.calibration


def recalibrate(library: Library) -> Calibration:
    with library.searcher.index.snapshot() as snapshot:
        view, engine = snapshot.view, snapshot.engine
        probes = embed_probes(view, view.chunks.rows(NO_FILTER), library.embedder.queries)
        return calibrate(view, engine, learn_lexicon(view, engine), probes)


# --- the score


@given(CALIBRATIONS)
def test_a_calibration_survives_json(calibration: Calibration) -> None:
    assert Calibration.from_json(json.loads(json.dumps(calibration.to_json()))) == calibration


@given(CALIBRATIONS, st.sampled_from(LANGUAGES), VALUES, VALUES, st.floats(0, 5), st.floats(0, 5))
def test_more_relevance_or_support_never_lowers_the_score(
    calibration: Calibration, lang: Language, relevance: float, support: float, more: float, further: float
) -> None:
    score = calibration.score(lang, relevance, support)
    assert calibration.score(lang, relevance + more, support) >= score
    assert calibration.score(lang, relevance, support + further) >= score


@given(CALIBRATIONS, st.sampled_from(LANGUAGES))
def test_what_unrelated_questions_reach_on_average_scores_zero(calibration: Calibration, lang: Language) -> None:
    reached = calibration.unrelated[lang]
    assert calibration.score(lang, reached.relevance[0], reached.support[0]) == pytest.approx(0, abs=1e-9)


@given(st.floats(-100, 100), st.floats(-100, 100))
def test_a_higher_score_is_no_less_confident(first: float, second: float) -> None:
    grades = ["none", "low", "high"]
    lower, higher = (grades.index(Calibration.confidence(score)) for score in sorted((first, second)))
    assert lower <= higher


def test_there_are_three_grades_of_confidence() -> None:
    assert [Calibration.confidence(score) for score in (0, 2.5, 4)] == ["none", "low", "high"]


def test_scores_are_in_standard_deviations_of_both_together() -> None:
    one = Calibration({"ko": Reached((0.2, 0.1), (0.5, 0.5), 1.0)})
    assert one.score("ko", 0.2, 1.5) == pytest.approx(2)
    assert one.score("ko", 0.4, 0.5) == pytest.approx(1)
    assert one.score("ko", 0.4, 1.5) == pytest.approx(3)
    wide = Calibration({"ko": replace(one.unrelated["ko"], combined=2.0)})
    assert wide.score("ko", 0.4, 1.5) == pytest.approx(1.5)


@given(SAMPLES)
def test_scores_of_the_measured_samples_have_mean_zero_and_no_more_than_unit_deviation(
    samples: list[tuple[float, float]],
) -> None:
    relevance, support = zip(*samples, strict=True)
    reached = Reached.of(relevance, support, USUAL)
    found = Calibration({"en": reached})
    scores = [found.score("en", *sample) for sample in samples]
    assert fmean(scores) == pytest.approx(0, abs=1e-6)
    assert pstdev(scores) <= 1 + 1e-6


@given(SAMPLES)
def test_deviations_are_at_least_half_the_usual_ones(samples: list[tuple[float, float]]) -> None:
    relevance, support = zip(*samples, strict=True)
    reached = Reached.of(relevance, support, USUAL)
    assert reached.relevance == (pytest.approx(fmean(relevance)), max(pstdev(relevance), 0.05))
    assert reached.support == (pytest.approx(fmean(support)), max(pstdev(support), 0.25))
    assert reached.combined >= 0.6


def test_the_record_of_an_earlier_version_gives_the_default() -> None:
    earlier = {"ko": 0.31, "en": 0.33, "titles": 0.8, "measured": True}
    assert Calibration.from_json(earlier) == Calibration.default()
    assert not Calibration.default().measured
    assert Calibration.default().unrelated == DEFAULT_REACHED
    assert DEFAULT_REACHED.keys() == set(LANGUAGES)


# --- the measurement


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


def test_uses_the_default_without_a_generation(library: Library, samples: Path) -> None:
    library.ingest(samples / "digests")
    (library.settings.data / "generations" / "CURRENT").write_text("?", "utf-8")
    assert calibration(library) == Calibration.default()


def test_calibration_equals_what_searches_reach(library: Library, samples: Path) -> None:
    """The means are those of the most relevant paper of each unrelated question, computed as searches do."""
    library.ingest(samples / "digests", samples / "abstracts.jsonl")
    searcher, found = library.searcher, calibration(library)
    for lang, texts in unrelated().items():
        relevance: list[float] = []
        support: list[float] = []
        for text in texts:
            with searcher.index.snapshot() as snapshot:
                watch = Stopwatch()
                query = understand(RetrievalRequest(text), snapshot, library.embedder, searcher.config, watch)
                scored = score_channels(query, snapshot, DEFAULT_CHANNELS, watch)
                papers = sorted(snapshot.view.papers.ids())
                ranked = rank(scored.of_papers(papers), DEFAULT_CHANNELS, query.config)
                best = max(ranked, key=lambda paper: paper.relevance)
                terms = snapshot.view.terms.by_rows([item.chunk.row for item in best.chunks])
            relevance.append(best.relevance)
            whole = [term for text in terms.values() for term in text.split()]
            support.append(query.words.support(query.words.held([whole])[0]))
        reached = found.unrelated[lang]
        assert reached.relevance[0] == pytest.approx(fmean(relevance), abs=0.02)
        assert reached.support[0] == pytest.approx(fmean(support), abs=0.1)


def test_a_question_about_the_papers_scores_above_unrelated_ones(library: Library, samples: Path) -> None:
    library.ingest(samples / "digests", samples / "abstracts.jsonl")
    question = "스케일드 내적 어텐션과 멀티 헤드 어텐션을 쌓은 인코더와 디코더"
    scores = [
        max(library.searcher.search(RetrievalRequest(text), sentences=True).assessment.scores.values())
        for text in (question, *unrelated()["ko"])
    ]
    assert scores[0] > max(scores[1:])
    assert Calibration.confidence(scores[0]) == "high"
    assert np.mean([Calibration.confidence(score) == "none" for score in scores[1:]]) > 0.8


def test_calibration_is_reproducible(library: Library, samples: Path) -> None:
    library.ingest(samples / "digests")
    assert recalibrate(library) == recalibrate(library) == calibration(library)
    assert recalibrate(library) != Calibration.default()


def test_an_empty_index(library: Library) -> None:
    with library.searcher.index.snapshot() as snapshot:
        view, engine = snapshot.view, snapshot.engine
        probes = embed_probes(view, np.zeros(0, np.int64), library.embedder.queries)
        assert calibrate(view, engine, learn_lexicon(view, engine), probes) == Calibration.default()


def test_probes_hold_the_paper_of_each_chunk_and_the_vector_of_each_question(library: Library, samples: Path) -> None:
    library.ingest(samples / "digests" / "2025-03-03.md")
    with library.searcher.index.snapshot() as snapshot:
        rows = snapshot.view.chunks.rows(NO_FILTER)
        probes: Probes = embed_probes(snapshot.view, rows, library.embedder.queries)
        expected = [snapshot.view.chunks.by_rows([row])[row].paper_id for row in rows.tolist()]
    assert list(probes.papers) == expected
    for lang, (texts, vectors) in probes.unrelated.items():
        assert texts == unrelated()[lang]
        assert np.array_equal(vectors, library.embedder.queries(texts))


@pytest.mark.data
def test_answers_real_questions_and_abstains_from_unrelated_ones(
    bundled: Any, shared_data: Path, tmp_path: Path
) -> None:
    """Over two real days, abstains from almost all unrelated questions and from no question about their papers."""
    with Library.open(tmp_path, embedding=bundled) as library:
        days = [shared_data / "digests" / f"2025-05-{day}.md" for day in ("16", "19")]
        library.ingest(days, shared_data / "abstracts" / "hf_daily_papers.jsonl.gz")
        refused = [library.ask(text).abstained for texts in unrelated().values() for text in texts[::2]]
        assert np.mean(refused) > 0.95
        related = [
            "정상 이미지 한 장으로 이상을 찾는 방법",
            "scaling laws of preference modeling",
            "시각 도구로 이미지를 보며 추론하는 강화 학습",
        ]
        assert [text for text in related if library.ask(text).abstained] == []


def test_titles_that_are_not_valid_questions_do_not_matter(library: Library, tmp_path: Path) -> None:
    titles = ["\u200b", "\ud83d", "A" * 5_000, "Anomaly detection with prompts"]
    rows = [{"id": f"2505.0000{at}", "title": title, "text": "We detect anomalies."} for at, title in enumerate(titles)]
    (tmp_path / "abstracts.jsonl").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    (tmp_path / "none.jsonl").touch()
    report = library.ingest(tmp_path / "none.jsonl", tmp_path / "abstracts.jsonl", all_abstracts=True)
    assert report.generation == 1
    assert calibration(library).measured
