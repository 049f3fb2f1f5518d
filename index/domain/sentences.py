"""Sentences of chunks: the unit that an answer quotes, and the passage that its vector is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .chunks import Chunk
from .papers import text_hash

SECTION_GLOSSES: Mapping[str, str] = {
    "abstract": "초록 abstract",
    "motivation": "동기 배경 문제 이유 motivation background problem",
    "contributions": "기여 제안 핵심 방법 contribution proposed method",
    "architecture": "구조 학습 방법 방식 architecture training method",
    "experiments": "실험 데이터셋 벤치마크 평가 지표 experiments datasets benchmarks metrics",
    "results": "결과 성능 향상 results performance improvement",
    "limitations": "한계 단점 약점 limitations weaknesses drawbacks",
    "future_work": "후속 연구 향후 과제 계획 future work next steps",
}
"""Each section in both languages: a part of the passages of its sentences, which seldom name their section."""
_MARKUP = str.maketrans("", "", '*"')


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of a chunk.

    Attributes:
        start, end: offsets into the chunk's text, in code points.
        terms: distinct index terms, separated by spaces.
        passage_hash: hash of its passage, which is the key of its vector.
    """

    start: int
    end: int
    terms: str
    passage_hash: str


def sentence_passage(chunk: Chunk, start: int, end: int) -> str:
    """Return the text that is embedded for `chunk.text[start:end]`: title, section in both languages, and sentence."""
    title = chunk.context.partition(" | ")[0]
    sentence = " ".join(chunk.text[start:end].translate(_MARKUP).split())
    return " / ".join(part for part in (title, SECTION_GLOSSES.get(chunk.section, ""), sentence) if part)


def sentence_hash(chunk: Chunk, start: int, end: int) -> str:
    """Return the key of the vector of `chunk.text[start:end]`."""
    return text_hash(sentence_passage(chunk, start, end))
