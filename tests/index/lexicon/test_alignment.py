"""Lexicon learning: statistics against scipy and a slow implementation, planted translations, reproducibility."""

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
from nonmun.index.lexicon.lexicon import Lexicon, Translation

KOREAN = [f"말{at}" for at in range(40)]
ENGLISH = [f"word{at}" for at in range(40)]


def paper(korean: str, english: str) -> ParallelText:
    return ParallelText(frozenset(korean.split()), frozenset(english.split()))


def planted(count: int = 60, seed: int = 1, noise: int = 6) -> list[ParallelText]:
    """Return papers in which term i of one language occurs with term i of the other, among unrelated terms."""
    rng = random.Random(seed)
    papers: list[ParallelText] = []
    for _ in range(count):
        topics = rng.sample(range(len(KOREAN)), 8)
        korean = {KOREAN[at] for at in topics} | {f"잡음{rng.randrange(300)}" for _ in range(noise)} | {"방법"}
        english = {ENGLISH[at] for at in topics} | {f"noise{rng.randrange(300)}" for _ in range(noise)} | {"method"}
        papers.append(ParallelText(frozenset(korean), frozenset(english)))
    return papers


def companions() -> list[ParallelText]:
    """Return papers in which one word seldom occurs without another; those with one alone disambiguate them."""
    papers = [paper("확산 모델", "diffus model") for _ in range(10)]
    papers += [paper("확산", "diffus") for _ in range(2)]
    papers += [paper("모델", "model") for _ in range(2)]
    return papers + [paper(f"딴{at} 것{at % 7}", f"other{at} thing{at % 7}") for at in range(26)]


def tables(lexicon: Lexicon) -> Iterator[tuple[str, tuple[Translation, ...]]]:
    yield from lexicon.to_english.items()
    yield from lexicon.to_korean.items()


def contingency(papers: Sequence[ParallelText], korean: str, english: str) -> list[list[int]]:
    """Return the number of papers with both terms, with one, with the other, with none."""
    table = [[0, 0], [0, 0]]
    for text in papers:
        table[korean not in text.korean][english not in text.english] += 1
    return table


# --- statistics


@pytest.mark.parametrize(
    ("together", "korean", "english", "n", "expected"),
    [
        # By hand: 2 * sum of observed * ln(observed / expected).
        (10, 10, 10, 20, 27.7259),  # 2 * (10 ln 2 + 10 ln 2)
        (5, 10, 10, 20, 0.0),  # independent
        (3, 3, 3, 40, 21.3108),  # 2 * (3 ln(40/3) + 37 ln(40/37))
        (2, 4, 2, 8, 3.4522),  # 2 * (2 ln 2 + 2 ln(2/3) + 4 ln(4/3))
        (20, 20, 20, 20, 0.0),  # in every paper
    ],
)  # fmt: skip
def test_log_likelihood_ratio_by_hand(together: int, korean: int, english: int, n: int, expected: float) -> None:
    ratios = log_likelihood_ratio(np.array([together]), korean, np.array([english]), n)
    assert ratios[0] == pytest.approx(expected, abs=1e-3)


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 300), st.integers(0, 4_000))
def test_log_likelihood_ratio_equals_scipys(both: int, only_korean: int, only_english: int, neither: int) -> None:
    table = np.array([[both, only_korean], [only_english, neither]])
    assume(table.sum(0).all() and table.sum(1).all())
    korean, english = both + only_korean, np.array([both + only_english])
    ratios = log_likelihood_ratio(np.array([both]), korean, english, int(table.sum()))
    expected = chi2_contingency(table, lambda_="log-likelihood", correction=False).statistic
    assert ratios[0] == pytest.approx(expected, abs=1e-6, rel=1e-9)


