"""The lexicon: its statistics against scipy's, planted translations found again, and the same whoever runs it."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterator, Sequence

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import chi2_contingency

from nonmun.index.analysis.compounds import with_bigrams
from nonmun.index.analysis.language import has_hangul
from nonmun.index.lexicon.alignment import (
    MAX_PAIRS,
    MIN_PAIRS,
    ParallelText,
    associate,
    learn_lexicon,
    log_likelihood_ratio,
    translation_probabilities,
)
from nonmun.index.lexicon.lexicon import Lexicon, Translation, TranslationTable

KOREAN = [f"말{at}" for at in range(40)]
ENGLISH = [f"word{at}" for at in range(40)]


def pair(korean: str, english: str) -> ParallelText:
    return ParallelText(frozenset(korean.split()), frozenset(english.split()))


def planted(papers: int = 60, seed: int = 1, noise: int = 6) -> list[ParallelText]:
    """Papers in which term i of one language goes with term i of the other, among words that go with nothing."""
    rng = random.Random(seed)
    made: list[ParallelText] = []
    for _ in range(papers):
        about = rng.sample(range(len(KOREAN)), 8)
        korean = {KOREAN[at] for at in about} | {f"잡음{rng.randrange(300)}" for _ in range(noise)} | {"방법"}
        english = {ENGLISH[at] for at in about} | {f"noise{rng.randrange(300)}" for _ in range(noise)} | {"method"}
        made.append(ParallelText(frozenset(korean), frozenset(english)))
    return made


def tables(lexicon: Lexicon) -> Iterator[tuple[str, tuple[Translation, ...]]]:
    yield from lexicon.to_english.items()
    yield from lexicon.to_korean.items()


def seen(pairs: Sequence[ParallelText], korean: str, english: str) -> list[list[int]]:
    """Papers with both, with one, with the other, with none."""
    with_korean = [korean in one.korean for one in pairs]
    with_english = [english in one.english for one in pairs]
    table = [[0, 0], [0, 0]]
    for one, other in zip(with_korean, with_english, strict=True):
        table[not one][not other] += 1
    return table


# --- the statistics


@pytest.mark.parametrize(
    ("together", "korean", "english", "n", "expected"),
    [
        # By hand: 2 * sum of observed * ln(observed / expected).
        (10, 10, 10, 20, 27.7259),  # 2 * (10 ln 2 + 10 ln 2)
        (5, 10, 10, 20, 0.0),  # as chance has it
        (3, 3, 3, 40, 21.3108),  # 2 * (3 ln(40/3) + 37 ln(40/37))
        (2, 4, 2, 8, 3.4522),  # 2 * (2 ln 2 + 2 ln(2/3) + 4 ln(4/3))
        (20, 20, 20, 20, 0.0),  # in every paper: says nothing
    ],
)  # fmt: skip
def test_log_likelihood_by_hand(together: int, korean: int, english: int, n: int, expected: float) -> None:
    found = log_likelihood_ratio(np.array([together]), korean, np.array([english]), n)
    assert found[0] == pytest.approx(expected, abs=1e-3)


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 300), st.integers(0, 4_000))
def test_log_likelihood_is_scipys(both: int, only_korean: int, only_english: int, neither: int) -> None:
    table = np.array([[both, only_korean], [only_english, neither]])
    assume(table.sum(0).all() and table.sum(1).all())
    korean, english = both + only_korean, np.array([both + only_english])
    found = log_likelihood_ratio(np.array([both]), korean, english, int(table.sum()))
    expected = chi2_contingency(table, lambda_="log-likelihood", correction=False).statistic
    assert found[0] == pytest.approx(expected, abs=1e-6, rel=1e-9)


def test_evidence_is_that_of_the_papers() -> None:
    """Counts and ratios of a whole lexicon, counted again from the papers."""
    pairs = planted()
    lexicon = learn_lexicon(pairs)
    assert len(lexicon.to_english) > 30
    for korean, found in lexicon.to_english.items():
        for one in found:
            table = np.array(seen(pairs, korean, one.term))
            assert one.together == table[0, 0] >= 2
            assert table[0, 0] * table.sum() > table[0].sum() * table[:, 0].sum()  # more often than chance
            expected = chi2_contingency(table, lambda_="log-likelihood", correction=False).statistic
            assert one.llr == pytest.approx(expected, abs=0.006)
            assert one.llr > 6


# --- what is learned


@pytest.mark.parametrize("seed", range(3))
def test_planted_translations_come_first(seed: int) -> None:
    pairs = planted(seed=seed)
    lexicon = learn_lexicon(pairs)
    often = [at for at, term in enumerate(KOREAN) if sum(term in one.korean for one in pairs) >= 4]
    assert len(often) > 35
    for at in often:
        assert lexicon.to_english[KOREAN[at]][0].term == ENGLISH[at]
        assert lexicon.to_korean[ENGLISH[at]][0].term == KOREAN[at]
        assert lexicon.to_english[KOREAN[at]][0].weight > 0.4


def test_words_of_every_paper_translate_to_nothing() -> None:
    lexicon = learn_lexicon(planted())
    assert "방법" not in lexicon.to_english
    assert "method" not in lexicon.to_korean


def test_words_that_avoid_each_other_translate_to_nothing() -> None:
    """Their ratio is high as well: chance would bring them together far more often."""
    pairs = [pair("이미지", "imag vision") for _ in range(30)] + [pair("음성", "speech") for _ in range(30)]
    pairs += [pair("이미지", "speech") for _ in range(2)]
    avoiding = np.array(seen(pairs, "이미지", "speech"))
    assert chi2_contingency(avoiding, lambda_="log-likelihood", correction=False).statistic > 20
    assert {one.term for one in learn_lexicon(pairs).to_english["이미지"]} == {"imag", "vision"}
    found = associate(pairs)
    names = {(found.terms[one], found.terms[other]) for one, other in zip(found.korean, found.english, strict=True)}
    assert names == {("이미지", "imag"), ("이미지", "vision"), ("음성", "speech")}


def companions() -> list[ParallelText]:
    """The first word seldom comes without the second; the papers that hold one alone say which translates which."""
    pairs = [pair("확산 모델", "diffus model") for _ in range(10)]
    pairs += [pair("확산", "diffus") for _ in range(2)]
    pairs += [pair("모델", "model") for _ in range(2)]
    return pairs + [pair(f"딴{at} 것{at % 7}", f"other{at} thing{at % 7}") for at in range(26)]


def test_indirect_associations_are_explained_away() -> None:
    """diffus goes with 모델 as well, by every count, but what it owes to 확산 it does not owe to 모델 again."""
    pairs = companions()
    lexicon = learn_lexicon(pairs)
    assert [one.term for one in lexicon.to_english["모델"]] == ["model"]
    assert [one.term for one in lexicon.to_english["확산"]] == ["diffus"]
    found = associate(pairs)
    names = [(found.terms[one], found.terms[other]) for one, other in zip(found.korean, found.english, strict=True)]
    shares = dict(zip(names, translation_probabilities(found).tolist(), strict=True))
    by_count = dict(zip(names, found.llr.tolist(), strict=True))
    assert by_count["모델", "diffus"] > 0.4 * by_count["모델", "model"]  # enough to be shown, by its count alone
    assert shares["모델", "diffus"] < 0.15 < 0.8 < shares["모델", "model"]


def test_model_one_shares_out_everything() -> None:
    """What it gives is a probability: of a Korean term's English ones they sum to one."""
    found = associate(planted())
    shares = translation_probabilities(found)
    sums = np.bincount(found.korean, shares, minlength=len(found.terms))
    assert np.allclose(sums[np.unique(found.korean)], 1)
    assert shares.min() >= 0


