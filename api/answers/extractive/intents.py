"""Intents: the registry of composers by intent."""

from __future__ import annotations

from dataclasses import dataclass

from .composer import (
    Composer,
    compose_comparison,
    compose_digest,
    compose_explanation,
    compose_figure,
    compose_list,
    compose_section,
)


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """How the questions of one intent are answered.

    Attributes:
        compose: the composer of the answers.
        quotes_all_papers: whether every relevant paper is quoted, instead of the best one and those near it.
    """

    compose: Composer
    quotes_all_papers: bool = False


_FORMS: dict[str, AnswerForm] = {
    "list": AnswerForm(compose_list),
    "explain": AnswerForm(compose_explanation),
    "section": AnswerForm(compose_section),
    "compare": AnswerForm(compose_comparison),
    "figure": AnswerForm(compose_figure),
    "digest": AnswerForm(compose_digest, quotes_all_papers=True),
}


def register_composer(intent: str, compose: Composer, *, quotes_all_papers: bool = False) -> None:
    """Set the composer of an intent that is detected already.

    Args:
        intent: name of the intent.
        compose: the composer of its answers.
        quotes_all_papers: as in `AnswerForm`.

    Raises:
        ValueError: the intent has a composer.
    """
    if intent in _FORMS:
        raise ValueError(f"the intent {intent!r} has a composer already")
    _FORMS[intent] = AnswerForm(compose, quotes_all_papers)


def unregister_composer(intent: str) -> None:
    """Remove the composer of an intent.

    Raises:
        KeyError: the intent has none.
    """
    del _FORMS[intent]


def answer_form(intent: str) -> AnswerForm:
    """Return how questions of an intent are answered; as lists if the intent has no composer."""
    return _FORMS.get(intent, _FORMS["list"])
