"""Misspellings are corrected; text that only resembles one stays."""

from __future__ import annotations

import gzip
import json
import unicodedata
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun.index.analysis.analyzer import terms
from nonmun.index.query.spelling.corrector import IsKnown, correct_spelling, normalize_text

# typed | corrected
AS_ENGLISH = """
dltkd xkawl | 이상 탐지
ghkrtks ahepf | 확산 모델
rkdghk gkrtmq | 강화 학습
djsdj ahepfdml ghksrkrdmf wnfdlsms qkdqjq | 언어 모델의 환각을 줄이는 방법
dmlfy dudtkd qnsgkf | 의료 영상 분할
qleldh todtjd | 비디오 생성
tkwjs gkrtmq | 사전 학습
rlrP qjsdur | 기계 번역
wltlr wmdfb | 지식 증류
wltlr rmfovm | 지식 그래프
dlsrhd wlsmd | 인공 지능
gkqtjd epdlxj | 합성 데이터
epdlxjtpt rntjd | 데이터셋 구성
dmatjd dlstlr | 음성 인식
dlalwl qnsfb | 이미지 분류
rorcp xkawl | 객체 탐지
cnfhs threh | 추론 속도
zhem todtjd dpdlwjsxm | 코드 생성 에이전트
fhqht whwkr | 로봇 조작
tjfaud rksmdtjd | 설명 가능성
vusgid dhksghk | 편향 완화
rjeo djsdj ahepf | 거대 언어 모델
xmfostmvhaj rnwh | 트랜스포머 구조
djxpstus apzjslwma | 어텐션 메커니즘
vmfhavmxm chlwjrghk | 프롬프트 최적화
rjator wmdrkd todtjd | 검색 증강 생성
dlsrhdtlsrudakd | 인공신경망
didwkghk | 양자화
rkwlclrl | 가지치기
shsans cncjsgo wnj | 논문 추천해 줘
djwp skdhs shsans | 어제 나온 논문
anstj dydir | 문서 요약
djfrnf dlstlr | 얼굴 인식
rlvdl cnwjd | 깊이 추정
wkdbf wngod | 자율 주행
wlfdml dmdekq | 질의 응답
tlrPduf dPcmr | 시계열 예측
rmfovm tlsrudakd | 그래프 신경망
wjsansrk ghsgkq | 전문가 혼합
dusgkq gkrtmq | 연합 학습
eowh gkrtmq | 대조 학습
todrkrdml tktmf | 생각의 사슬
qhtkd ahepf | 보상 모델
xhzms dkqcnr | 토큰 압축
wkdans aorfkr | 장문 맥락
dkswjstjd vudrk | 안전성 평가
wjreowjr rhdrur | 적대적 공격
rodlswjdqh qhgh | 개인정보 보호
dmadkr todtjd | 음악 생성
eksqorwlf rnwh | 단백질 구조
skfTl dPqh | 날씨 예보
tngkr cnfhs | 수학 추론
qpsclakzm dhdua | 벤치마크 오염
ajfxlahekf | 멀티모달
dlaqpeld ahepf | 임베딩 모델
gmlth djxpstus | 희소 어텐션
anjrk tofhdnj | 뭐가 새로워
dl shsansdml gksrPsms | 이 논문의 한계는
gkffntlspdltus | 할루시네이션
RoRmtgks epdlxj | 깨끗한 데이터
Qkfms cnfhs | 빠른 추론
EhrEhrgks dpdlwjsxm | 똑똑한 에이전트
AdaptCLIP dltkd xkawl | AdaptCLIP 이상 탐지
GPT-4 tjdsmd vudrk | GPT-4 성능 평가
Dltkd xkawl ahepf | 이상 탐지 모델
"""
AS_KOREAN = """
ㅅㄱ문래귿ㄱ | transformer
얄려냐ㅐㅜ | diffusion
ㅁㅅㅅ두샤ㅐㅜ | attention
ㅠ두초ㅡㅁ가 | benchmark
ㅇㅁㅅㅁㄴㄷㅅ | dataset
ㅔ개ㅡㅔㅅ | prompt
ㅁㅎ둣 | agent
드ㅠㄷㅇ야ㅜㅎ | embedding
ㄱㄷㅁ내ㅜㅑㅜㅎ | reasoning
ㅣ무혐ㅎㄷ | language
ㅣㅐㄲㅁ | loRa
ㅡㅐㅇ디 | model
ㅑㅜㄹㄷㄱ둧ㄷ | inference
개ㅠㅐㅅ | robot
ㄱㄷㅈㅁㄱㅇ | reward
미ㅑ후ㅡ둣 | alignment
새ㅏ두 | token
ㅑㅡㅁㅎㄷ | image
ㄱㄷㅅ갿ㅍ미 | retrieval
벼무샼ㅁ샤ㅐㅜ | quantization
ㄹㄱ믇재가 | framework
ㅜㄷㅅ재가 | network
ㅡ므ㅠㅁ | mamba
ㅁㅇ멧ㄷㄱ | adapter
ㅎㄱㅁ야둣 | gradient
ㅔㅐㅣㅑ쵸 | policy
"""
CORRECT = """
diffusion model
What are the limits of sparse attention?
goal
Also, they work on the same field.
world model signal theory
dog or cat
RLHF, DPO and GRPO
So what?
Who did this work, and when?
the entity form of the spatial map
VLA 모델의 AI 안전
확산 모델의 한계는?
임의 해상도의 깊이 추정
ㅋㅋㅋ 이 논문 재밌네ㅋㅋ
모델 좋다ㅠㅠ
ㄱ자형 로봇 팔
ㄱ, ㄴ, ㄷ 순서로 정렬
GPT-4o와 Llama 3의 비교
C++ 코드 생성
arXiv 2505.09264
adapt/clip a.b.c
"""