def test_evidence_equals_a_recount_of_the_papers() -> None:
    papers = planted()
    lexicon = learn_lexicon(papers)
    assert len(lexicon.to_english) > 30
    for korean, translations in lexicon.to_english.items():
        for translation in translations:
            table = np.array(contingency(papers, korean, translation.term))
            assert translation.together == table[0, 0] >= 2
            assert table[0, 0] * table.sum() > table[0].sum() * table[:, 0].sum()  # more often than chance
            expected = chi2_contingency(table, lambda_="log-likelihood", correction=False).statistic
            assert translation.llr == pytest.approx(expected, abs=0.006)
            assert translation.llr > 6


def test_probabilities_of_a_korean_term_sum_to_one() -> None:
    found = associate(planted())
    probabilities = translation_probabilities(found)
    sums = np.bincount(found.korean, probabilities, minlength=len(found.terms))
    assert np.allclose(sums[np.unique(found.korean)], 1)
    assert probabilities.min() >= 0


def test_probabilities_equal_those_of_a_slow_implementation() -> None:
    """Brown et al. 1993, term by term: the null word keeps its probability, pairs outside the list have none."""
    papers = companions()
    found = associate(papers)
    names = [(found.terms[ko], found.terms[en]) for ko, en in zip(found.korean, found.english, strict=True)]
    llr = dict(zip(names, found.llr.tolist(), strict=True))
    totals = {term: sum(ratio for (korean, _), ratio in llr.items() if korean == term) for term, _ in names}
    probabilities = {(korean, english): ratio / totals[korean] for (korean, english), ratio in llr.items()}
    for _ in range(5):
        counts = dict.fromkeys(probabilities, 0.0)
        for text in papers:
            for term in text.english:
                causes = [(ko, en) for ko, en in names if en == term and ko in text.korean]
                explained = sum(probabilities[cause] for cause in causes) + 0.0025
                for cause in causes:
                    counts[cause] += probabilities[cause] / explained
        totals = {term: sum(count for (korean, _), count in counts.items() if korean == term) for term, _ in names}
        probabilities = {(korean, english): count / totals[korean] for (korean, english), count in counts.items()}
    result = dict(zip(names, translation_probabilities(found).tolist(), strict=True))
    assert result == pytest.approx(probabilities, abs=1e-9)


# --- learned translations


@pytest.mark.parametrize("seed", range(3))
def test_planted_translations_come_first(seed: int) -> None:
    papers = planted(seed=seed)
    lexicon = learn_lexicon(papers)
    frequent = [at for at, term in enumerate(KOREAN) if sum(term in text.korean for text in papers) >= 4]
    assert len(frequent) > 35
    for at in frequent:
        assert lexicon.to_english[KOREAN[at]][0].term == ENGLISH[at]
        assert lexicon.to_korean[ENGLISH[at]][0].term == KOREAN[at]
        assert lexicon.to_english[KOREAN[at]][0].weight > 0.4


def test_terms_of_every_paper_have_no_translation() -> None:
    lexicon = learn_lexicon(planted())
    assert "방법" not in lexicon.to_english
    assert "method" not in lexicon.to_korean


def test_negatively_associated_terms_are_no_translations() -> None:
    """Their ratio is also high, since by chance they would occur together far more often."""
    papers = [paper("이미지", "imag vision") for _ in range(30)] + [paper("음성", "speech") for _ in range(30)]
    papers += [paper("이미지", "speech") for _ in range(2)]
    avoiding = np.array(contingency(papers, "이미지", "speech"))
    assert chi2_contingency(avoiding, lambda_="log-likelihood", correction=False).statistic > 20
    translations = learn_lexicon(papers).to_english["이미지"]
    assert {translation.term for translation in translations} == {"imag", "vision"}
    found = associate(papers)
    names = {(found.terms[ko], found.terms[en]) for ko, en in zip(found.korean, found.english, strict=True)}
    assert names == {("이미지", "imag"), ("이미지", "vision"), ("음성", "speech")}


