from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun.index.facts.agreement import agrees, is_unit_error
from nonmun.index.facts.quantities import Quantity, find_quantities


def values(text: str) -> list[tuple[float, str]]:
    return [(figure.value, figure.unit) for figure in find_quantities(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,500만 개의 문장", [(15e6, "count")]),
        ("3억 2천만 건", [(3.2e8, "count")]),
        ("32만 5,800개의 표본", [(325_800, "count")]),
        ("1조 2천억 토큰", [(1.2e12, "count")]),
        ("5백만 장", [(5e6, "count")]),
        ("1만 5천 명", [(15_000, "count")]),
        ("15M sentences", [(15e6, "count")]),
        ("15 million sentences", [(15e6, "count")]),
        ("1.2T tokens", [(1.2e12, "count")]),
        ("a 72B model", [(72e9, "count")]),
        ("128K tokens", [(128e3, "count")]),
        ("여덟 가지 과제", [(8, "count")]),
        ("eight tasks", [(8, "count")]),
        ("twenty-three languages", [(23, "count")]),
        ("two hundred images", [(200, "count")]),
        ("12.5% 향상", [(12.5, "percent")]),
        (r"12.5\% better", [(12.5, "percent")]),
        ("12.5 percent", [(12.5, "percent")]),
        ("3.1%p 상승", [(3.1, "points")]),
        ("3.1 percentage points", [(3.1, "points")]),
        ("41.7점을 얻었다", [(41.7, "points")]),
        ("nearly 5 absolute points", [(5, "points")]),
        ("4배 빠르다", [(4, "times")]),
        ("4x faster", [(4, "times")]),
        (r"$4\times$ faster", [(4, "times")]),
        ("두 배", [(2, "times")]),
        ("2.5시간", [(9000, "seconds")]),
        ("150 minutes", [(9000, "seconds")]),
        ("30ms", [(0.03, "seconds")]),
        ("4비트 양자화", [(4, "bits")]),
        ("4-bit quantization", [(4, "bits")]),
        ("24GB", [(24e9, "bytes")]),
        ("30 FPS의 속도", [(30, "rate")]),
        ("초당 30 프레임", [(30, "rate")]),
        ("$7 a run", [(7, "money")]),
        ("7달러", [(7, "money")]),
        ("5-shot", [(5, "shots")]),
        ("3~5배", [(3, "times"), (5, "times")]),
        ("10-20%", [(10, "percent"), (20, "percent")]),
        ("0.5 to 30 billion parameters", [(5e8, "count"), (3e10, "count")]),
        ("손실이 0.417이다", [(0.417, "number")]),
        ("66.3 %rightarrow73.4 % on", [(66.3, "percent"), (73.4, "percent")]),
        (r"66.3\%\rightarrow73.4\%", [(66.3, "percent"), (73.4, "percent")]),
        (r"$5.7\%\to25.4\%$", [(5.7, "percent"), (25.4, "percent")]),
        ("GenEval (0.73rightarrow0.90)", [(0.73, "number"), (0.9, "number")]),
    ],
)
def test_quantities(text: str, expected: list[tuple[float, str]]) -> None:
    figures = values(text)
    assert [unit for _, unit in figures] == [unit for _, unit in expected]
    assert [value for value, _ in figures] == pytest.approx([value for value, _ in expected])


@pytest.mark.parametrize(
    "text",
    [
        "GPT-4와 LLaMA-3.1-8B",
        "Gemini 2.5 Pro",
        "Mistral 7B",
        "RTX 5090",
        "2024년 5월 16일",
        "in 2024",
        "May 16, 2025",
        "2025-05-16",
        "arXiv:2505.01234v2",
        "https://example.org/3/14",
        "v2.0",
        "Figure 3",
        "(1) first, 2) second",
        "1단계: 수집",
        "3번째 실험",
        "the 2nd run",
        "3D 장면",
        "1×1 합성곱",
        "pass@1",
        "one of the models",
        "9" * 60,
    ],
)
def test_numerals_that_count_nothing(text: str) -> None:
    assert find_quantities(text) == []


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("10% 이상", "at least"),
        ("over 10%", "at least"),
        ("100여 개", "at least"),
        ("약 10%", "about"),
        ("roughly 10%", "about"),
        ("10% 미만", "at most"),
        ("less than 10%", "at most"),
        ("최대 10%", "up to"),
        ("up to 10%", "up to"),
        ("10%", ""),
    ],
)
def test_bounds(text: str, bound: str) -> None:
    assert [figure.bound for figure in find_quantities(text)] == [bound]


