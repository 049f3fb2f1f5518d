"""Request objects from loosely typed input: parsed, or an error that names the field."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import date
from typing import Any

import pytest

from nonmun import Filter, InputError, Library, Turn
from nonmun.api.requests import AskRequest, SearchRequest

QUESTION = "어텐션만으로 번역하는 모델"


def test_parses_dates_and_papers() -> None:
    where = {"since": "2025-03-03", "until": "2025-03-05", "papers": ["https://arxiv.org/abs/1706.03762v5"]}
    request = SearchRequest.from_input(f" {QUESTION}\n", 3, where=where, as_of="2025-03-10", without=["a:summary:0"])
    window = Filter(date(2025, 3, 3), date(2025, 3, 5), papers=("1706.03762",))
    assert request == SearchRequest(QUESTION, 3, window, date(2025, 3, 10), ("a:summary:0",))


def test_parses_history() -> None:
    history = [{"question": "x", "papers": ["1706.03762"]}, Turn("y")]
    request = AskRequest.from_input(QUESTION, history=history, generate=False, stream=True)
    assert request.history == (Turn("x", ("1706.03762",)), Turn("y"))
    assert (request.generate, request.stream) == (False, True)


def test_keeps_parsed_values() -> None:
    where, day = Filter(lang="ko"), date(2025, 3, 10)
    assert AskRequest.from_input(QUESTION, where=where, as_of=day) == AskRequest(QUESTION, where=where, as_of=day)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"question": ""}, "question"),
        ({"question": None}, "question"),
        ({"k": 0}, "k"),
        ({"k": "5"}, "k"),
        ({"where": {"since": "last week"}}, "since"),
        ({"where": {"papers": ["x"]}}, "papers"),
        ({"where": {"sections": ["limits"]}}, "sections"),
        ({"where": {"lang": "fr"}}, "lang"),
        ({"where": {"day": "2025-05-16"}}, "where.day"),
        ({"as_of": "today"}, "as_of"),
        ({"history": [{"question": "x", "colour": 1}]}, "history.0.colour"),
        ({"history": [{"question": "x"}, {}]}, "history.1.question"),
        ({"history": [{"question": "x"}, {"question": "x", "papers": [1]}]}, "history.1.papers"),
        ({"history": [{"question": "x", "papers": "1706.03762"}]}, "history.0.papers"),
    ],
)
def test_errors_name_the_invalid_field(given: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        AskRequest.from_input(**({"question": QUESTION} | given))
    assert caught.value.field == field
    assert str(caught.value).startswith(f"{field}: ")


def test_requests_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        SearchRequest(QUESTION).k = 2  # pyright: ignore[reportAttributeAccessIssue]


def test_a_request_gives_what_the_parameters_give(sample_library: Library) -> None:
    where, day = Filter(lang="ko"), date(2025, 3, 10)
    search = SearchRequest(QUESTION, 3, where, day)
    assert sample_library.answering.search(search) == sample_library.search(QUESTION, 3, where=where, as_of=day)
    papers = ["1706.03762", "2106.09685"]
    explained = sample_library.explain(QUESTION, papers, where=where, as_of=day)
    assert sample_library.answering.explain(search, papers) == explained
    ask = AskRequest("그 논문의 한계는?", 3, history=(Turn("x", ("2106.09685",)),))
    answer = sample_library.ask(ask.question, 3, history=ask.history)
    assert sample_library.answering.ask(ask) == answer
    assert list(sample_library.answering.stream(ask))[-1].answer == answer  # pyright: ignore[reportAttributeAccessIssue]
