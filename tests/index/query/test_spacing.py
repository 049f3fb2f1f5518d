"""Spaces in the wrong places are mended; right ones stay."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nonmun.index.analysis.analyzer import terms
from nonmun.index.query.spelling.spacing import reading, respace


@pytest.mark.parametrize(
    ("typed", "meant"),
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
def test_spaces_inside_words(typed: str, meant: str) -> None:
    assert terms(respace(typed)) == terms(meant)


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
def test_right_spaces_stay(text: str) -> None:
    assert respace(text) == text


@pytest.mark.parametrize(
    ("glued", "spaced"),
    [
        ("이상탐지모델연구", "이상 탐지 모델 연구"),
        ("확산모델을이용한영상생성", "확산 모델을 이용한 영상 생성"),
        ("거대언어모델의환각문제를줄이는방법", "거대 언어 모델의 환각 문제를 줄이는 방법"),
        ("강화학습으로추론능력을높이는연구", "강화 학습으로 추론 능력을 높이는 연구"),
    ],
)
def test_words_written_together_give_the_same_terms(glued: str, spaced: str) -> None:
    assert set(terms(glued)) == set(terms(spaced))


def test_what_a_reading_counts() -> None:
    assert reading("모델").oddness == 0
    assert reading("뷁쉛").unknown == 1
    assert reading("이상 탐 지").short == 2


def test_real_questions_keep_their_terms(shared_data: Path) -> None:
    with (shared_data / "queries" / "ko2en_dev.jsonl").open(encoding="utf-8") as lines:
        texts = [json.loads(line)["text"] for line in lines][::7]
    changed = [text for text in texts if terms(respace(text)) != terms(text)]
    assert len(changed) <= len(texts) // 50
