"""Failures in the words of the pages: by field and code, with the message of the API where no words fit."""

from __future__ import annotations

import pytest

from nonmun.api.web.failures import FailureView, describe_failure
from nonmun.api.web.texts import TEXTS, Texts
from nonmun.index.domain.papers import Language
from nonmun.index.query.question import MAX_CHARACTERS

NAMES = {"since": "시작일", "until": "종료일", "paper": "논문", "trust": "신뢰도"}


def describe(
    field: str | None,
    query: list[tuple[str, str]],
    code: str = "invalid_input",
    path: str = "/search",
    lang: Language = "ko",
) -> FailureView:
    message = f"{field}: English message"
    return describe_failure(code, field, message, path=path, query=query, names=NAMES, texts=Texts(lang))


def test_a_field_has_its_name_in_the_form_and_its_value() -> None:
    view = describe("papers", [("q", "a b"), ("paper", "adaptclip")])
    assert view == FailureView(f"논문 “adaptclip”: {TEXTS['invalid_paper'][0]}", "", "?q=a+b")


def test_the_wrong_one_of_several_values_is_in_the_detail() -> None:
    view = describe("papers", [("paper", "2505.09264"), ("paper", "x")])
    assert view.detail == "papers: English message"


@pytest.mark.parametrize("field", ["since", "until"])
def test_no_date_and_a_wrong_order_are_told_apart(field: str) -> None:
    assert TEXTS["invalid_since"][0] in describe(field, [(field, "soon")]).message
    swapped = describe("since", [("q", "a"), ("since", "2025-06-01"), ("until", "2025-05-01")])
    assert swapped == FailureView(TEXTS["invalid_window"][0], "", "?q=a")


def test_a_long_value_is_cut() -> None:
    assert len(describe("trust", [("trust", "x" * 5_000)]).message) < 200


def test_unknown_fields_and_codes_keep_the_message() -> None:
    unknown = describe("ignore", [("ignore", "x")])
    assert (unknown.message, unknown.detail) == ("‘ignore’ 값이 올바르지 않습니다.", "ignore: English message")
    other = describe(None, [], code="of_another_kind")
    assert (other.message, other.detail) == (TEXTS["failed"][0], "None: English message")


@pytest.mark.parametrize("page", ["papers", "digests", "weeks", "answers"])
def test_what_is_missing_is_named(page: str) -> None:
    for at, lang in enumerate(("ko", "en")):
        view = describe(None, [], code="not_found", path=f"/{page}/x", lang=lang)
        assert view == FailureView(TEXTS[f"failed_not_found_{page}"][at])
    assert describe(None, [], code="not_found", path="/nope").message == TEXTS["failed_not_found"][0]


def test_the_limit_of_a_question_is_the_real_one() -> None:
    assert all(f"{MAX_CHARACTERS:,}" in text for text in TEXTS["invalid_q"])
