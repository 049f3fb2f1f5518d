"""Sentence segmentation: ordered spans without bullets and surrounding white space."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun.index.analysis.sentences import fast_sentences, sentences

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


def quotes(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize("splitter", [sentences, fast_sentences])
@given(text=TEXTS)
def test_spans_are_ordered_and_tight(splitter: Callable[[str], Iterable[tuple[int, int]]], text: str) -> None:
    spans = list(splitter(text))
    assert all(0 <= start < end <= len(text) for start, end in spans)
    assert all(left[1] <= right[0] for left, right in pairwise(spans))
    texts = [text[start:end] for start, end in spans]
    assert all(sentence == sentence.strip() and "\n" not in sentence for sentence in texts)
    assert all(any(letter.isalnum() for letter in sentence) for sentence in texts)


@pytest.mark.parametrize("splitter", [sentences, fast_sentences])
@given(text=TEXTS)
def test_every_letter_is_in_a_sentence(splitter: Callable[[str], Iterable[tuple[int, int]]], text: str) -> None:
    covered = {at for start, end in splitter(text) for at in range(start, end)}
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
def test_splits_sentences(text: str, expected: list[str]) -> None:
    assert quotes(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("모델은 빠르다. 성능도 좋다.", ["모델은 빠르다.", "성능도 좋다."]),
        ("BLEU 28.4를 얻었다. GPT-4.1보다 높다.", ["BLEU 28.4를 얻었다.", "GPT-4.1보다 높다."]),
        ("저자는 “빠르다. 좋다.” 라고 썼다. 끝.", ["저자는 “빠르다. 좋다.” 라고 썼다.", "끝."]),
        ("It isn't done. Don't stop.", ["It isn't done.", "Don't stop."]),
        ("**끝났다.** 다음(그림 1.) 문장", ["**끝났다.**", "다음(그림 1.)", "문장"]),
        ("- 첫째\n  - 둘째\n---\n", ["- 첫째", "- 둘째"]),
        ("가" * 1_500, ["가" * 600, "가" * 600, "가" * 300]),
        ("", []),
    ],
)
def test_cuts_at_punctuation(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in fast_sentences(text)] == expected
