"""The Korean analyzer: loading, release, and features derived from morphemes."""

from __future__ import annotations

from typing import Any

import kiwipiepy
import pytest

from nonmun.index.analysis.korean import KoreanAnalyzer, is_common_noun, korean_analyzer


def test_loads_on_first_use_and_again_after_a_release(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[object] = []

    class RecordedKiwi(kiwipiepy.Kiwi):
        def __init__(self, *args: Any, **options: Any) -> None:
            loaded.append(self)
            super().__init__(*args, **options)

    monkeypatch.setattr(kiwipiepy, "Kiwi", RecordedKiwi)
    analyzer = KoreanAnalyzer()
    assert not loaded
    before = [(token.form, token.tag) for token in analyzer.tokens("모델을 학습한다" * 100)]
    analyzer.tokens("모델")
    assert len(loaded) == 1
    analyzer.release()
    assert len(loaded) == 1
    assert [(token.form, token.tag) for token in analyzer.tokens("모델을 학습한다" * 100)] == before
    assert len(loaded) == 2


def test_morphemes_outlive_a_release() -> None:
    """Kiwi's own tokens do not: they refer to the memory of its dictionaries."""
    analyzer = KoreanAnalyzer()
    known, unknown = analyzer.tokens("모델을 학습한다"), analyzer.tokens("쿼로그를 학습한다")
    best, _ = analyzer.best_analysis("모델을 학습한다")
    read = [tuple(morpheme) for morpheme in (*known, *unknown, *best)]
    analyzer.release()
    assert [tuple(morpheme) for morpheme in (*known, *unknown, *best)] == read
    assert not any(type(morpheme).__module__.startswith("kiwi") for morpheme in (*known, *unknown, *best))
    assert any(morpheme.oov for morpheme in unknown)


def test_tokens_of_a_short_text_are_cached() -> None:
    analyzer = korean_analyzer()
    assert analyzer.tokens("이상 탐지") is analyzer.tokens("이상 탐지")
    assert [(token.form, token.start) for token in analyzer.tokens("이상 탐지")] == [("이상", 0), ("탐지", 3)]


def test_the_process_shares_one_analyzer() -> None:
    assert korean_analyzer() is korean_analyzer()


def test_splits_sentences_and_sets_spaces() -> None:
    analyzer = korean_analyzer()
    text = "모델은 빠르다. 성능도 좋다."
    assert [text[start:end] for start, end in analyzer.split_sentences(text)] == ["모델은 빠르다.", "성능도 좋다."]
    assert analyzer.respace("모델은빠 르다") == "모델은 빠르다"
    tokens, likely = analyzer.best_analysis("모델은 빠르다")
    assert tokens[0].form == "모델"
    assert likely > analyzer.best_analysis("모 델은빠 르다")[1]


@pytest.mark.parametrize(("word", "common"), [("정보", True), ("이상탐지", True), ("라마", False), ("딥시크", False)])
def test_distinguishes_common_nouns_from_names(word: str, common: bool) -> None:
    assert is_common_noun(word) is common
