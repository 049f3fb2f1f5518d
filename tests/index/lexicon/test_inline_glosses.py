"""Inline glosses: the English that Korean texts give in parentheses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun.index.analysis.language import has_hangul
from nonmun.index.lexicon.inline_glosses import find_glosses


@pytest.mark.parametrize(
    ("text", "glosses"),
    [
        ("강화 학습(reinforcement learning)으로 푼다", [("강화 학습", "reinforcement learning")]),
        ("이 논문은 강화 학습 (RL)을 쓴다", [("논문은 강화 학습", "RL")]),
        ("- **검색 증강 생성(RAG)**: 문서를 찾는다", [("**검색 증강 생성", "RAG")]),
        (
            "끝났다. 새 방법을 제안함(we propose a new method that is much faster than others)",
            [("새 방법을 제안함", "we propose a new method that is much faster than others")],
        ),
        ("먼저 부호화(encoding)하고 복호화(decoding)한다", [("먼저 부호화", "encoding"), ("하고 복호화", "decoding")]),
        ("정확도(92.3%)와 그림 (3)", []),
        ("괄호 안에 한글(글 안에 word)", []),
        ("English words (with more of them)", []),
        ("(paper) 제목", []),
        ("줄이 바뀌면\n(paper)", []),
    ],
)
def test_finds_glosses(text: str, glosses: list[tuple[str, str]]) -> None:
    assert list(find_glosses(text)) == glosses


@given(st.text("가나 ab().\n", max_size=80) | st.text(max_size=80))
def test_glosses_of_any_text_pair_hangul_with_latin(text: str) -> None:
    for korean, english in find_glosses(text):
        assert has_hangul(korean)
        assert not has_hangul(english)
        assert f"({english}" in text or english in text


def test_reads_many_parentheses_in_linear_time() -> None:
    assert list(find_glosses("(" * 200_000)) == []
    assert len(list(find_glosses("가 (ab)" * 20_000))) == 20_000
