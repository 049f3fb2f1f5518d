"""The lexicon channel: scores against brute force, and what untranslated words cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun.index.analysis.language import has_hangul
from nonmun.index.analysis.term_statistics import group_information
from nonmun.index.analysis.weighted_terms import WeightedTerms
from nonmun.index.domain.filters import NO_FILTER, Filter
from nonmun.index.engine.bm25 import Postings, PostingStatistics, TermMatches, bm25_shares
from nonmun.index.lexicon.lexicon import Lexicon, Translation
from nonmun.index.lexicon.translation import translate_terms
from nonmun.index.query.question import Question
from nonmun.index.retrieval.channels import ChannelScores, LexiconChannel
from nonmun.index.retrieval.config import SearchConfig
from nonmun.index.retrieval.understanding import Query


def translations(**weights: float) -> tuple[Translation, ...]:
    return tuple(Translation(term, weight, 5, 10.0) for term, weight in weights.items())


LEXICON = Lexicon(
    60,  # half trusted
    {
        "이상": translations(anomali=0.7, outlier=0.3),
        "탐지": translations(detect=1.0),
        "이상 탐지": translations(anomali=0.6, detect=0.4),
        "번역": translations(translat=1.0),
        "시계열": (Translation("time", 0.5, 5, 10.0), Translation("seri", 0.5, 5, 10.0)),
    },
    {
        "anomali": (Translation("이상", 0.8, 5, 10.0), Translation("비정상", 0.2, 5, 10.0)),
        "detect": (Translation("탐지", 1.0, 5, 10.0),),
        "translat": (Translation("번역", 1.0, 5, 10.0),),
    },
)


def postings(*chunks: tuple[int, str]) -> Postings:
    """A chunk is Korean where its first word is."""
    return Postings.of((row, has_hangul(text.split()[0]), text) for row, text in chunks)


ENGLISH = postings(
    *[
        (2, "anomali detect method"),
        (5, "outlier rare method"),
        (6, "translat bert attent"),
        (9, "이상 탐지 bert"),
        (14, "time seri time seri anomali"),
    ]
)
FRESH = postings((21, "detect anomali anomali"), (25, "이상 비정상 번역"))


def korean(*terms: str) -> Question:
    return Question(" ".join(terms), "ko", terms, ())


def english(*terms: str) -> Question:
    return Question(" ".join(terms), "en", terms, ())


def translated(lexicon: Lexicon, question: Question, phonetic_matches: Any = None) -> list[WeightedTerms]:
    return translate_terms(lexicon, question.terms, question.lang, phonetic_matches)


class PartsSnapshot:
    """An engine snapshot over posting lists."""

    def __init__(self, parts: Sequence[Postings], admitted: Any = None) -> None:
        self._parts, self._admitted = parts, admitted

    def matching(
        self, translate_terms: Sequence[WeightedTerms], where: Filter = NO_FILTER, *, lang=None, unmatched: float = 0.0
    ) -> TermMatches:
        return TermMatches.of(self._parts, translate_terms, admitted=self._admitted, lang=lang, unmatched=unmatched)


def information(parts: Sequence[Postings], groups: Sequence[WeightedTerms]) -> dict[str, float]:
    return group_information(PostingStatistics(parts), groups)


def score_lexicon(
    question: Question,
    *parts: Postings,
    lexicon: Lexicon = LEXICON,
    weights: dict[str, float] | None = None,
    admitted: Any = None,
) -> ChannelScores:
    terms = tuple(WeightedTerms(term, {term: 1.0}) for term in question.terms)
    query = Query(
        question,
        np.zeros(2, np.float32),
        Filter(lang="ko"),  # excludes papers without English text, so that translations are scored alone
        frozenset(),
        SearchConfig(),
        terms,
        tuple(translated(lexicon, question)),
        dict.fromkeys(question.terms, 1.0) if weights is None else weights,
    )
    return LexiconChannel().score(query, PartsSnapshot(parts or (ENGLISH, FRESH), admitted))


def everything(channel: ChannelScores) -> dict[int, float]:
    return among(channel, [*ENGLISH.rows.tolist(), *FRESH.rows.tolist()])


def among(channel: ChannelScores, rows: list[int]) -> dict[int, float]:
    scores = zip(rows, channel.raw(np.array(rows, np.int64)).tolist(), strict=True)
    return {row: score for row, score in scores if score}


@pytest.mark.parametrize("question", [korean(), english(), korean("없다"), english("unknown"), english("이상", "번역")])
def test_questions_without_a_translation(question: Question) -> None:
    channel = score_lexicon(question)
    assert translated(LEXICON, question) == []
    assert (channel.best(10), everything(channel)) == ([], {})


# --- scores


@pytest.mark.parametrize(
    "question",
    [korean("이상", "탐지"), korean("시계열", "이상"), korean("bert", "번역", "없다"), english("anomali", "detect")],
)
def test_scores_are_the_shares_weighted_by_trust(question: Question) -> None:
    channel = score_lexicon(question)
    known = {"이상", "탐지", "번역", "시계열", "bert", "anomali", "detect"}
    groups = translated(LEXICON, question)
    translated_information = sum(information([ENGLISH, FRESH], groups).values())
    covered = translated_information / (translated_information + sum(term not in known for term in question.terms))
    certain = [replace(group, trust=1.0) for group in groups if group.name == "bert"]
    doubtful = [group for group in groups if group.name != "bert"]
    exact: defaultdict[int, float] = defaultdict(float)
    for group in (*doubtful, *certain):
        shares = bm25_shares([ENGLISH, FRESH], [group])  # the group alone
        weight = information([ENGLISH, FRESH], [group])[group.name] / translated_information
        for part, scores in zip((ENGLISH, FRESH), shares, strict=True):
            for row, korean_chunk, score in zip(part.rows, part.korean, scores, strict=True):
                if korean_chunk != (question.lang == "ko"):
                    exact[int(row)] += float(score) * weight * covered
    assert any(exact.values())
    assert all(group.trust == 0.5 for group in doubtful)
    assert everything(channel) == pytest.approx({row: score for row, score in exact.items() if score}, abs=1e-6)


def test_finds_chunks_by_translation() -> None:
    channel = score_lexicon(korean("이상", "탐지"))
    found = everything(channel)
    assert found.keys() == {2, 5, 14, 21}
    assert min(found[2], found[21]) > max(found[5], found[14])
    assert set(score_lexicon(english("anomali", "translat")).best(10)) == {9, 25}


def test_adjacent_words_score_higher() -> None:
    """Both words in a chunk count more if they are adjacent in the question."""
    apart, together = score_lexicon(korean("탐지", "이상")), score_lexicon(korean("이상", "탐지"))
    assert everything(together)[5] < everything(apart)[5]  # contains a rare translation of only one word
    single = Lexicon(60, {term: entry for term, entry in LEXICON.to_english.items() if " " not in term}, {})
    assert everything(score_lexicon(korean("이상", "탐지"), lexicon=single)) == pytest.approx(
        everything(apart), abs=1e-6
    )


def test_a_word_without_a_translation_lowers_the_share() -> None:
    translated_information = information([ENGLISH, FRESH], translated(LEXICON, korean("번역")))["번역"]
    alone = everything(score_lexicon(korean("번역")))
    combined = everything(score_lexicon(korean("번역", "없다"), weights={"번역": 1.0, "없다": translated_information}))
    assert combined[6] == pytest.approx(alone[6] / 2)
    # The more information the untranslated word has, the lower the share of the others.
    rare = everything(score_lexicon(korean("번역", "없다"), weights={"번역": 1.0, "없다": 3 * translated_information}))
    assert rare[6] == pytest.approx(alone[6] / 4)


def test_a_compound_counts_little_beside_its_words() -> None:
    """Its single words are already counted."""
    translated_information = information([ENGLISH, FRESH], translated(LEXICON, korean("번역")))["번역"]
    alone = everything(score_lexicon(korean("번역")))
    weights = {"번역": translated_information, "품질": translated_information, "번역품질": translated_information}
    found = everything(score_lexicon(korean("번역", "품질", "번역품질"), weights=weights))
    assert found[6] == pytest.approx(alone[6] / 2.15)


def test_a_translated_bigram_covers_its_words() -> None:
    lexicon = Lexicon(60, {"이상 탐지": translations(anomali=1.0)}, {})
    whole = everything(score_lexicon(korean("이상", "탐지"), lexicon=lexicon))
    translated_information = information([ENGLISH, FRESH], translated(lexicon, korean("이상", "탐지")))["이상 탐지"]
    weights = {"이상": 1.0, "탐지": 1.0, "없다": translated_information / 2, "있다": translated_information / 2}
    half = everything(score_lexicon(korean("이상", "탐지", "없다", "있다"), lexicon=lexicon, weights=weights))
    assert whole.keys() == {2, 14, 21}
    assert half == pytest.approx({row: score / 2 for row, score in whole.items()})


@pytest.mark.parametrize("pairs", [0, 20, 60, 600])
def test_scores_rise_with_the_number_of_training_papers(pairs: int) -> None:
    lexicon = Lexicon(pairs, LEXICON.to_english, {})
    found = everything(score_lexicon(korean("번역"), lexicon=lexicon))
    [scores, _] = bm25_shares([ENGLISH, FRESH], translated(lexicon, korean("번역")))
    whole = float(scores[2]) / lexicon.reliability if pairs else 0.0
    assert found.get(6, 0.0) == pytest.approx(whole * pairs / (pairs + 60))
    assert (6 in found) == (pairs > 0)


# --- chunks


@given(st.lists(st.integers(-3, 30), max_size=20), st.integers(1, 8))
def test_raw_and_best_agree_with_all_scores(rows: list[int], limit: int) -> None:
    channel = score_lexicon(korean("이상", "탐지", "bert"))
    scores = everything(channel)
    assert len(scores) > 4
    assert among(channel, rows) == {row: scores[row] for row in set(rows) if row in scores}
    best = channel.best(limit)
    assert len(best) == len(set(best))
    for part in (ENGLISH, FRESH):
        here = [row for row in part.rows.tolist() if row in scores]
        found = [scores[row] for row in best if row in part.rows]
        assert sorted(found, reverse=True) == sorted((scores[row] for row in here), reverse=True)[:limit]


def test_best_of_many_chunks() -> None:
    rng = np.random.default_rng(3)
    texts = [" ".join(["anomali"] * rng.integers(0, 4) + ["detect"] * rng.integers(0, 3)) for _ in range(300)]
    part = Postings.of((7 * at, False, text) for at, text in enumerate(texts))
    channel = score_lexicon(korean("이상", "탐지"), part)
    scores = among(channel, part.rows.tolist())
    assert 200 < len(scores) < 300
    for limit in (1, 10, 299, 300, 5_000):
        found = sorted((scores[row] for row in channel.best(limit)), reverse=True)
        assert found == sorted(scores.values(), reverse=True)[:limit]


def test_unknown_rows_have_no_score() -> None:
    channel = score_lexicon(korean("이상"))
    assert among(channel, [0, 3, 22, 99]) == among(channel, []) == {}
    assert among(channel, [2, 3]).keys() == {2}


@pytest.mark.parametrize("parts", [(Postings.of([]), ENGLISH), (ENGLISH, Postings.of([]))])
def test_an_empty_part(parts: tuple[Postings, ...]) -> None:
    found = score_lexicon(korean("이상"), *parts)
    alone = score_lexicon(korean("이상"), ENGLISH)
    assert among(found, ENGLISH.rows.tolist()) == pytest.approx(among(alone, ENGLISH.rows.tolist()))
    assert sorted(found.best(2)) == sorted(alone.best(2))


def test_without_a_lexicon() -> None:
    channel = score_lexicon(korean("이상"), lexicon=Lexicon(0, {}, {}))
    assert (channel.best(10), everything(channel)) == ([], {})


def test_chunks_in_the_language_of_the_question_do_not_match() -> None:
    """A Korean chunk with a Latin name of the question is matched by the lexical channel only."""
    found = score_lexicon(korean("bert", "번역"))
    assert set(found.best(10)) == {6} == everything(found).keys()


def test_scores_admitted_chunks_only() -> None:
    found = score_lexicon(korean("이상", "탐지"))
    admitted = score_lexicon(korean("이상", "탐지"), admitted=np.array([5, 9, 21, 40]))
    assert everything(admitted) == {row: score for row, score in everything(found).items() if row in {5, 21}}
    assert set(admitted.best(10)) == {5, 21}
    assert everything(score_lexicon(korean("이상", "탐지"), admitted=np.zeros(0, np.int64))) == {}


def test_rare_words_have_more_information() -> None:
    found = information([ENGLISH, FRESH], translated(LEXICON, korean("이상", "번역")))
    assert found["번역"] > found["이상"] > 0
    [nowhere] = information([ENGLISH, FRESH], [WeightedTerms("없다", {"nowhere": 1.0})]).values()
    assert nowhere > found["번역"]
