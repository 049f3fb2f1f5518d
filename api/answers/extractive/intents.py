"""Intents: the registry of composers by intent, and the one place to add an intent.

A new kind of answer is one module, imported by the `__init__` of this package, that calls `register_intent` with the
rule that detects its questions, the composer of its answers, and its lead line:

    def compose_timeline(context: CompositionContext) -> AnswerDraft:
        oldest_first = replace(context, hits=tuple(sorted(context.hits, key=lambda hit: hit.digest_dates)))
        return compose_list(oldest_first, "timeline")

    register_intent(
        "timeline",
        matches=lambda context: "연대순" in context.text,
        compose=compose_timeline,
        lead={"ko": "오래된 것부터 인용합니다.", "en": "The oldest first."},
        before="list",
    )
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass

from ....index.domain.papers import Language
from ....index.query import intent as detection
from ..rendering.messages import register_lead, unregister_lead
from .composer import (
    Composer,
    compose_comparison,
    compose_digest,
    compose_explanation,
    compose_figure,
    compose_list,
    compose_record,
    compose_section,
)


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """How the questions of one intent are answered.

    Attributes:
        compose: the composer of the answers.
        quotes_all_papers: whether every relevant paper is quoted, instead of the best one and those near it.
        checks_premises: whether a question is refused if the papers lack what it presupposes.
    """

    compose: Composer
    quotes_all_papers: bool = False
    checks_premises: bool = False


_FORMS: dict[detection.Intent, AnswerForm] = {
    "list": AnswerForm(compose_list, checks_premises=True),
    "explain": AnswerForm(compose_explanation, checks_premises=True),
    "section": AnswerForm(compose_section, checks_premises=True),
    "compare": AnswerForm(compose_comparison, checks_premises=True),
    "record": AnswerForm(compose_record),
    "figure": AnswerForm(compose_figure, checks_premises=True),
    "digest": AnswerForm(compose_digest, quotes_all_papers=True),
}


def register_intent(
    name: detection.Intent,
    matches: Callable[[detection.IntentContext], bool],
    compose: Composer,
    *,
    lead: Mapping[Language, str],
    before: detection.Intent | None = None,
    quotes_all_papers: bool = False,
) -> None:
    """Add an intent: detection rule, composer and lead line.

    Args:
        name: of the intent, and of its lead line in drafts.
        matches: whether a question has the intent.
        compose: the composer of its answers.
        lead: the first line of its answers, in every language of answers.
        before: the intent over which it takes precedence; by default it comes last.
        quotes_all_papers: as in `AnswerForm`.

    Raises:
        ValueError: the intent or its lead exists already, a language is missing, or `before` is unknown.
    """
    with ExitStack() as undo:
        if name in _FORMS:
            raise ValueError(f"the intent {name!r} has a composer already")
        _FORMS[name] = AnswerForm(compose, quotes_all_papers)
        undo.callback(_FORMS.pop, name)
        register_lead(name, lead)
        undo.callback(unregister_lead, name)
        detection.register_intent(detection.IntentRule(name, matches), before=before)
        undo.pop_all()


def unregister_intent(name: detection.Intent) -> None:
    """Remove an intent that `register_intent` added.

    Raises:
        KeyError: no such intent is registered.
    """
    detection.unregister_intent(name)
    unregister_lead(name)
    del _FORMS[name]


def answer_form(intent: detection.Intent) -> AnswerForm:
    """Return how questions of an intent are answered; as lists if the intent has no composer."""
    return _FORMS.get(intent, _FORMS["list"])
