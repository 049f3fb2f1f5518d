"""Units on one scale, words that bound a number, and concepts that numbers count, in Korean and English."""

from __future__ import annotations

import re

# Unit, factor to the scale of the unit, and what follows the number. The first alternative counts: longer ones first.
_UNITS: tuple[tuple[str, float, str], ...] = (
    ("points", 1, r"\\?%[ -]?(?:[pP](?![A-Za-z])|포인트|points?)|퍼센트\s?포인트|percentage[ -]points?|pp(?![A-Za-z])"),
    ("percent", 1, r"\\?%|퍼센트|percent(?![A-Za-z])|per cent(?![A-Za-z])"),
    (
        "points",
        1,
        r"(?:(?:absolute|accuracy|average)\s)?points?(?![A-Za-z])|pts(?![A-Za-z])|점(?!검|진|차|수|이적|유)|포인트",
    ),
    ("times", 1, r"\\?\$?\\times\$?|[xX×](?![A-Za-z0-9])|배(?![치포열경우터선])|times(?![A-Za-z])|folds?(?![A-Za-z])"),
    ("seconds", 1e-3, r"ms(?![A-Za-z])|밀리초|milliseconds?(?![A-Za-z])"),
    ("seconds", 1, r"seconds?(?![A-Za-z])|secs?(?![A-Za-z])|s(?![A-Za-z])|초(?![기점록과])"),
    ("seconds", 60, r"minutes?(?![A-Za-z])|mins?(?![A-Za-z])|분(?![류석야할포산리기해자])"),
    ("seconds", 3600, r"hours?(?![A-Za-z])|hrs?(?![A-Za-z])|h(?![A-Za-z])|시간"),
    ("seconds", 86400, r"(?:GPU |A100 |H100 )?days?(?![A-Za-z])|일(?![관반부치정차])"),
    ("seconds", 7 * 86400, r"weeks?(?![A-Za-z])|주(?![요제장로어])(?:일|간)?"),
    ("seconds", 30 * 86400, r"months?(?![A-Za-z])|개월"),
    ("seconds", 365 * 86400, r"years?(?![A-Za-z])|년"),
    ("bits", 1, r"bits?(?![A-Za-z])|비트"),
    ("bytes", 1e3, r"[kK]i?B(?![A-Za-z])|킬로바이트"),
    ("bytes", 1e6, r"Mi?B(?![A-Za-z])|메가바이트|megabytes?(?![A-Za-z])"),
    ("bytes", 1e9, r"Gi?B(?![A-Za-z])|기가바이트|gigabytes?(?![A-Za-z])"),
    ("bytes", 1e12, r"Ti?B(?![A-Za-z])|테라바이트|terabytes?(?![A-Za-z])"),
    ("rate", 1, r"fps(?![A-Za-z])|FPS(?![A-Za-z])|frames per second|프레임(?:/초|\s?속도)|Hz(?![A-Za-z])|헤르츠"),
    ("rate", 1e3, r"kHz(?![A-Za-z])"),
    ("money", 1, r"달러|USD(?![A-Za-z])|dollars?(?![A-Za-z])"),
    ("money", 0.01, r"cents?(?![A-Za-z])|센트"),
    ("degrees", 1, r"degrees?(?![A-Za-z])|°|도(?![가-힣])"),
    ("shots", 1, r"shots?(?![A-Za-z])|샷"),
    (
        "count",
        1,
        r"(?:여\s?)?(?:개(?![월인발선념])|가지|종류|종(?!합|속|료)|명|장(?!기|면|점)|쌍|편|건(?!의)|회|번(?!째)|차례|단계)",
    ),
)
UNIT = re.compile(
    r"(?:\s|-|\s-\s)?(?:" + "|".join(f"(?P<u{at}>{words})" for at, (_, _, words) in enumerate(_UNITS)) + ")"
)
MONEY_BEFORE = re.compile(r"(?:\\?\$|US\$|USD)\s?$")
RATE_BEFORE = re.compile(r"초당\s?(?:약\s?)?$")

# After a number of any unit: "10% 이상", "100여 개", "100+".
_AT_LEAST = re.compile(r"\s?\S{0,6}?\s?(?:이상|넘는|초과)|\s?여\s?개|\+")
_OVER = re.compile(
    r"(?:over|more than|at least|exceed(?:s|ing)?|above|beyond|>)\s?\$?$|최소(?:\s?한)?\s?$", re.IGNORECASE
)
_AT_MOST = re.compile(r"\s?\S{0,6}?\s?(?:미만|이하|이내)")
_BELOW = re.compile(r"(?:under|below|less than|fewer than|within|<)\s?\$?$", re.IGNORECASE)
_UP_TO = re.compile(r"(?:up to|at most)\s?\$?$|최대(?:\s?약)?\s?$", re.IGNORECASE)
_ABOUT = re.compile(
    r"(?:about|around|approximately|roughly|nearly|almost|~|≈|\\sim\$?)\s?\$?$|(?:약|대략|거의|~)\s?$", re.IGNORECASE
)


