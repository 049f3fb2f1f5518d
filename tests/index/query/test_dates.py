"""Date expressions become windows; words that only resemble them do not."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun.index.analysis.lazy_patterns import PatternTable
from nonmun.index.query.dates.calendar import EARLIEST, LATEST, DateRange, week_of_month, week_of_year
from nonmun.index.query.dates.parser import LANGUAGES, find_window
from nonmun.index.query.dates.rules import DateLanguage, read_near_day
from nonmun.index.query.dates.window import Window, today_in_seoul
from nonmun.index.query.question import parse_question

TODAY = date(2025, 5, 21)
"""A Wednesday, in the week from Monday 19 to Sunday 25 May."""

# question | words | first day | last day; years and months of 2025-05 may be omitted
KOREAN = """
오늘 올라온 논문 보여 줘 | 오늘 올라온 | 21 | 21
오늘의 다이제스트 요약 | 오늘의 | 21 | 21
어제 나온 논문 뭐 있어? | 어제 나온 | 20 | 20
어저께 다이제스트에 확산 모델이 있었나 | 어저께 | 20 | 20
그제 소개된 음성 합성 연구 | 그제 소개된 | 19 | 19
그저께 올라온 논문 | 그저께 올라온 | 19 | 19
그저께 다이제스트에서 로봇 논문 | 그저께 | 19 | 19
엊그제 본 토큰 압축 논문 | 엊그제 | 19 | 19
이번 주 논문 중 강화 학습 | 이번 주 | 19 | 25
이번주 소식 | 이번주 | 19 | 25
지난주에 나온 멀티모달 논문은? | 지난주에 나온 | 12 | 18
지난 주 다이제스트 | 지난 주 | 12 | 18
저번 주에 본 벤치마크 | 저번 주에 | 12 | 18
저번주 논문 | 저번주 | 12 | 18
지지난주 논문 | 지지난주 | 5 | 11
지난 주말에 올라온 것 | 지난 주말에 올라온 | 17 | 18
다음 주 다이제스트는? | 다음 주 | 26 | 06-01
이번 달 대표 논문 | 이번 달 | 1 | 31
이달의 논문 | 이달의 | 1 | 31
지난달 트랜스포머 논문 | 지난달 | 04-01 | 04-30
저번 달에 나온 거 | 저번 달에 나온 | 04-01 | 04-30
지지난달 요약 | 지지난달 | 03-01 | 03-31
올해 나온 영상 생성 논문 | 올해 나온 | 2025-01-01 | 2025-12-31
작년 논문 가운데 양자화 | 작년 | 2024-01-01 | 2024-12-31
지난해에 발표된 그래프 신경망 | 지난해에 발표된 | 2024-01-01 | 2024-12-31
재작년 연구 | 재작년 | 2023-01-01 | 2023-12-31
5월 16일 다이제스트 | 5월 16일 | 16 | 16
5월16일에 소개된 논문 | 5월16일에 소개된 | 16 | 16
5월 16일(금) 논문 목록 | 5월 16일(금) | 16 | 16
6월 3일 논문 | 6월 3일 | 2024-06-03 | 2024-06-03
2025년 5월 16일의 이상 탐지 논문 | 2025년 5월 16일의 | 16 | 16
2025년5월16일 | 2025년5월16일 | 16 | 16
2025-05-16 다이제스트에서 AdaptCLIP | 2025-05-16 | 16 | 16
2025.05.16에 실린 논문 | 2025.05.16에 실린 | 16 | 16
2025. 5. 16. 논문 | 2025. 5. 16. | 16 | 16
2025/05/16 다이제스트 | 2025/05/16 | 16 | 16
5/16 다이제스트 | 5/16 | 16 | 16
16일 다이제스트에 뭐가 있었지 | 16일 | 16 | 16
25일자 논문 | 25일자 | 04-25 | 04-25
25년 4월 논문 | 25년 4월 | 04-01 | 04-30
4월에 나온 의료 영상 논문 | 4월에 나온 | 04-01 | 04-30
4월의 논문 | 4월의 | 04-01 | 04-30
12월 논문 | 12월 | 2024-12-01 | 2024-12-31
2025-04 논문 | 2025-04 | 04-01 | 04-30
2025년 5월 셋째 주 논문 | 2025년 5월 셋째 주 | 12 | 18
5월 셋째 주에 나온 에이전트 논문 | 5월 셋째 주에 나온 | 12 | 18
5월 첫 주 | 5월 첫 주 | 04-28 | 04
5월 2주차 다이제스트 | 5월 2주차 | 5 | 11
지난달 마지막 주 논문 | 지난달 마지막 주 | 04-21 | 04-27
2025-W20 KV 캐시 논문 | 2025-W20 | 12 | 18
2025-W20에 나온 논문 | 2025-W20에 나온 | 12 | 18
2025-W18 ~ 2025-W20 논문 | 2025-W18 ~ 2025-W20 | 04-28 | 18
2025-W18 이후 논문 | 2025-W18 이후 | 04-28 | 21
2020-W53 논문 | 2020-W53 | 2020-12-28 | 2021-01-03
2025년 20주차 논문 | 2025년 20주차 | 12 | 18
2025년 제20주차에 올라온 논문 | 2025년 제20주차에 올라온 | 12 | 18
2025년의 20번째 주 논문 | 2025년의 20번째 주 | 12 | 18
25년 20주차 논문 | 25년 20주차 | 12 | 18
작년 20주차 논문 | 작년 20주차 | 2024-05-13 | 2024-05-19
2025년 3주차 논문 | 2025년 3주차 | 2025-01-13 | 2025-01-19
2025년 18주차부터 20주차까지 논문 | 2025년 18주차부터 20주차까지 | 04-28 | 18
20주차 | 20주차 | 12 | 18
20주차 KV 캐시 논문 | 20주차 | 12 | 18
에이전트 논문 중 20주차에 나온 것 | 20주차에 나온 | 12 | 18
22주차 논문 | 22주차 | 2024-05-27 | 2024-06-02
53주차 논문 | 53주차 | 2020-12-28 | 2021-01-03
최근 3일 논문 | 최근 3일 | 19 | 21
최근 사흘간 올라온 논문 | 최근 사흘간 올라온 | 19 | 21
최근 일주일 동안 나온 논문 | 최근 일주일 동안 나온 | 15 | 21
최근 2주 사이 확산 모델 | 최근 2주 사이 | 8 | 21
최근 한 달 논문 | 최근 한 달 | 04-22 | 21
최근 두 달간 소개된 추론 논문 | 최근 두 달간 소개된 | 03-22 | 21
최근 6개월 이내 논문 | 최근 6개월 이내 | 2024-11-22 | 21
최근 1년간 발표된 논문 | 최근 1년간 발표된 | 2024-05-22 | 21
지난 3일간 나온 논문 | 지난 3일간 나온 | 19 | 21
지난 24시간 동안 올라온 논문 | 지난 24시간 동안 올라온 | 20 | 21
최근 나흘간 논문 | 최근 나흘간 | 18 | 21
나흘 전 논문 | 나흘 전 | 17 | 17
3일 전에 나온 논문 | 3일 전에 나온 | 18 | 18
2주 전 다이제스트 | 2주 전 | 5 | 11
5월 초 논문 | 5월 초 | 1 | 10
5월 중순에 나온 검색 논문 | 5월 중순에 나온 | 11 | 20
4월 말 다이제스트 | 4월 말 | 04-21 | 04-30
2월 말 논문 | 2월 말 | 02-21 | 02-28
이번 달 초에 본 논문 | 이번 달 초에 | 1 | 10
작년 말 논문 | 작년 말 | 2024-10-01 | 2024-12-31
올해 상반기 논문 | 올해 상반기 | 2025-01-01 | 2025-06-30
2024년 하반기 연구 | 2024년 하반기 | 2024-07-01 | 2024-12-31
상반기 논문 정리 | 상반기 | 2025-01-01 | 2025-06-30
2025년 1분기 논문 | 2025년 1분기 | 2025-01-01 | 2025-03-31
5월 10일부터 12일까지 논문 | 5월 10일부터 12일까지 | 10 | 12
5월 10일부터 5월 12일까지 나온 논문 | 5월 10일부터 5월 12일까지 나온 | 10 | 12
5월 10~12일 다이제스트 | 5월 10~12일 | 10 | 12
2025-05-10 ~ 2025-05-12 논문 | 2025-05-10 ~ 2025-05-12 | 10 | 12
12월 20일부터 1월 5일까지의 논문 | 12월 20일부터 1월 5일까지의 | 2024-12-20 | 2025-01-05
3월부터 5월까지 언어 모델 논문 | 3월부터 5월까지 | 03-01 | 31
2023년부터 2024년까지 나온 논문 | 2023년부터 2024년까지 나온 | 2023-01-01 | 2024-12-31
어제와 오늘 다이제스트 | 어제와 오늘 | 20 | 21
지난주와 이번 주 논문 비교 | 지난주와 이번 주 | 12 | 25
5월 12일 이후 논문 | 5월 12일 이후 | 12 | 21
5월 12일부터 나온 논문 | 5월 12일부터 나온 | 12 | 21
지난주부터 올라온 논문 | 지난주부터 올라온 | 12 | 21
5월 12일 이전 논문 | 5월 12일 이전 | 1900-01-01 | 12
5월 12일까지 논문 | 5월 12일까지 | 1900-01-01 | 12
5월 12일 전에 나온 논문 | 5월 12일 전에 나온 | 1900-01-01 | 11
2023년 이후 확산 모델 | 2023년 이후 | 2023-01-01 | 21
금요일 다이제스트 논문 | 금요일 | 16 | 16
월요일 논문 | 월요일 | 19 | 19
지난 금요일에 나온 논문 | 지난 금요일에 나온 | 16 | 16
지난 수요일 다이제스트 | 지난 수요일 | 14 | 14
수요일부터 월요일까지 나온 논문 | 수요일부터 월요일까지 나온 | 21 | 26
수요일부터 화요일까지 나온 논문 | 수요일부터 화요일까지 나온 | 21 | 27
금요일부터 화요일까지 나온 논문 | 금요일부터 화요일까지 나온 | 16 | 20
지난주 금요일 다이제스트 | 지난주 금요일 | 16 | 16
이번 주 월요일 논문 | 이번 주 월요일 | 19 | 19
지지난주 화요일에 올라온 것 | 지지난주 화요일에 올라온 | 6 | 6
2024년 논문 중 대조 학습 | 2024년 | 2024-01-01 | 2024-12-31
2024년에 나온 이상 탐지 연구 | 2024년에 나온 | 2024-01-01 | 2024-12-31
May 16 다이제스트 | May 16 | 16 | 16
"""
ENGLISH = """
What came out today? | today | 21 | 21
papers that came in today | in today | 21 | 21
today's papers on robots | today's | 21 | 21
Any diffusion papers yesterday? | yesterday | 20 | 20
papers from yesterday's digest | from yesterday's | 20 | 20
the digest of the day before yesterday | of the day before yesterday | 19 | 19
What was new last week? | last week | 12 | 18
this week's papers about agents | this week's | 19 | 25
papers from the week before last | from the week before last | 5 | 11
last month's digests | last month's | 04-01 | 04-30
papers of this month | of this month | 1 | 31
quantization papers from this year | from this year | 2025-01-01 | 2025-12-31
papers published last year | published last year | 2024-01-01 | 2024-12-31
the digest of last weekend | of last weekend | 17 | 18
papers from Friday's digest | from Friday's | 16 | 16
last Friday's digest | last Friday's | 16 | 16
papers from last Wednesday | from last Wednesday | 14 | 14
What did the Monday digest hold? | the Monday | 19 | 19
digest of Friday last week | of Friday last week | 16 | 16
last week's Tuesday digest | last week's Tuesday | 13 | 13
papers since Monday | since Monday | 19 | 21
anomaly detection papers since May 12 | since May 12 | 12 | 21
papers until May 20 | until May 20 | 1900-01-01 | 20
papers before May 12 | before May 12 | 1900-01-01 | 11
papers after May 12 | after May 12 | 13 | 21
papers between May 10 and May 12 | between May 10 and May 12 | 10 | 12
papers from May 10 to 12 | from May 10 to 12 | 10 | 12
papers from May 10 to May 12, 2024 | from May 10 to May 12, 2024 | 2024-05-10 | 2024-05-12
the May 10-12 digests | the May 10-12 | 10 | 12
papers of May 16 | of May 16 | 16 | 16
the digest of May 16th, 2025 | of May 16th, 2025 | 16 | 16
papers on 16 May 2025 | on 16 May 2025 | 16 | 16
the 16th of May digest | the 16th of May | 16 | 16
digest 2025-05-16 | 2025-05-16 | 16 | 16
papers from 2025-05 | from 2025-05 | 1 | 31
papers from June 3 | from June 3 | 2024-06-03 | 2024-06-03
robotics in early May | in early May | 1 | 10
mid-May digests | mid-May | 11 | 20
late April papers | late April | 04-21 | 04-30
papers from the end of April | from the end of April | 04-21 | 04-30
in May 2025, which papers used MVTec? | in May 2025 | 1 | 31
What was published in April? | published in April | 04-01 | 04-30
April papers about retrieval | April | 04-01 | 04-30
papers from the past 3 days | from the past 3 days | 19 | 21
papers of the last two weeks | of the last two weeks | 8 | 21
new papers in the last month or so | in the last month | 04-01 | 04-30
papers within the past 24 hours | within the past 24 hours | 20 | 21
the third week of May | the third week of May | 12 | 18
papers from the last week of April 2025 | from the last week of April 2025 | 04-21 | 04-27
Third week of May | Third week of May | 12 | 18
the week of May 12 | the week of May 12 | 12 | 18
KV cache papers in 2025-W20 | in 2025-W20 | 12 | 18
2025W20 digests | 2025W20 | 12 | 18
papers from 2025-W18 to 2025-W20 | from 2025-W18 to 2025-W20 | 04-28 | 18
week 20 of 2025 | week 20 of 2025 | 12 | 18
papers from week 20, 2025 on robots | from week 20, 2025 | 12 | 18
the 20th week of 2025 | the 20th week of 2025 | 12 | 18
week 20 papers | week 20 | 12 | 18
papers from week 22 on agents | from week 22 | 2024-05-27 | 2024-06-02
papers from three days ago | from three days ago | 18 | 18
papers from 2024 | from 2024 | 2024-01-01 | 2024-12-31
papers published in 2024 about pruning | published in 2024 | 2024-01-01 | 2024-12-31
papers from 2020 to 2023 | from 2020 to 2023 | 2020-01-01 | 2023-12-31
papers of Q1 2025 | of Q1 2025 | 2025-01-01 | 2025-03-31
the first half of 2024 | the first half of 2024 | 2024-01-01 | 2024-06-30
"""
PUBLISHED = """
5월 16일에 발표된 논문
지난주에 공개된 모델 논문
작년에 출판된 연구
어제 arXiv에 올라온 논문
4월에 게재된 논문
papers published last week
papers submitted on May 16
work released in April
papers posted to arXiv yesterday
"""
DIGEST = """
5월 16일 다이제스트에 나온 논문
어제 나온 논문
papers in Friday's digest
last week's digest
"""
NO_WINDOW = """
오늘날 언어 모델의 한계는?
오늘의 언어 모델이 잘하는 것
최근 연구 동향을 알려 줘
최근 확산 모델은 어떻게 발전했나
요즘 인기 있는 방법
이번 논문의 기여는?
지난 연구들과 무엇이 다른가
앞으로의 연구 방향
2025년형 자동차 인식
5월의 신부 사진을 생성하는 모델
AIME 2024 점수가 높은 모델
AIME 2024에서 가장 좋은 논문
MMLU 2025 벤치마크
COCO 2017로 학습한 검출기
CVPR 2024 논문
GPT-4.1의 성능은?
v2.5.1에서 바뀐 점
2505.09264의 한계는?
gpt-4o-2024-08-06 모델을 쓴 실험
24시간 동안 학습한 모델
3일 만에 학습한 모델
2주 학습으로 충분한가
하루 만에 끝나는 미세 조정
일주일치 데이터로 학습
최근 7일의 기온 기록으로 예측하는 모델
지난 30일간 전력 사용량으로 수요를 예측
3년 전 사건을 기억하는 에이전트
전년 대비 성능
매주 금요일 배포하는 모델
주말 교통량 예측
5월드 모델
월드 모델
13월 5일
2월 30일 논문
2025-02-30 다이제스트
2025년 13월 논문
4월 31일에 나온 논문
5월 여섯째 주 논문
2025-W53 논문
2025-W00 논문
2025년 53주차 논문
2025년 0주차 논문
3주차 논문
5주차 강의
20주차 강의 노트를 요약하는 논문
임신 20주차 논문
임신 20주차 태아 초음파를 읽는 논문
재활 치료 20주차 환자의 보행
2505.20주차 논문
2505.2025-W20
1일 1식
제1일차 실험
지난한 과정을 줄이는 방법
전달 함수 추정
달력 이해 벤치마크
해상도 2048에서 생성
16일간 학습한 모델
주어진 날짜를 이해하는 모델
다음 토큰 예측
다음 주제를 추천하는 모델
이전 연구
10분 전 상태를 기억하는 로봇
May the model forget what it learned?
may 16 bit weights suffice?
models may march ahead
March of the Penguins captions
How does a march of agents end
in may cases the model fails
layer segmentation in OCT images
yesterday's climate as a prior
benchmarks: limits today, potential tomorrow
In 2011, recommender systems were young
second-order optimization
freeze the last layer
What is weak supervision over a week of video?
today's language models
How do LLMs of today reason?
a day in the life of an agent
one day robots will cook
What is AIME 2024?
results on COCO 2017 and ImageNet 2012
accuracy after 2000 steps
trained until 2048 tokens
at a resolution of 2048
between 1900 and 2000 samples
forecast from the last 7 days of weather
predict sales using the past 4 weeks of prices
recent work on diffusion
in recent years, how did retrieval change?
the last decade of research
past work on pruning
version 2.5.1
arXiv 2505.09264
Llama-3.1-8B and GPT-4.1
gpt-4-0613 scores
Freaky Friday plots
man Friday in Robinson Crusoe
10-12 layers
4/8 bit mixed precision
What happens on February 30?
the sixth week of May
2025-W54 papers
1.2025-W20 papers
gpt-2025-W20 papers
2025-W2045 papers
arXiv 2505.09264 W20
after week 20 of training
from week 12 of pregnancy
June the assistant
Augustus and Marcella datasets
dec oder
secondary structure
24 hours of training
long-term memory over months of use
weekly digest
"""


def rows(table: str) -> list[tuple[str, str, date, date]]:
    def day(words: str) -> date:
        parts = words.split("-")
        return date.fromisoformat("-".join(["2025", "05"][: 3 - len(parts)] + [part.zfill(2) for part in parts]))

    lines = [[cell.strip() for cell in line.split(" | ")] for line in table.strip().splitlines()]
    return [(question, words, day(first), day(last)) for question, words, first, last in lines]


@pytest.mark.parametrize(("question", "words", "first", "last"), rows(KOREAN) + rows(ENGLISH))
def test_windows(question: str, words: str, first: date, last: date) -> None:
    window = find_window(question, TODAY)
    assert window is not None
    assert (window.text, window.start, window.end) == (words, first, last)


@pytest.mark.parametrize("question", NO_WINDOW.strip().splitlines())
def test_no_window(question: str) -> None:
    assert find_window(question, TODAY) is None


@pytest.mark.parametrize(
    ("question", "by"),
    [(line, "published") for line in PUBLISHED.strip().splitlines()]
    + [(line, "digest") for line in DIGEST.strip().splitlines()],
)
def test_date_of_digest_or_publication(question: str, by: str) -> None:
    window = find_window(question, TODAY)
    assert window is not None
    assert window.by == by


@pytest.mark.parametrize(
    ("today", "question", "first", "last"),
    [
        (date(2024, 3, 1), "2월 29일 논문", date(2024, 2, 29), date(2024, 2, 29)),
        (date(2027, 3, 1), "2월 29일 논문", date(2024, 2, 29), date(2024, 2, 29)),
        (date(2025, 1, 1), "지난주 논문", date(2024, 12, 23), date(2024, 12, 29)),
        (date(2025, 1, 31), "지난달 논문", date(2024, 12, 1), date(2024, 12, 31)),
        (date(2025, 3, 31), "최근 한 달 논문", date(2025, 3, 1), date(2025, 3, 31)),
        (date(2025, 5, 18), "이번 주 논문", date(2025, 5, 12), date(2025, 5, 18)),
        (date(2025, 5, 19), "last week", date(2025, 5, 12), date(2025, 5, 18)),
        (date(2025, 5, 16), "금요일 다이제스트", date(2025, 5, 16), date(2025, 5, 16)),
        (date(2025, 5, 16), "지난 금요일 다이제스트", date(2025, 5, 9), date(2025, 5, 9)),
        (date(2025, 5, 16), "last Friday", date(2025, 5, 9), date(2025, 5, 9)),
        (date(2025, 5, 16), "5월 16일", date(2025, 5, 16), date(2025, 5, 16)),
        (date(2025, 5, 15), "5월 16일", date(2024, 5, 16), date(2024, 5, 16)),
        (date(2025, 5, 12), "20주차 논문", date(2025, 5, 12), date(2025, 5, 18)),
        (date(2025, 5, 11), "20주차 논문", date(2024, 5, 13), date(2024, 5, 19)),
        (date(2025, 12, 28), "week 1 papers", date(2024, 12, 30), date(2025, 1, 5)),
        (date(2025, 12, 29), "week 1 papers", date(2025, 12, 29), date(2026, 1, 4)),
        (date(2027, 1, 3), "53주차 논문", date(2026, 12, 28), date(2027, 1, 3)),
    ],
)
def test_windows_on_other_days(today: date, question: str, first: date, last: date) -> None:
    window = find_window(question, today)
    assert window is not None
    assert (window.start, window.end) == (first, last)


def test_weeks_belong_to_the_month_of_their_thursday() -> None:
    # August 2025 begins on a Friday, so its first days still belong to the last week of July.
    assert week_of_month(2025, 8, 1) == DateRange(date(2025, 8, 4), date(2025, 8, 10))
    assert week_of_month(2025, 7, 5) == week_of_month(2025, 7, -1) == DateRange(date(2025, 7, 28), date(2025, 8, 3))
    assert week_of_month(2025, 8, 5) is None


@given(st.integers(1901, 2099), st.integers(1, 12))
def test_every_week_belongs_to_one_month(year: int, month: int) -> None:
    weeks = [week for number in range(1, 6) if (week := week_of_month(year, month, number))]
    following = week_of_month(year + month // 12, month % 12 + 1, 1)
    assert len(weeks) in {4, 5}
    assert following
    for week, next_week in zip(weeks, [*weeks[1:], following], strict=True):
        assert week.last + timedelta(days=1) == next_week.first


@given(st.integers(1900, 2099))
def test_every_week_belongs_to_one_year(year: int) -> None:
    weeks = [week for number in range(1, 54) if (week := week_of_year(year, number))]
    following = week_of_year(year + 1, 1)
    assert len(weeks) in {52, 53}
    assert following
    assert {week.first.weekday() for week in weeks} == {0}
    assert weeks[0].first <= date(year, 1, 4) <= weeks[0].last  # ISO 8601
    for week, next_week in zip(weeks, [*weeks[1:], following], strict=True):
        assert week.last + timedelta(days=1) == next_week.first


@pytest.mark.parametrize("number", [-1, 0, 53, 54, 99])
def test_no_year_has_other_weeks(number: int) -> None:
    assert week_of_year(2025, number) is None
    assert (week_of_year(2026, number) is None) == (number != 53)


@given(st.dates(date(1901, 1, 1), date(2099, 12, 31)))
def test_a_week_is_read_as_it_is_written(day: date) -> None:
    year, number, _ = day.isocalendar()
    for text in (f"{year}-W{number:02}", f"{year}년 {number}주차 논문", f"papers from week {number} of {year}"):
        window = find_window(text, TODAY)
        assert window
        assert window.start <= day <= window.end == window.start + timedelta(days=6)


def test_today_is_that_of_seoul() -> None:
    evening = datetime(2025, 5, 20, 15, 30, tzinfo=UTC)
    assert today_in_seoul(evening.astimezone) == date(2025, 5, 21)
    assert today_in_seoul((evening - timedelta(hours=1)).astimezone) == date(2025, 5, 20)


_WORDS = (
    "2025|5|16|31|2|30|월|일|년|-|.|/| |~|어제|지난|주|최근|부터|까지|이후|금요일|논문|셋째|말|May |last |week|since |"
    "to |of |days |Friday's|digest|99|0|상반기|달|an |ago|주차|W|제"
)
PIECES = st.lists(st.sampled_from(_WORDS.split("|")), max_size=12).map("".join)
TEXTS = st.one_of(st.text(max_size=80), PIECES)
TODAYS = st.dates(EARLIEST, LATEST)


@given(TEXTS, TODAYS)
def test_any_text_gives_a_valid_window_or_none(text: str, today: date) -> None:
    window = find_window(text, today)
    if window:
        assert EARLIEST <= window.start <= window.end <= LATEST
        assert window.text == text[window.span[0] : window.span[1]] != ""
        assert window.text == window.text.strip()


@given(PIECES.filter(lambda text: not text.isspace() and text != ""), TODAYS)
def test_composed_and_decomposed_give_the_same_window(text: str, today: date) -> None:
    composed, decomposed = (parse_question(unicodedata.normalize(form, text), today) for form in ("NFC", "NFD"))
    assert composed.window == decomposed.window
    assert composed.window is None or composed.effective_text[slice(*composed.window.span)] == composed.window.text


def test_a_row_adds_an_expression() -> None:
    rules = PatternTable([(r"⟦(?P<near_day>soon)⟧", read_near_day)])
    language = DateLanguage(rules, {"near_day": {"soon": 1}}, {}, join=re.compile(" "))
    assert find_window("papers soon", TODAY, [language]) == Window(
        date(2025, 5, 22), date(2025, 5, 22), "soon", (7, 11)
    )


def assert_prefilters_hold(text: str) -> None:
    for language in LANGUAGES:
        matches = [str(match) for match, _ in language.rules.finditer(text)]
        assert matches == [str(match) for row, _ in language.rules.rows for match in row.compiled.finditer(text)]


@pytest.mark.parametrize("line", f"{KOREAN}{ENGLISH}{PUBLISHED}{DIGEST}{NO_WINDOW}".strip().splitlines())
def test_prefilters_hold(line: str) -> None:
    assert_prefilters_hold(line.partition(" | ")[0])


@given(TEXTS)
def test_prefilters_hold_in_any_text(text: str) -> None:
    assert_prefilters_hold(text)