def test_indirect_associations_are_explained_away() -> None:
    """By counts alone, diffus is a translation of 모델 as well; but 확산 already explains it."""
    papers = companions()
    lexicon = learn_lexicon(papers)
    assert [translation.term for translation in lexicon.to_english["모델"]] == ["model"]
    assert [translation.term for translation in lexicon.to_english["확산"]] == ["diffus"]
    found = associate(papers)
    names = [(found.terms[ko], found.terms[en]) for ko, en in zip(found.korean, found.english, strict=True)]
    probabilities = dict(zip(names, translation_probabilities(found).tolist(), strict=True))
    by_count = dict(zip(names, found.llr.tolist(), strict=True))
    assert by_count["모델", "diffus"] > 0.4 * by_count["모델", "model"]  # enough to be listed, by counts alone
    assert probabilities["모델", "diffus"] < 0.15 < 0.8 < probabilities["모델", "model"]


@pytest.mark.parametrize("papers", [planted(), planted(40, seed=5, noise=30), companions()])
def test_weights_sum_to_one(papers: list[ParallelText]) -> None:
    lexicon = learn_lexicon(papers)
    assert lexicon
    for term, translations in tables(lexicon):
        weights = [translation.weight for translation in translations]
        assert 1 <= len(translations) <= 8, term
        assert sum(weights) == pytest.approx(1, abs=1e-3)
        assert weights == sorted(weights, reverse=True)
        assert weights[-1] >= 0.4 * weights[0] - 1e-4


def test_bigrams_are_translated_but_are_no_translations() -> None:
    papers = [
        ParallelText(frozenset(with_bigrams(["이상", "탐지"])), frozenset({"anomali", "detect"})) for _ in range(6)
    ]
    papers += [paper(f"딴{at % 5}", f"other{at % 5}") for at in range(24)]
    lexicon = learn_lexicon(papers)
    assert {translation.term for translation in lexicon.to_english["이상 탐지"]} == {"anomali", "detect"}
    assert {translation.term for translation in lexicon.to_korean["anomali"]} == {"이상", "탐지"}
    for term, translations in lexicon.to_korean.items():
        assert not has_hangul(term)
        assert all(" " not in translation.term for translation in translations)


# --- glosses


def test_glosses_disambiguate_terms_that_always_occur_together() -> None:
    papers = [paper("강화 학습", "reinforc learn") for _ in range(12)]
    papers += [paper(f"말{at}", f"word{at}") for at in range(12)]
    glosses = [paper("강화", "reinforc"), paper("학습", "learn")] * 4
    ambiguous = {translation.term for translation in learn_lexicon(papers).to_english["강화"]}
    assert ambiguous == {"reinforc", "learn"}
    lexicon = learn_lexicon(papers, glosses)
    assert lexicon.pairs == len(papers)
    assert lexicon.to_english["강화"][0].term == "reinforc"
    assert lexicon.to_english["학습"][0].term == "learn"
    assert lexicon.to_english["강화"][0].weight > 0.6


def test_learns_nothing_from_glosses_alone() -> None:
    assert not learn_lexicon([], [paper("강화", "reinforc")] * 50)


def test_glosses_of_other_terms_change_no_evidence() -> None:
    """Papers and glosses are separate samples: unrelated glosses do not change the significance of pairs."""
    unrelated = [paper(f"글{at}", f"gloss{at}") for at in range(500)]
    assert learn_lexicon(planted(), unrelated).to_english == learn_lexicon(planted()).to_english


# --- few papers, many papers


@pytest.mark.parametrize(("count", "learns"), [(0, False), (1, False), (MIN_PAIRS - 1, False), (MIN_PAIRS, True)])
def test_learns_nothing_from_few_papers(count: int, learns: bool) -> None:
    lexicon = learn_lexicon([paper("번역", "translat") if at % 2 else paper("음성", "speech") for at in range(count)])
    assert (bool(lexicon), lexicon.pairs) == (learns, count)
    assert bool(lexicon.to_korean) == learns
    assert 0 <= lexicon.reliability < 1


