"""The lexicon as a value: lookup, reliability, JSON."""

from __future__ import annotations

import json

import pytest

from nonmun.index.lexicon.lexicon import Lexicon, Translation, TranslationTable

TABLE: TranslationTable = {
    "이상 탐지": (Translation("anomali", 1.0, 4, 9.0),),
    "탐지": (Translation("detect", 0.75, 3, 8.0), Translation("find", 0.25, 2, 7.0)),
}
LEXICON = Lexicon(30, TABLE, {"detect": (Translation("탐지", 1.0, 3, 8.0),)})


def test_translates_terms_and_bigrams() -> None:
    assert LEXICON.translate(["이상", "탐지", "detect", "none"]) == {
        "이상": (),
        "탐지": TABLE["탐지"],
        "detect": LEXICON.to_korean["detect"],
        "none": (),
        "이상 탐지": TABLE["이상 탐지"],
    }
    assert LEXICON.translate([]) == {}


def test_reliability_rises_with_the_number_of_papers() -> None:
    reliabilities = [Lexicon(count, {}, {}).reliability for count in (0, 20, 60, 350, 4_000)]
    assert reliabilities[0] == 0
    assert reliabilities[2] == 0.5
    assert reliabilities == sorted(reliabilities)
    assert reliabilities[-1] < 1


@pytest.mark.parametrize(
    "lexicon",
    [LEXICON, Lexicon(30, {"균형": (Translation("balanc", 1.0, 0, 0.0, True),)}, {}), Lexicon(0, {}, {})],
)
def test_json_round_trip(lexicon: Lexicon) -> None:
    assert Lexicon.from_json(json.loads(json.dumps(lexicon.as_json(), ensure_ascii=False))) == lexicon


def test_a_lexicon_without_translations_is_false() -> None:
    assert LEXICON
    assert not Lexicon(30, {}, {})
