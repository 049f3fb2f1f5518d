from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun.index.facts.entities import keys, misspelled, names, words
from nonmun.ingest.trust.consistency.claims import name_claims


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("**TideNet2**는 GPT-4o's보다", {"tidenet2", "gpt4o"}),
        ("ImageNet-1K와 COCO에서", {"imagenet1k", "coco"}),
        ("Orchard를 제안한다", {"orchard"}),
        ("Orchard is a method", set()),
        ("대형 언어 모델(LLMs)과 GPU", set()),
        ("https://example.org/TideNet", set()),
        ("12345 67", set()),
    ],
)
def test_names(text: str, expected: set[str]) -> None:
    assert keys(text) == expected


def test_words_hold_the_parts_of_a_name() -> None:
    assert {"tidenetlarge", "tidenet", "large"} <= words("TideNet-Large")


@pytest.mark.parametrize(
    ("name", "own", "expected"),
    [
        ("tidenet3", "tidenet2", True),
        ("tidenett", "tidenet", True),
        ("tidnet", "tidenet", False),
        ("harborsaerch", "harborsearch", True),
        ("harbor", "orchard", False),
        ("gpt4", "gpt3", False),
        ("tidenet", "tidenet", False),
    ],
)
def test_misspelled(name: str, own: str, *, expected: bool) -> None:
    assert misspelled(name, own) is expected


def test_three_outcomes() -> None:
    title, abstract = "TideNet2: Reading Waves", "We test TideNet2 on HarborBench."
    text = "TideNet3를 HarborBench와 QuayBench에서 평가했다."
    assert [(claim.outcome, text[claim.start : claim.end]) for claim in name_claims(text, title, abstract)] == [
        ("contradicted", "TideNet3"),
        ("supported", "HarborBench"),
        ("not_checkable", "QuayBench"),
    ]


def test_another_version_beside_the_own_is_no_mistake() -> None:
    claims = list(name_claims("TideNet2는 TideNet1보다 낫다.", "TideNet2: Reading Waves", "We present TideNet2."))
    assert [claim.outcome for claim in claims] == ["supported", "not_checkable"]


@given(st.text(max_size=80))
def test_spans_lie_in_the_text(text: str) -> None:
    for name in names(text):
        assert 0 <= name.start < name.end <= len(text)
        assert name.key