@cache
def vocabulary_of_tests() -> frozenset[str]:
    """Return a vocabulary as an index has it: the terms of the corrections in this module and of the correct texts."""
    lines = [line.split(" | ")[1] for line in (AS_ENGLISH + AS_KOREAN).strip().splitlines() if line]
    return frozenset(term for line in [*lines, *CORRECT.splitlines()] for term in terms(line))


def is_known(term: str) -> bool:
    return term in vocabulary_of_tests()


@pytest.mark.parametrize("known", [None, is_known], ids=["alone", "with the index"])
@pytest.mark.parametrize("line", AS_ENGLISH.strip().splitlines())
def test_korean_typed_as_english(line: str, known: IsKnown | None) -> None:
    typed, expected = line.split(" | ")
    assert correct_spelling(normalize_text(typed), known) == expected


@pytest.mark.parametrize("known", [None, is_known], ids=["alone", "with the index"])
@pytest.mark.parametrize("around", ["{}", "{}의 한계", "{} 모델", "이미지 {}를 설명해 줘"])
@pytest.mark.parametrize("line", AS_KOREAN.strip().splitlines())
def test_english_typed_as_korean(line: str, around: str, known: IsKnown | None) -> None:
    typed, expected = line.split(" | ")
    assert correct_spelling(normalize_text(around.format(typed)), known) == around.format(expected)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("dltkd so transformer learning", "이상 so transformer learning"),
        ("dltkd so transformer", "이상 내 transformer"),
    ],
    ids=["half of the words", "most words"],
)
def test_short_words_are_corrected_where_most_words_are_mistyped(typed: str, expected: str) -> None:
    assert correct_spelling(typed) == expected


@pytest.mark.parametrize(
    ("typed", "expected"), [("퍙대 생성", "video 생성"), ("며야ㅐ를", "audio를"), ("ㅣㅣㅡ의", "llm의")]
)
def test_the_vocabulary_decides_ambiguous_words(typed: str, expected: str) -> None:
    assert correct_spelling(typed) == typed
    assert correct_spelling(typed, frozenset({"video", "audio", "llm", "생성"}).__contains__) == expected


@pytest.mark.parametrize("known", [None, is_known], ids=["alone", "with the index"])
@pytest.mark.parametrize("text", CORRECT.strip().splitlines())
def test_correct_text_stays(text: str, known: IsKnown | None) -> None:
    assert correct_spelling(normalize_text(text), known) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (unicodedata.normalize("NFD", "이상 탐지"), "이상 탐지"),
        ("ＡｄａｐｔＣＬＩＰ　모델", "AdaptCLIP 모델"),
        ("ﾱￌﾧￇﾩ", "모델"),
        ("ㅁㅗㄷㅔㄹ 연구", "모델 연구"),
        ("확\u200b산\ufeff 모델", "확산 모델"),
        ("확산\u00a0모델", "확산 모델"),
        ("“확산” ‘모델’", "\"확산\" '모델'"),
        ("R² ½ ™ ①", "R² ½ ™ ①"),
        ("ㅋㅋㅋ", "ㅋㅋㅋ"),
    ],
)
def test_normalize_text(text: str, expected: str) -> None:
    assert normalize_text(text) == expected


TEXTS = st.one_of(
    st.text(max_size=60),
    st.lists(
        st.sampled_from(["dltkd", " ", "ㅅㄱ문", "모델", "은", "ㅋㅋ", "GPT-4", "so", "?", "탐", "지", "xkawl"])
    ).map("".join),
)


@given(TEXTS)
def test_any_text_is_accepted(text: str) -> None:
    once = normalize_text(text.encode("utf-8", "replace").decode())
    assert normalize_text(once) == once
    correct_spelling(once)
    correct_spelling(once, is_known)


def titles(shared_data: Path) -> list[str]:
    with gzip.open(shared_data / "abstracts" / "hf_daily_papers.jsonl.gz", "rt", encoding="utf-8") as lines:
        return [json.loads(line)["title"] for line in lines]


def test_real_english_text_stays(shared_data: Path) -> None:
    with (shared_data / "queries" / "load_queries_en.jsonl").open(encoding="utf-8") as lines:
        questions = [json.loads(line)["text"] for line in lines]
    texts = [normalize_text(text) for text in [*questions, *titles(shared_data)[::5]]]
    vocabulary = frozenset(term for text in texts for term in terms(text))
    assert [text for text in texts if correct_spelling(text) != text] == []
    assert [text for text in texts if correct_spelling(text, vocabulary.__contains__) != text] == []
