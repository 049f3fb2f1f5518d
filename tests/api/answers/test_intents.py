"""Adding an intent: detection rule, composer and lead line through one public function."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from nonmun import Library
from nonmun.api.answers.extractive.composer import AnswerDraft, CompositionContext, compose_list
from nonmun.api.answers.extractive.intents import register_intent, unregister_intent
from nonmun.api.answers.rendering.messages import is_boilerplate
from nonmun.index.domain.papers import Language
from nonmun.index.query import intent

LEAD: dict[Language, str] = {"ko": "오래된 것부터 인용합니다.", "en": "The oldest first."}
NEWER, OLDER = "2006.11239", "1810.04805"
QUESTION = f"{NEWER}와 {OLDER} 논문을 연대순으로 보여줘"


def compose_timeline(context: CompositionContext) -> AnswerDraft:
    oldest_first = replace(context, hits=tuple(sorted(context.hits, key=lambda hit: hit.digest_dates)))
    return compose_list(oldest_first, "timeline")


@pytest.fixture
def timeline() -> Iterator[None]:
    register_intent("timeline", lambda context: "연대순" in context.text, compose_timeline, lead=LEAD, before="list")
    yield
    unregister_intent("timeline")


def test_registered_intent_is_detected_and_composed(timeline: None, sample_library: Library) -> None:
    answer = sample_library.ask(QUESTION)
    assert answer.interpretation.shape == "timeline"
    assert answer.answer.startswith(LEAD["ko"])
    assert is_boilerplate(LEAD["ko"])
    assert is_boilerplate(LEAD["en"])
    assert [hit.paper_id for hit in answer.hits][:2] == [NEWER, OLDER]
    assert list(dict.fromkeys(citation.paper_id for citation in answer.citations)) == [OLDER, NEWER]


def test_unregistered_intent_leaves_no_trace(sample_library: Library) -> None:
    before = sample_library.ask(QUESTION)
    register_intent("timeline", lambda context: "연대순" in context.text, compose_timeline, lead=LEAD, before="list")
    unregister_intent("timeline")
    assert sample_library.ask(QUESTION) == before
    assert before.interpretation.shape != "timeline"
    assert not is_boilerplate(LEAD["ko"])
    with pytest.raises(KeyError):
        unregister_intent("timeline")


@pytest.mark.parametrize(
    ("name", "lead", "message"),
    [
        ("list", LEAD, "'list' has a composer already"),
        ("no_section", LEAD, "'no_section'"),
        ("timeline", {"ko": LEAD["ko"]}, "no text for: en"),
    ],
)
def test_failed_registration_leaves_no_trace(name: str, lead: dict[Language, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        register_intent(name, lambda context: True, compose_timeline, lead=lead)
    assert not is_boilerplate(LEAD["ko"])
    register_intent("timeline", lambda context: False, compose_timeline, lead=LEAD)
    unregister_intent("timeline")


def test_intent_without_composer_is_answered_as_a_list(sample_library: Library) -> None:
    intent.register_intent(intent.IntentRule("timeline", lambda context: "연대순" in context.text), before="list")
    try:
        answer = sample_library.ask(QUESTION)
    finally:
        intent.unregister_intent("timeline")
    assert answer.interpretation.shape == "timeline"
    assert answer.answer.startswith("다음 논문이 이에 대해 말합니다.")
