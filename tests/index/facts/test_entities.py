from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun.index.facts.entities import entity_keys, find_entities, is_misspelling, word_keys
from nonmun.ingest.trust.consistency.claims import check_names


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
        ("VLM-R^3, VLM-R$^3$, VLM-R^{3}, VLM-R³, VLM-R3", {"vlmr3"}),
        (r"66.3 %rightarrow73.4 %, AR\leftrightarrow EN", {"ar", "en"}),
    ],
)
def test_entity_keys(text: str, expected: set[str]) -> None:
    assert entity_keys(text) == expected


def test_word_keys_include_the_parts_of_a_name() -> None:
    assert {"tidenetlarge", "tidenet", "large"} <= word_keys("TideNet-Large")


@pytest.mark.parametrize(
    ("name", "own", "expected"),
    [
        ("TideNet3", "TideNet2", True),
        ("TideNett", "TideNet", True),
        ("TidNet", "TideNet", False),
        ("HarborSaerch", "HarborSearch", True),
        ("Harbor", "Orchard", False),
        ("GPT4", "GPT3", False),
        ("TideNet", "TideNet", False),
        ("VLM-R", "VLM-R^3", False),
        ("VLM-R^3", "VLM-R", False),
        ("VLM-R3", "VLM-R$^{3}$", False),
        ("VLM-R^2", "VLM-R³", True),
    ],
)
def test_misspellings(name: str, own: str, *, expected: bool) -> None:
    (entity,), (own_entity,) = find_entities(f"{name}는"), find_entities(f"{own}는")
    assert is_misspelling(entity, own_entity) is expected


def test_outcomes_of_name_claims() -> None:
    title, abstract = "TideNet2: Reading Waves", "We test TideNet2 on HarborBench."
    text = "TideNet3를 HarborBench와 QuayBench에서 평가했다."
    assert [(claim.outcome, text[claim.start : claim.end]) for claim in check_names(text, title, abstract)] == [
        ("contradicted", "TideNet3"),
        ("supported", "HarborBench"),
        ("not_checkable", "QuayBench"),
    ]


@pytest.mark.parametrize("own", ["VLM-R^3", "VLM-R$^3$", "VLM-R³"])
@pytest.mark.parametrize("name", ["VLM-R", "VLM-R^3", "VLM-R3"])
def test_a_name_agrees_without_its_superscript(name: str, own: str) -> None:
    (claim,) = check_names(f"{name}는 영역을 다시 본다.", f"{own}: Region Recognition", f"We propose {own}.")
    assert claim.outcome == "supported"


def test_another_version_next_to_the_own_is_no_contradiction() -> None:
    claims = list(check_names("TideNet2는 TideNet1보다 낫다.", "TideNet2: Reading Waves", "We present TideNet2."))
    assert [claim.outcome for claim in claims] == ["supported", "not_checkable"]


@given(st.text(max_size=80))
def test_spans_are_within_the_text(text: str) -> None:
    for name in find_entities(text):
        assert 0 <= name.start < name.end <= len(text)
        assert name.key