def test_counted_concepts() -> None:
    tasks, samples = find_quantities("40개의 과제와 9천 개의 표본")
    assert (tasks.concepts, samples.concepts) == ({"task"}, {"sample"})
    assert find_quantities("레이어 24개를")[0].concepts == find_quantities("24 layers")[0].concepts == {"layer"}


def quantity(text: str) -> Quantity:
    (figure,) = find_quantities(text)
    return figure


@pytest.mark.parametrize(
    ("claim", "stated"),
    [
        ("1,500만 개", "15M samples"),
        ("72B", "72 billion"),
        ("8개", "eight"),
        ("28.83점", "28.83"),
        ("10% 이상", "over 10%"),
        ("41.7%", "41.68%"),
        ("32만 개 이상", "over 325,876 samples"),
        ("3배", "3x"),
        ("90분", "1.5 hours"),
        ("두 단계", "two-stage"),
    ],
)
def test_same_figures_in_other_notations_agree(claim: str, stated: str) -> None:
    assert agrees(quantity(claim), quantity(f"of {stated} it"))


@pytest.mark.parametrize(
    ("claim", "stated"),
    [("1.6억 개", "1.6 billion"), ("28.93점", "28.83"), ("41.8%", "41.68%"), ("30%", "31%"), ("3배", "3%")],
)
def test_other_figures_disagree(claim: str, stated: str) -> None:
    assert not agrees(quantity(claim), quantity(f"of {stated} it"))


def test_unit_error() -> None:
    assert is_unit_error(quantity("7.5%"), quantity("7.5 points"))
    assert is_unit_error(quantity("7.5배"), quantity("7.5%"))
    assert not is_unit_error(quantity("7개"), quantity("7%"))


@given(st.integers(1, 10**9), st.sampled_from(["개", " samples", "%", "점", "배", "비트", " hours"]))
def test_round_trip_of_numbers(value: int, unit: str) -> None:
    (figure,) = find_quantities(f"모두 {value:,}{unit} 있다")
    scale = 3600 if unit == " hours" else 1
    assert figure.value == value * scale


@given(st.integers(1, 9999), st.sampled_from([("만", 1e4), ("억", 1e8), ("조", 1e12), ("M", 1e6), ("B", 1e9)]))
def test_round_trip_of_scales(value: int, scale: tuple[str, float]) -> None:
    (figure,) = find_quantities(f"모두 {value}{scale[0]} 개다")
    assert figure.value == value * scale[1]


PIECES = st.lists(
    st.one_of(
        st.text(max_size=8),
        st.sampled_from(
            "1 2,000 3.5 만 억 천 개 % %p 배 $ -~ to x × \n million B three 여덟 이상 over ( ) . 년 GPT-".split(" ")
        ),
    ),
    max_size=30,
).map("".join)


@given(PIECES)
def test_any_text_is_accepted(text: str) -> None:
    ends = [0]
    for figure in find_quantities(text):
        assert ends[-1] <= figure.start < figure.end <= len(text)
        assert figure.value >= 0
        ends.append(figure.start)


@pytest.mark.parametrize("piece", ["9", "1 ", "1만 ", "1,", "1.", "3~", "three ", "두 개 ", "$", "1 to ", "천", "-1"])
def test_long_texts_are_parsed_quickly(piece: str) -> None:
    started = time.process_time()
    find_quantities(piece * (40_000 // len(piece)))
    assert time.process_time() - started < 5