def test_model_one_against_a_slow_one() -> None:
    """Brown et al. 1993, word by word: the null word keeps its small probability, pairs outside the list have none."""
    pairs = companions()
    found = associate(pairs)
    names = [(found.terms[one], found.terms[other]) for one, other in zip(found.korean, found.english, strict=True)]
    llr = dict(zip(names, found.llr.tolist(), strict=True))
    total = {one: sum(score for (other, _), score in llr.items() if other == one) for one, _ in names}
    shares = {(one, other): score / total[one] for (one, other), score in llr.items()}
    for _ in range(5):
        counts = dict.fromkeys(shares, 0.0)
        for paper in pairs:
            for english in paper.english:
                givers = [(one, other) for one, other in names if other == english and one in paper.korean]
                whole = sum(shares[key] for key in givers) + 0.0025
                for key in givers:
                    counts[key] += shares[key] / whole
        total = {one: sum(count for (other, _), count in counts.items() if other == one) for one, _ in names}
        shares = {(one, other): count / total[one] for (one, other), count in counts.items()}
    assert dict(zip(names, translation_probabilities(found).tolist(), strict=True)) == pytest.approx(shares, abs=1e-9)


@pytest.mark.parametrize("pairs", [planted(), planted(40, seed=5, noise=30), companions()])
def test_weights_sum_to_one(pairs: list[ParallelText]) -> None:
    lexicon = learn_lexicon(pairs)
    assert lexicon
    for term, found in tables(lexicon):
        assert 1 <= len(found) <= 8, term
        assert sum(one.weight for one in found) == pytest.approx(1, abs=1e-3)
        assert [one.weight for one in found] == sorted((one.weight for one in found), reverse=True)
        assert found[-1].weight >= 0.4 * found[0].weight - 1e-4


