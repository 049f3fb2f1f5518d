"""Sentence spans: in order, of the text itself, no bullet and no white space around them."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun.index.analysis.sentences import sentences

TEXTS = st.one_of(
    st.text(max_size=200),
    st.lists(
        st.sampled_from(
            [
                "모델은 빠르다.",
                " It is fast. ",
                "\n",
                "- ",
                "1. ",
                "• ",
                "😀",
                "Dr. Kim et al. (2020) ",
                "\t",
                "하며 ",
                "…",
                "\r\n",
            ]
        ),
        max_size=25,
    ).map("".join),
)


def pieces(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@given(TEXTS)
def test_spans_are_ordered_and_tight(text: str) -> None:
    spans = sentences(text)
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(left[1] <= right[0] for left, right in pairwise(spans))
    assert all(piece == piece.strip() and "\n" not in piece for piece in pieces(text))
    assert all(any(letter.isalnum() for letter in piece) for piece in pieces(text))


@given(TEXTS)
def test_no_letter_is_lost(text: str) -> None:
    covered = {at for start, end in sentences(text) for at in range(start, end)}
    assert all(at in covered for at, letter in enumerate(text) if letter.isalpha())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("모델은 빠르다. 성능도 좋다.", ["모델은 빠르다.", "성능도 좋다."]),
        ("BLEU 28.4를 얻었다. GPT-4.1보다 높다.", ["BLEU 28.4를 얻었다.", "GPT-4.1보다 높다."]),
        ("It works. It is fast.", ["It works.", "It is fast."]),
        (
            "As shown in Fig. 3, it works. See Kim et al. for more.",
            ["As shown in Fig. 3, it works.", "See Kim et al. for more."],
        ),
        ("- 첫째\n  - 둘째\n1. 셋째\n2) 넷째", ["첫째", "둘째", "셋째", "넷째"]),
        ("- **이름**: 뜻이다.", ["**이름**: 뜻이다."]),
        ("😀 좋습니다. 😀 그렇습니다.", ["😀 좋습니다.", "😀 그렇습니다."]),
        ("---\n***\n\n끝", ["끝"]),
        ("하나\r\n둘\r\n", ["하나", "둘"]),
        ("", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert pieces(text) == expected