def unit_of(match: re.Match[str] | None) -> tuple[str, float]:
    """Return the unit that `UNIT` matched, and its factor to the scale of that unit (seconds, bytes ...)."""
    if match is None or match.lastgroup is None:
        return "number", 1.0
    name, factor, _ = _UNITS[int(match.lastgroup[1:])]
    return name, factor


def bound_of(before: str, after: str) -> str:
    """Return the bound that the words around a number set: "", "about", "at least", "at most" or "up to"."""
    if _AT_LEAST.match(after) or _OVER.search(before):
        return "at least"
    if _AT_MOST.match(after) or _BELOW.search(before):
        return "at most"
    if _UP_TO.search(before):
        return "up to"
    return "about" if _ABOUT.search(before) else ""


# What papers of the field count and measure: a concept per line, Korean | English.
_CONCEPTS = """
layer: 레이어|계층|층 | layers?|blocks?
stage: 단계|스테이지 | stages?|phases?
task: 작업|태스크|과제|과업 | tasks?
benchmark: 벤치마크 | benchmarks?
dataset: 데이터셋|데이터 세트 | data ?sets?|corpora|corpus
domain: 도메인|분야|영역 | domains?|areas?|fields?
language: 언어|개 국어 | languages?
image: 이미지|사진|그림 | images?|pictures?|photos?
video: 비디오|동영상|영상 | videos?|clips?
token: 토큰 | tokens?
parameter: 파라미터|매개변수|모수 | parameters?|params?
sample: 샘플|인스턴스|사례|예시|표본|데이터 포인트|예제 | samples?|instances?|examples?|data points?|cases
question: 질문|문제|문항|질의 | questions?|problems?|quer(?:y|ies)
pair: 쌍|페어 | pairs?
dialogue: 대화 | dialogues?|conversations?
document: 문서|논문 | documents?|papers?|articles?
box: 바운딩 박스|박스 | (?:bounding )?box(?:es)?
trajectory: 궤적|경로 | trajector(?:y|ies)
hour: 시간 | hours?
gpu: GPU|장치 | GPUs?|A100s?|H100s?|devices?
agent: 에이전트 | agents?
category: 카테고리|범주|유형|종류|클래스|패러다임 | categor(?:y|ies)|types?|classes|class|kinds?|paradigms?
metric: 지표|메트릭|척도 | metrics?|measures?|indicators?
model: 모델|LLM | models?|LLMs?|MLLMs?|LVLMs?|VLMs?
word: 단어 | words?
user: 사용자|참가자|참여자|전문가|사람|연구자 | users?|participants?|humans?|experts?|people|annotators?
preference: 선호 | preferences?|comparisons?
accuracy: 정확도|정확률 | accurac(?:y|ies)
speed: 속도|빠른|빠르|가속|빨라 | speed|faster|speed-?ups?|acceleration|accelerat\\w+|latency
memory: 메모리|저장 | memory|storage|VRAM
cost: 비용|가격 | costs?|prices?
context: 컨텍스트|문맥|길이 | contexts?|lengths?|windows?
reduction: 감소|절감|줄|단축|압축 | reduc\\w+|decreas\\w+|sav\\w+|fewer|lower|cut\\w*|compress\\w+|smaller
gain: 향상|개선|증가|상승|높|우수 | improv\\w+|gains?|increas\\w+|higher|boost\\w*|outperform\\w+|surpass\\w*|better
error: 오류|오차|에러 | errors?
""".strip().splitlines()
_CONCEPT = re.compile(
    "|".join(
        f"(?P<{name}>{korean.strip()}|(?<![A-Za-z])(?:{english.strip()})(?![A-Za-z]))"
        for name, _, words in (line.partition(": ") for line in _CONCEPTS)
        for korean, _, english in (words.replace("\\\\", "\\").partition(" | "),)
    ),
    re.IGNORECASE,
)


def find_concepts(text: str) -> list[str]:
    """Return the concepts that a text names, in order: "parameter", "task" ..."""
    return [match.lastgroup for match in _CONCEPT.finditer(text) if match.lastgroup]
