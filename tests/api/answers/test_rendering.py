"""Rendering of answers: Markdown removal and boilerplate messages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun.api.answers.markdown import strip_markdown
from nonmun.api.answers.rendering.messages import SOURCE_NOTES, is_boilerplate, lead, notice, source_note, trust_notes
from nonmun.index.domain.papers import Language


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
def test_strips_markdown(text: str, shown: str) -> None:
    assert strip_markdown(text) == shown


@given(st.text(alphabet="가나다 ab1*_`[]()#>-\n.!:/", max_size=80))
def test_stripping_adds_nothing_and_loses_no_letter_outside_links(text: str) -> None:
    shown = strip_markdown(text)
    assert "\n" not in shown
    assert shown == shown.strip()
    left = iter(text)
    assert all(letter in left for letter in shown.replace(" ", ""))  # a subsequence
    if "](" not in text and "```" not in text:
        kept = [letter for letter in text if letter.isalpha()]
        assert [letter for letter in shown if letter.isalpha()] == kept


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_recognizes_boilerplate_and_nothing_else(lang: Language) -> None:
    papers = ["2505.09264", "math.GT/0309136"]
    for name in ("list", "explain", "section", "no_section", "compare", "figure", "digest", "window", "window_part"):
        assert is_boilerplate(lead(lang, name))
        assert not is_boilerplate(f"{lead(lang, name)} 그리고 모두 풉니다.")
    for reason in ("unknown_paper", "no_text", "only_untrusted", "nothing_relevant"):
        assert is_boilerplate(notice(lang, reason, papers))
    for code in ("invented", "contradicted", "disagree"):
        (note,) = trust_notes(lang, [(code, paper) for paper in papers])
        assert is_boilerplate(note)
        (other,) = trust_notes(lang, [(code, "이 방법은 모든 문제를 풉니다")])
        assert not is_boilerplate(other)
        assert source_note(lang, code) in SOURCE_NOTES or not source_note(lang, code)
