"""Wrong Korean spacing is corrected; correct spacing stays."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nonmun.index.analysis.analyzer import terms
from nonmun.index.query.spelling.spacing import analyze, correct_spacing


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("이상 탐 지 모델", "이상 탐지 모델"),
        ("이상탐 지모델", "이상 탐지 모델"),
        ("강 화 학 습", "강화 학습"),
        ("확 산 모 델", "확산 모델"),
        ("언 어 모델의 환 각을 줄 이는 방법", "언어 모델의 환각을 줄이는 방법"),
        ("의료 영 상 분 할", "의료 영상 분할"),
        ("음성 합 성 연구", "음성 합성 연구"),
        ("지 식 그래 프", "지식 그래프"),
        ("자율 주 행 차 량", "자율 주행 차량"),
    ],
)
def test_spaces_inside_words(typed: str, expected: str) -> None:
    assert terms(correct_spacing(typed)) == terms(expected)


@pytest.mark.parametrize(
    "text",
    [
        "이상 탐지 모델 연구",
        "할 수 있는 더 큰 모델",
        "그 두 논문의 한계는 무엇인가",
        "이 논문의 핵심 기여를 알려 줘",
        "AI 안전 연구는 왜 중요한가",
        "한 장의 사진으로 3D 장면을 만드는 법",
        "diffusion model",
        "모델",
    ],
)
def test_correct_spacing_stays(text: str) -> None:
    assert correct_spacing(text) == text


@pytest.mark.parametrize(
    ("joined", "spaced"),
    [
        ("이상탐지모델연구", "이상 탐지 모델 연구"),
        ("확산모델을이용한영상생성", "확산 모델을 이용한 영상 생성"),
        ("거대언어모델의환각문제를줄이는방법", "거대 언어 모델의 환각 문제를 줄이는 방법"),
        ("강화학습으로추론능력을높이는연구", "강화 학습으로 추론 능력을 높이는 연구"),
    ],
)
def test_missing_spaces_do_not_change_the_terms(joined: str, spaced: str) -> None:
    assert set(terms(joined)) == set(terms(spaced))


def test_detects_anomalous_analyses() -> None:
    assert analyze("모델").anomalies == 0
    assert analyze("뷁쉛").unknown_nouns == 1
    assert analyze("이상 탐 지").short_nouns == 2


def test_real_questions_keep_their_terms(shared_data: Path) -> None:
    with (shared_data / "queries" / "ko2en_dev.jsonl").open(encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines][::7]
    changed = [text for text in texts if terms(correct_spacing(text)) != terms(text)]
    assert len(changed) <= len(texts) // 50
