"""Quotations without Markdown, and the choice between them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun.api.answers.extractive.selection import alike, choose, distinct, shortlist
from nonmun.api.answers.quotations import Quotation, cite
from nonmun.api.answers.rendering.markdown import undecorated
from nonmun.api.answers.rendering.messages import WARNINGS, is_own_words, lead, mark, notice, trust_note
from nonmun.index.domain.hits import Evidence


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("**성능 향상:** 8% 올랐습니다.", "성능 향상: 8% 올랐습니다."),
        ("*기울임*과 ***둘 다***", "기울임과 둘 다"),
        ("`pip install`로 설치", "pip install로 설치"),
        ("[코드](https://example.org/a_(b))를 공개", "코드를 공개"),
        ("![그림](a.png) 아래", "그림 아래"),
        ("## 결과\n- 첫째\n- 둘째", "결과 첫째 둘째"),
        ("> 인용문입니다", "인용문입니다"),
        ("1. 첫 항목", "첫 항목"),
        ("__강조__와 snake_case_name", "강조와 snake_case_name"),
        ("2 * 3 * 4 = 24", "2 * 3 * 4 = 24"),
        ("16*16*3 크기의 조각", "16*16*3 크기의 조각"),
        ("2**10 또는 2**20", "2**10 또는 2**20"),
        ("앞의 반쪽** 강조", "앞의 반쪽 강조"),
        ("**반쪽 강조", "반쪽 강조"),
        ("A [1] and [2505.09264] stay", "A [1] and [2505.09264] stay"),
        ("$x_1 + x_2$ and f(x)", "$x_1 + x_2$ and f(x)"),
        ("줄이\n바뀌어도   한 줄", "줄이 바뀌어도 한 줄"),
        ("C# and F# #1", "C# and F# #1"),
    ],
)
def test_undecorated(text: str, shown: str) -> None:
    assert undecorated(text) == shown


@given(st.text(alphabet="가나다 ab1*_`[]()#>-\n.!:/", max_size=80))
def test_nothing_is_added_and_no_letter_outside_links_is_lost(text: str) -> None:
    shown = undecorated(text)
    assert "\n" not in shown
    assert shown == shown.strip()
    left = iter(text)
    assert all(letter in left for letter in shown.replace(" ", ""))  # a subsequence
    if "](" not in text and "```" not in text:
        kept = [letter for letter in text if letter.isalpha()]
        assert [letter for letter in shown if letter.isalpha()] == kept


def quoted(text: str, *, score: float = 0.5, rank: int = 0) -> Quotation:
    evidence = Evidence(f"2505.00001:abstract:abstract:{rank}", "abstract", "abstract", "en", text, score)
    return Quotation(cite("2505.00001", evidence, 0, len(text)), "en", rank, "abstract", score)


FIRST = quoted("The cat walks slowly on the wall of the garden.")
AGAIN = quoted("The cat walks slowly on the wall of a garden.", rank=1)
OTHER = quoted("A dog runs through the park with a ball.", rank=2)
FAR = quoted("Nothing of all this is true of fish.", rank=3)


def test_marginal_relevance_prefers_what_is_new() -> None:
    assert choose([FIRST, AGAIN, OTHER, FAR], [1.0, 0.99, 0.8, 0.2], 2) == [FIRST, OTHER]
    assert choose([FIRST, OTHER], [0.5, 1.0], 1) == [OTHER]
    assert choose([FIRST, AGAIN], [1.0, 1.0], 2) == [FIRST]
    assert choose([], [], 3) == []


def test_chosen_sentences_come_in_reading_order() -> None:
    assert choose([FIRST, OTHER], [0.9, 1.0], 2) == [FIRST, OTHER]


def test_the_same_label_is_the_same_point() -> None:
    one, other = quoted("Data: too few images of trains."), quoted("Data: nobody checked the labels.", rank=1)
    assert alike(one.citation.quote, other.citation.quote) == 1.0
    assert distinct([one, other], 2) == [one]


def test_sentences_that_lean_on_others_come_last() -> None:
    leaning = quoted("This improves the result by far.")
    assert leaning.leans
    assert not quoted("This paper improves the result by far.").leans
    assert distinct([leaning, OTHER], 1) == [OTHER]
    assert choose([leaning, OTHER], [1.0, 0.95], 1) == [OTHER]
    assert choose([leaning, OTHER], [1.0, 0.5], 1) == [leaning]


def test_the_shortlist_goes_by_words_and_chunks() -> None:
    weights = {"dog": 2.0, "park": 1.0}
    assert shortlist([FIRST, OTHER, FAR], weights, 1) == [OTHER]
    near = quoted("Fish swim in the deep sea.", score=2.0, rank=4)
    assert shortlist([FIRST, OTHER, near], weights, 1) == [near]
    korean = quoted("강아지가 공원을 달린다.", rank=5)
    assert shortlist([FIRST, korean], {"달리다": 1.0, "강아지": 1.0}, 1) == [korean]


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_own_words_are_known_and_nothing_else(lang) -> None:
    papers = ["2505.09264", "math.GT/0309136"]
    for shape in ("list", "explain", "section", "no_section", "compare", "figure", "digest", "window", "window_part"):
        assert is_own_words(lead(lang, shape))
        assert not is_own_words(f"{lead(lang, shape)} 그리고 모두 풉니다.")
    for reason in ("unknown_paper", "no_text", "only_untrusted", "nothing_relevant"):
        assert is_own_words(notice(lang, reason, papers))
    for code in ("invented", "contradicted", "disagree"):
        assert is_own_words(trust_note(lang, code, papers))
        assert not is_own_words(trust_note(lang, code, ["이 방법은 모든 문제를 풉니다"]))
        assert mark(lang, code) in WARNINGS or not mark(lang, code)
