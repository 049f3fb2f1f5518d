"""Trust assessment: honest summaries are supported, planted faults are contradicted, any text gets a verdict."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nonmun.index.domain.papers import Entry
from nonmun.index.domain.trust import Trust
from nonmun.index.embeddings.e5 import E5
from nonmun.index.engine.centering import LanguageMeans
from nonmun.ingest.formats.sections import parse_sections
from nonmun.ingest.trust.consistency.similarity import AbstractIndex
from nonmun.ingest.trust.judge import TRUST_VERSION, Judge, SourcedSummary

if TYPE_CHECKING:
    from tests.conftest import HashEmbedder

# Invented papers and summaries.
PAPERS = {
    "2503.00001": (
        "TideNet: Forecasting Waves from Buoys",
        "Forecasts of ocean waves are slow. We present TideNet, a network of 24 layers that forecasts the height of "
        "waves from 1,200 buoys. On WaveBench it lowers the error by 31% and runs 6x faster than numerical models.",
    ),
    "2503.00002": (
        "OrchardBot: Picking Apples in the Dark",
        "Robots bruise fruit. OrchardBot picks apples at night with a soft hand and a thermal camera. In field trials "
        "it picked 85% of 3,400 apples and damaged fewer than 2%.",
    ),
    "2503.00003": (
        "MapReader: Street Names on Historical Maps",
        "Historical maps are hard to search. MapReader finds and reads street names on scanned maps in three "
        "languages. It is trained on 1.5 million synthetic labels and reaches an F1 score of 78.4 on OldTowns.",
    ),
}
BODIES = {
    "2503.00001": """## 핵심 동기

바다의 파도를 예측하는 일은 느립니다.

## 주요 기여

- **TideNet 제안**: 부표 1,200개에서 파도의 높이를 예측하는 24개 레이어의 신경망입니다.

## 결과

- WaveBench에서 오차를 31% 줄이고 수치 모델보다 6배 빠르게 동작합니다.""",
    "2503.00002": """## 핵심 동기

로봇은 과일에 상처를 냅니다.

## 주요 기여

- **OrchardBot**: 부드러운 손과 열화상 카메라로 밤에 사과를 땁니다.

## 결과

- 현장 실험에서 사과 3,400개 중 85%를 땄고 손상은 2% 미만이었습니다.""",
    "2503.00003": """## 핵심 동기

옛 지도는 검색하기 어렵습니다.

## 주요 기여

- **MapReader**: 스캔한 지도에서 세 가지 언어의 거리 이름을 찾아 읽습니다.

## 결과