def test_two_words_in_a_row_are_translated_but_never_a_translation() -> None:
    pairs = [pair("", "anomali detect") for _ in range(6)]
    pairs = [ParallelText(frozenset(with_bigrams(["이상", "탐지"])), one.english) for one in pairs]
    pairs += [pair(f"딴{at % 5}", f"other{at % 5}") for at in range(24)]
    lexicon = learn_lexicon(pairs)
    assert {one.term for one in lexicon.to_english["이상 탐지"]} == {"anomali", "detect"}
    assert {one.term for one in lexicon.to_korean["anomali"]} == {"이상", "탐지"}
    for term, found in lexicon.to_korean.items():
        assert not has_hangul(term)
        assert all(" " not in one.term for one in found)


def test_with_bigrams() -> None:
    assert with_bigrams(["이상", "탐지", "모델"]) == ["이상", "탐지", "모델", "이상 탐지", "탐지 모델"]
    assert (with_bigrams(["하나"]), with_bigrams([])) == (["하나"], [])


# --- where there is little or much


@pytest.mark.parametrize(("count", "learns"), [(0, False), (1, False), (MIN_PAIRS - 1, False), (MIN_PAIRS, True)])
def test_too_few_papers_teach_nothing(count: int, learns: bool) -> None:
    lexicon = learn_lexicon([pair("번역", "translat") if at % 2 else pair("음성", "speech") for at in range(count)])
    assert (bool(lexicon), lexicon.pairs) == (learns, count)
    assert bool(lexicon.to_korean) == learns
    assert 0 <= lexicon.reliability < 1


def test_more_papers_are_trusted_more() -> None:
    trusted = [Lexicon(count, {}, {}).reliability for count in (0, 20, 60, 350, 4_000)]
    assert trusted[0] == 0
    assert trusted[2] == 0.5
    assert trusted == sorted(trusted)
    assert trusted[-1] < 1


def test_only_the_newest_count() -> None:
    """What is learned from very many papers costs no more than what is learned from the newest of them."""
    assert MAX_PAIRS == 4_000
    newest = planted(40, seed=2)
    old = [pair("옛말", "oldword") if at % 2 else pair("다른", "differ") for at in range(100)]
    assert learn_lexicon([*old, *newest], max_papers=40) == learn_lexicon(newest)
    assert "옛말" in learn_lexicon([*newest, *old], max_papers=40).to_english
    assert KOREAN[0] not in learn_lexicon([*newest, *old], max_papers=40).to_english


@pytest.mark.parametrize(
    "pairs",
    [
        [pair("번역", "translat")] * 30,  # all the same: nothing is more often than chance
        [pair("", "translat")] * 30,
        [pair("번역", "")] * 30,
        [pair("", "")] * 30,
        [pair(f"말{at}", f"word{at}") for at in range(30)],  # each once
    ],
)
def test_papers_that_teach_nothing(pairs: list[ParallelText]) -> None:
    lexicon = learn_lexicon(pairs)
    assert (bool(lexicon), lexicon.pairs, lexicon.to_korean) == (False, 30, {})


def test_papers_without_english_words_beside_others() -> None:
    pairs = [*planted(), pair("번역", ""), pair("", "translat"), pair("번역", "")]
    assert learn_lexicon(pairs).to_english.keys() >= learn_lexicon(planted()).to_english.keys() - {"번역"}


terms = st.lists(st.sampled_from([*KOREAN[:6], "모델", "한 둘"]), max_size=5)
words = st.lists(st.sampled_from([*ENGLISH[:6], "model", "c++", "gpt-4"]), max_size=5)


@given(
    st.lists(st.builds(lambda one, other: ParallelText(frozenset(one), frozenset(other)), terms, words), max_size=40)
)
def test_whatever_the_papers(pairs: list[ParallelText]) -> None:
    lexicon = learn_lexicon(pairs)
    held = {term for one in pairs for term in one.korean}, {term for one in pairs for term in one.english}
    assert lexicon.to_english.keys() <= held[0]
    assert lexicon.to_korean.keys() <= held[1]
    for _, found in tables(lexicon):
        assert sum(one.weight for one in found) == pytest.approx(1, abs=1e-3)
        assert all(one.together >= 2 and one.llr > 6 for one in found)


