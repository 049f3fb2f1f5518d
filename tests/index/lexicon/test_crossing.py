"""Scores of translated terms in the chunks of the other language, against brute force."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun.index.analysis.language import has_hangul
from nonmun.index.analysis.weighted_terms import WeightedTerms
from nonmun.index.engine.bm25 import Postings, Shares, information, share
from nonmun.index.lexicon.lexicon import Lexicon, Translation
from nonmun.index.lexicon.translation import crossing, translate_terms
from nonmun.index.query.question import Question

LEXICON = Lexicon(
    60,  # reliability .5
    {
        "이상": (Translation("anomali", 0.7, 5, 10.0), Translation("outlier", 0.3, 5, 10.0)),
        "탐지": (Translation("detect", 1.0, 5, 10.0),),
        "이상 탐지": (Translation("anomali", 0.6, 5, 10.0), Translation("detect", 0.4, 5, 10.0)),
        "번역": (Translation("translat", 1.0, 5, 10.0),),
        "시계열": (Translation("time", 0.5, 5, 10.0), Translation("seri", 0.5, 5, 10.0)),
    },
    {
        "anomali": (Translation("이상", 0.8, 5, 10.0), Translation("비정상", 0.2, 5, 10.0)),
        "detect": (Translation("탐지", 1.0, 5, 10.0),),
        "translat": (Translation("번역", 1.0, 5, 10.0),),
    },
)


def postings(*chunks: tuple[int, str]) -> Postings:
    """Return postings of chunks whose language is that of their first word."""
    return Postings.of((row, has_hangul(text.split()[0]), text) for row, text in chunks)


PUBLISHED = postings(
    (2, "anomali detect method"),
    (5, "outlier rare method"),
    (6, "translat bert attent"),
    (9, "이상 탐지 bert"),
    (14, "time seri time seri anomali"),
)
FRESH = postings((21, "detect anomali anomali"), (25, "이상 비정상 번역"))


def korean(*terms: str) -> Question:
    return Question(" ".join(terms), "ko", terms, ())


def english(*terms: str) -> Question:
    return Question(" ".join(terms), "en", terms, ())


def translated(question: Question, lexicon: Lexicon = LEXICON) -> list[WeightedTerms]:
    return translate_terms(lexicon, question.terms, question.lang)


def scored(
    question: Question, *parts: Postings, lexicon: Lexicon = LEXICON, weights: dict[str, float] | None = None
) -> Shares:
    weights = dict.fromkeys(question.terms, 1.0) if weights is None else weights
    return crossing(parts or (PUBLISHED, FRESH), translated(question, lexicon), question, weights)


def all_scores(channel: Shares) -> dict[int, float]:
    return scores_of(channel, [*PUBLISHED.rows.tolist(), *FRESH.rows.tolist()])


def scores_of(channel: Shares, rows: list[int]) -> dict[int, float]:
    scores = zip(rows, channel.over(np.array(rows, np.int64)).tolist(), strict=True)
    return {row: score for row, score in scores if score}


def test_questions_without_a_translation_score_nothing() -> None:
    for question in (korean(), english(), korean("없다"), english("unknown"), english("이상", "번역")):
        channel = scored(question)
        assert (channel.best(10), all_scores(channel)) == ([], {})


@pytest.mark.parametrize(
    "question",
    [korean("이상", "탐지"), korean("시계열", "이상"), korean("bert", "번역", "없다"), english("anomali", "detect")],
)
def test_scores_equal_trusted_shares_computed_group_by_group(question: Question) -> None:
    channel = scored(question)
    known = {"이상", "탐지", "번역", "시계열", "bert", "anomali", "detect"}
    groups = translated(question)
    total = sum(information([PUBLISHED, FRESH], groups).values())
    covered = total / (total + sum(term not in known for term in question.terms))
    certain = [replace(group, trust=1.0) for group in groups if group.name == "bert"]
    learned = [group for group in groups if group.name != "bert"]
    exact: defaultdict[int, float] = defaultdict(float)
    for group in (*learned, *certain):
        shares = share([PUBLISHED, FRESH], [group])
        weight = information([PUBLISHED, FRESH], [group])[group.name] / total
        for part, scores in zip((PUBLISHED, FRESH), shares, strict=True):
            for row, is_korean, score in zip(part.rows, part.korean, scores, strict=True):
                if is_korean != (question.lang == "ko"):
                    exact[int(row)] += float(score) * weight * covered
    assert any(exact.values())
    assert all(group.trust == 0.5 for group in learned)
    assert all_scores(channel) == pytest.approx({row: score for row, score in exact.items() if score}, abs=1e-6)


def test_chunks_with_translations_score() -> None:
    scores = all_scores(scored(korean("이상", "탐지")))
    assert scores.keys() == {2, 5, 14, 21}
    assert min(scores[2], scores[21]) > max(scores[5], scores[14])
    assert set(scored(english("anomali", "translat")).best(10)) == {9, 25}


def test_bigrams_raise_chunks_with_both_words() -> None:
    apart, together = scored(korean("탐지", "이상")), scored(korean("이상", "탐지"))
    assert all_scores(together)[5] < all_scores(apart)[5]  # a rare translation of one word
    unigrams = Lexicon(60, {term: found for term, found in LEXICON.to_english.items() if " " not in term}, {})
    assert all_scores(scored(korean("이상", "탐지"), lexicon=unigrams)) == pytest.approx(all_scores(apart), abs=1e-6)


def test_untranslated_terms_lower_the_share() -> None:
    info = information([PUBLISHED, FRESH], translated(korean("번역")))["번역"]
    alone = all_scores(scored(korean("번역")))
    halved = all_scores(scored(korean("번역", "없다"), weights={"번역": 1.0, "없다": info}))
    assert halved[6] == pytest.approx(alone[6] / 2)
    rare = all_scores(scored(korean("번역", "없다"), weights={"번역": 1.0, "없다": 3 * info}))
    assert rare[6] == pytest.approx(alone[6] / 4)


def test_untranslated_compounds_count_little() -> None:
    """Their nouns are terms of the question as well."""
    info = information([PUBLISHED, FRESH], translated(korean("번역")))["번역"]
    alone = all_scores(scored(korean("번역")))
    weights = {"번역": info, "품질": info, "번역품질": info}
    scores = all_scores(scored(korean("번역", "품질", "번역품질"), weights=weights))
    assert scores[6] == pytest.approx(alone[6] / 2.15)


def test_a_translated_bigram_covers_its_words() -> None:
    lexicon = Lexicon(60, {"이상 탐지": (Translation("anomali", 1.0, 5, 10.0),)}, {})
    whole = all_scores(scored(korean("이상", "탐지"), lexicon=lexicon))
    info = information([PUBLISHED, FRESH], translated(korean("이상", "탐지"), lexicon))["이상 탐지"]
    weights = {"이상": 1.0, "탐지": 1.0, "없다": info / 2, "있다": info / 2}
    half = all_scores(scored(korean("이상", "탐지", "없다", "있다"), lexicon=lexicon, weights=weights))
    assert whole.keys() == {2, 14, 21}
    assert half == pytest.approx({row: score / 2 for row, score in whole.items()})


@pytest.mark.parametrize("pairs", [0, 20, 60, 600])
def test_scores_scale_with_the_reliability_of_the_lexicon(pairs: int) -> None:
    lexicon = Lexicon(pairs, LEXICON.to_english, {})
    scores = all_scores(scored(korean("번역"), lexicon=lexicon))
    [shares, _] = share([PUBLISHED, FRESH], translated(korean("번역"), lexicon))
    certain = float(shares[2]) / lexicon.reliability if pairs else 0.0
    assert scores.get(6, 0.0) == pytest.approx(certain * pairs / (pairs + 60))
    assert (6 in scores) == (pairs > 0)


@given(st.lists(st.integers(-3, 30), max_size=20), st.integers(1, 8))
def test_lookups_agree_with_the_scores_of_all_chunks(rows: list[int], limit: int) -> None:
    channel = scored(korean("이상", "탐지", "bert"))
    scores = all_scores(channel)
    assert len(scores) > 4
    assert scores_of(channel, rows) == {row: scores[row] for row in set(rows) if row in scores}
    best = channel.best(limit)
    assert len(best) == len(set(best))
    for part in (PUBLISHED, FRESH):
        expected = sorted((scores[row] for row in part.rows.tolist() if row in scores), reverse=True)[:limit]
        assert sorted((scores[row] for row in best if row in part.rows), reverse=True) == expected


def test_best_returns_the_highest_scores() -> None:
    rng = np.random.default_rng(3)
    texts = [" ".join(["anomali"] * rng.integers(0, 4) + ["detect"] * rng.integers(0, 3)) for _ in range(300)]
    part = Postings.of((7 * at, False, text) for at, text in enumerate(texts))
    channel = scored(korean("이상", "탐지"), part)
    scores = scores_of(channel, part.rows.tolist())
    assert 200 < len(scores) < 300
    for limit in (1, 10, 299, 300, 5_000):
        best = sorted((scores[row] for row in channel.best(limit)), reverse=True)
        assert best == sorted(scores.values(), reverse=True)[:limit]


def test_unknown_rows_score_nothing() -> None:
    channel = scored(korean("이상"))
    assert scores_of(channel, [0, 3, 22, 99]) == scores_of(channel, []) == {}
    assert scores_of(channel, [2, 3]).keys() == {2}


@pytest.mark.parametrize("parts", [(Postings.of([]), PUBLISHED), (PUBLISHED, Postings.of([]))])
def test_an_empty_part_changes_nothing(parts: tuple[Postings, ...]) -> None:
    channel = scored(korean("이상"), *parts)
    alone = scored(korean("이상"), PUBLISHED)
    assert scores_of(channel, PUBLISHED.rows.tolist()) == pytest.approx(scores_of(alone, PUBLISHED.rows.tolist()))
    assert sorted(channel.best(2)) == sorted(alone.best(2))


def test_an_empty_lexicon_scores_nothing() -> None:
    channel = scored(korean("이상"), lexicon=Lexicon(0, {}, {}))
    assert (channel.best(10), all_scores(channel)) == ([], {})


def test_chunks_in_the_language_of_the_question_score_nothing() -> None:
    """The lexical channel finds Korean chunks that contain a Latin name of the question."""
    channel = scored(korean("bert", "번역"))
    assert set(channel.best(10)) == {6} == all_scores(channel).keys()


def test_scores_can_be_restricted_to_some_chunks() -> None:
    channel = scored(korean("이상", "탐지"))
    restricted = channel.only(np.array([5, 9, 21, 40]))
    assert all_scores(restricted) == {row: score for row, score in all_scores(channel).items() if row in {5, 21}}
    assert set(restricted.best(10)) == {5, 21}
    assert all_scores(channel.only(np.zeros(0, np.int64))) == {}


def test_rare_words_carry_more_information() -> None:
    info = information([PUBLISHED, FRESH], translated(korean("이상", "번역")))
    assert info["번역"] > info["이상"] > 0
    [nowhere] = information([PUBLISHED, FRESH], [WeightedTerms("없다", {"nowhere": 1.0})]).values()
    assert nowhere > info["번역"]