- 합성 라벨 150만 개로 학습하여 OldTowns에서 F1 점수 78.4점을 얻습니다.""",
}


def entry(paper_id: str, body: str) -> Entry:
    return Entry("2025-03-03", paper_id, None, "", "", body, parse_sections(body)[1], 1)


def summaries() -> list[SourcedSummary]:
    return [SourcedSummary(entry(paper_id, BODIES[paper_id]), *paper) for paper_id, paper in PAPERS.items()]


def with_change(was: str, now: str) -> list[SourcedSummary]:
    return [
        replace(summary, entry=entry(summary.entry.paper_id, summary.entry.body.replace(was, now)))
        for summary in summaries()
    ]


@pytest.fixture(scope="module")
def judge(bundled: E5) -> Judge:
    return Judge(bundled)


@pytest.fixture(scope="module")
def abstracts(bundled: E5) -> AbstractIndex:
    texts = {paper_id: "\n".join(paper) for paper_id, paper in PAPERS.items()}
    return AbstractIndex.of(list(texts), bundled.passages(list(texts.values())), texts)


def contradictions(summary: SourcedSummary, trust: Trust) -> list[tuple[str, str]]:
    return [
        (reason.code, summary.entry.body[reason.start : reason.end])
        for reason in trust.reasons
        if trust.label == "contradicted" and reason.code != "checked"
    ]


def test_honest_summaries_are_supported(judge: Judge, abstracts: AbstractIndex) -> None:
    batch = summaries()
    for summary, trust in zip(batch, judge.judge(batch, abstracts), strict=True):
        assert (trust.label, trust.wrong_paper) == ("supported", None)
        confirmed = [reason for reason in trust.reasons if reason.code in ("number", "name")]
        assert confirmed
        assert all(summary.entry.body[reason.start : reason.end] and reason.against for reason in confirmed)
        assert trust.reasons[-1].code == "checked"


@pytest.mark.parametrize(
    ("was", "now", "code", "span"),
    [
        ("31%", "13%", "number", "13%"),
        ("31%", "31%p", "unit", "31%p"),
        ("6배", "60배", "number", "60배"),
        ("24개", "42개", "number", "42개"),
        ("1,200개", "1,200만 개", "number", "1,200만 개"),
        ("85%", "58%", "number", "58%"),
        ("세 가지 언어", "다섯 가지 언어", "number", "다섯 가지"),
        ("150만 개", "15만 개", "number", "15만 개"),
        ("78.4점", "74.8점", "number", "74.8점"),
        ("TideNet", "TydeNet", "name", "TydeNet"),
    ],
)
def test_planted_faults_are_contradicted(judge: Judge, was: str, now: str, code: str, span: str) -> None:
    batch = with_change(was, now)
    trusts = judge.judge(batch)
    wrong = [pair for summary, trust in zip(batch, trusts, strict=True) for pair in contradictions(summary, trust)]
    assert wrong == [(code, span)]


@pytest.mark.parametrize(
    ("was", "now"),
    [
        ("1,200개", "천이백 개"),
        ("6배", "여섯 배"),
        ("150만 개", "1.5M 개"),
        ("78.4점", "약 78점"),
        ("줄이고", "줄이고 8개의 GPU로 학습하며"),
        ("동작합니다.", "동작합니다. 배치 크기는 512이고 학습률은 0.001입니다."),
    ],
)
def test_other_notations_and_further_figures_are_not_contradicted(judge: Judge, was: str, now: str) -> None:
    assert {trust.label for trust in judge.judge(with_change(was, now))} == {"supported"}


def test_exchanged_summaries_name_the_right_paper(bundled: E5, abstracts: AbstractIndex) -> None:
    korean = bundled.passages([body.replace("#", "") for body in BODIES.values()])
    judge = Judge(bundled, LanguageMeans(korean.mean(axis=0), abstracts.mean))
    first, second, third = summaries()
    swapped = [
        replace(first, entry=replace(second.entry, paper_id=first.entry.paper_id)),
        replace(second, entry=replace(first.entry, paper_id=second.entry.paper_id)),
        third,
    ]
    trusts = judge.judge(swapped, abstracts)
    assert [trust.wrong_paper for trust in trusts] == ["2503.00002", "2503.00001", None]
    assert trusts[0].label == "contradicted"
    assert trusts[0].reasons[0].code == "wrong_paper"
    assert trusts[0].reasons[0].against == PAPERS["2503.00002"][0]


def test_few_summaries_are_not_compared_with_other_papers(judge: Judge, abstracts: AbstractIndex) -> None:
    first, second, _ = summaries()
    moved = replace(first, entry=replace(second.entry, paper_id=first.entry.paper_id))
    assert judge.judge([moved], abstracts)[0].wrong_paper is None


@pytest.mark.parametrize("abstract", ["", "  \n"], ids=["empty", "blank"])
def test_summary_without_an_abstract_is_unchecked(judge: Judge, abstract: str) -> None:
    (summary, *_) = summaries()
    [trust] = judge.judge([SourcedSummary(summary.entry, summary.title, abstract)])
    assert (trust.label, trust.reasons[0].code) == ("unchecked", "no_abstract")


def test_summary_without_checkable_claims_is_unchecked(judge: Judge) -> None:
    body = "## 주요 기여\n\n오늘 점심에는 따뜻한 국수를 먹고 공원을 걸었습니다. 날씨가 맑아서 기분이 좋았습니다."
    batch = [*summaries(), replace(summaries()[0], entry=entry("2503.00001", body))]
    assert judge.judge(batch)[-1].label == "unchecked"


def test_apology_is_refused(judge: Judge) -> None:
    body = "죄송합니다만, 제공된 링크의 논문에 접근할 수 없어 요약을 제공할 수 없습니다."
    [trust] = judge.judge([SourcedSummary(entry("2503.00001", body), *PAPERS["2503.00001"])])
    assert trust.label == "refused"


def test_same_batch_gets_the_same_verdicts(judge: Judge, abstracts: AbstractIndex) -> None:
    batch = summaries()
    assert judge.judge(batch, abstracts) == judge.judge(batch, abstracts)
    assert judge.judge([]) == []
    assert TRUST_VERSION


@settings(max_examples=30)
@given(body=st.text(max_size=300), abstract=st.text(max_size=300))
def test_any_text_gets_a_verdict(hash_embedder: type[HashEmbedder], body: str, abstract: str) -> None:
    [trust] = Judge(hash_embedder()).judge([SourcedSummary(entry("2503.00001", body), "A title", abstract)])
    for reason in trust.reasons:
        assert 0 <= reason.start <= reason.end <= len(body)


@pytest.mark.parametrize("piece", ["정확도는 12.5%이다. ", "1 ", "9", "TideNet2 ", "두 개의 ", "- 3배\n", "1만 "])
def test_hostile_bodies_take_seconds(hash_embedder: type[HashEmbedder], piece: str) -> None:
    body = "## 결과\n\n" + piece * (1_000_000 // len(piece))
    started = time.process_time()
    Judge(hash_embedder()).judge([SourcedSummary(entry("2503.00001", body), *PAPERS["2503.00001"])])
    assert time.process_time() - started < 15