def test_learns_from_the_newest_papers_only() -> None:
    assert MAX_PAIRS == 4_000
    newest = planted(40, seed=2)
    old = [paper("옛말", "oldword") if at % 2 else paper("다른", "differ") for at in range(100)]
    assert learn_lexicon([*old, *newest], max_papers=40) == learn_lexicon(newest)
    assert "옛말" in learn_lexicon([*newest, *old], max_papers=40).to_english
    assert KOREAN[0] not in learn_lexicon([*newest, *old], max_papers=40).to_english


@pytest.mark.parametrize(
    "papers",
    [
        [paper("번역", "translat")] * 30,  # nothing occurs more often than chance allows
        [paper("", "translat")] * 30,
        [paper("번역", "")] * 30,
        [paper("", "")] * 30,
        [paper(f"말{at}", f"word{at}") for at in range(30)],  # each once
    ],
)
def test_learns_nothing_from_papers_without_associations(papers: list[ParallelText]) -> None:
    lexicon = learn_lexicon(papers)
    assert (bool(lexicon), lexicon.pairs, lexicon.to_korean) == (False, 30, {})


def test_ignores_papers_in_one_language() -> None:
    papers = [*planted(), paper("번역", ""), paper("", "translat"), paper("번역", "")]
    assert learn_lexicon(papers).to_english.keys() >= learn_lexicon(planted()).to_english.keys() - {"번역"}


KOREAN_TERMS = st.frozensets(st.sampled_from([*KOREAN[:6], "모델", "한 둘"]), max_size=5)
ENGLISH_TERMS = st.frozensets(st.sampled_from([*ENGLISH[:6], "model", "c++", "gpt-4"]), max_size=5)


@given(st.lists(st.builds(ParallelText, KOREAN_TERMS, ENGLISH_TERMS), max_size=40))
def test_translations_of_any_papers_are_significant(papers: list[ParallelText]) -> None:
    lexicon = learn_lexicon(papers)
    assert lexicon.to_english.keys() <= {term for text in papers for term in text.korean}
    assert lexicon.to_korean.keys() <= {term for text in papers for term in text.english}
    for _, translations in tables(lexicon):
        assert sum(translation.weight for translation in translations) == pytest.approx(1, abs=1e-3)
        assert all(translation.together >= 2 and translation.llr > 6 for translation in translations)


# --- reproducibility


def as_text(lexicon: Lexicon) -> str:
    return json.dumps(lexicon.as_json(), ensure_ascii=False)


def test_the_order_of_terms_does_not_matter() -> None:
    papers = planted()
    reordered = [
        ParallelText(frozenset(sorted(text.korean, reverse=True)), frozenset(sorted(text.english))) for text in papers
    ]
    assert as_text(learn_lexicon(papers)) == as_text(learn_lexicon(reordered))


SCRIPT = """
import json, sys
from nonmun.index.lexicon.alignment import ParallelText, learn_lexicon
papers = [ParallelText(frozenset(korean), frozenset(english)) for korean, english in json.load(sys.stdin)]
assert list(frozenset("abcdefgh")) != sorted("abcdefgh") or sys.flags.hash_randomization == 0
print(json.dumps(learn_lexicon(papers).as_json()), [*frozenset("abcdefgh")])
"""


def test_learning_is_equal_in_every_process() -> None:
    """The order of sets differs from process to process."""
    papers = json.dumps([[sorted(text.korean), sorted(text.english)] for text in planted(noise=20)])
    outputs: list[str] = []
    for seed in ("1", "2", "3"):
        run = subprocess.run(
            [sys.executable, "-c", SCRIPT], input=papers, capture_output=True, text=True, check=True,
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
        )  # fmt: skip
        outputs.append(run.stdout)
    learned, orders = zip(*(output.rsplit(" [", 1) for output in outputs), strict=True)
    assert len(set(orders)) > 1  # the orders do differ
    assert len(set(learned)) == 1
    assert json.loads(learned[0])["to_english"]