# --- the same whoever runs it


def test_order_within_a_paper_says_nothing() -> None:
    pairs = planted()
    again = [ParallelText(frozenset(sorted(one.korean, reverse=True)), frozenset(sorted(one.english))) for one in pairs]
    assert as_text(learn_lexicon(pairs)) == as_text(learn_lexicon(again))


def as_text(lexicon: Lexicon) -> str:
    return json.dumps(lexicon.as_json(), ensure_ascii=False)


SCRIPT = """
import json, sys
from nonmun.index.lexicon.alignment import ParallelText, learn_lexicon
pairs = [ParallelText(frozenset(one), frozenset(other)) for one, other in json.load(sys.stdin)]
assert list(frozenset("abcdefgh")) != sorted("abcdefgh") or sys.flags.hash_randomization == 0
print(json.dumps(learn_lexicon(pairs).as_json()), [*frozenset("abcdefgh")])
"""


def test_the_same_in_every_process() -> None:
    """Python shuffles its sets anew in every process."""
    given = json.dumps([[sorted(one.korean), sorted(one.english)] for one in planted(noise=20)])
    told: list[str] = []
    for seed in ("1", "2", "3"):
        run = subprocess.run(
            [sys.executable, "-c", SCRIPT], input=given, capture_output=True, text=True, check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
        )  # fmt: skip
        told.append(run.stdout)
    learned, shuffled = zip(*(text.rsplit(" [", 1) for text in told), strict=True)
    assert len(set(shuffled)) > 1  # else nothing was shuffled
    assert len(set(learned)) == 1
    assert json.loads(learned[0])["to_english"]


def test_written_and_read() -> None:
    lexicon = learn_lexicon(planted())
    assert Lexicon.from_json(json.loads(as_text(lexicon))) == lexicon
    given = Lexicon(30, {"균형": (Translation("balanc", 1.0, 0, 0.0, True),)}, {})
    assert Lexicon.from_json(json.loads(as_text(given))) == given
    empty = learn_lexicon([])
    assert Lexicon.from_json(json.loads(as_text(empty))) == empty
    assert not empty


# --- asking it


def test_translate() -> None:
    found: TranslationTable = {
        "이상 탐지": (Translation("anomali", 1.0, 4, 9.0),),
        "탐지": (Translation("detect", 1.0, 3, 8.0),),
    }
    lexicon = Lexicon(30, found, {"detect": (Translation("탐지", 1.0, 3, 8.0),)})
    assert lexicon.translate(["이상", "탐지", "detect", "none"]) == {
        "이상": (),
        "탐지": found["탐지"],
        "detect": lexicon.to_korean["detect"],
        "none": (),
        "이상 탐지": found["이상 탐지"],
    }
    assert lexicon.translate([]) == {}


def test_glosses_teach_what_papers_leave_open() -> None:
    """Two words that always stand in the same papers: only a gloss says which of two English ones each is."""
    pairs = [ParallelText(frozenset({"강화", "학습"}), frozenset({"reinforc", "learn"})) for _ in range(12)]
    pairs += [ParallelText(frozenset({f"말{at}"}), frozenset({f"word{at}"})) for at in range(12)]
    glosses = [
        ParallelText(frozenset({"강화"}), frozenset({"reinforc"})),
        ParallelText(frozenset({"학습"}), frozenset({"learn"})),
    ] * 4
    blind = {one.term for one in learn_lexicon(pairs).to_english["강화"]}
    assert blind == {"reinforc", "learn"}
    learned = learn_lexicon(pairs, glosses)
    assert learned.pairs == len(pairs)
    assert learned.to_english["강화"][0].term == "reinforc"
    assert learned.to_english["학습"][0].term == "learn"
    assert learned.to_english["강화"][0].weight > 0.6


def test_glosses_alone_teach_nothing() -> None:
    glosses = [ParallelText(frozenset({"강화"}), frozenset({"reinforc"}))] * 50
    assert not learn_lexicon([], glosses)


def test_glosses_of_other_words_change_no_evidence() -> None:
    """Papers and glosses are two samples: many glosses of other things make no pair of papers more telling."""
    other = [ParallelText(frozenset({f"글{at}"}), frozenset({f"gloss{at}"})) for at in range(500)]
    assert learn_lexicon(planted(), other).to_english == learn_lexicon(planted()).to_english
