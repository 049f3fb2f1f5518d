"""Filters: user input is parsed, and an error names the field."""

from __future__ import annotations

from typing import Any

import pytest

from nonmun import InputError
from nonmun.index.domain.filters import NO_FILTER, parse_date, parse_filter


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"since": "last week"}, "since"),
        ({"until": "2025-02-30"}, "until"),
        ({"since": "2025-05-02", "until": "2025-05-01"}, "since"),
        ({"by": "ingested"}, "by"),
        ({"papers": ["no id"]}, "papers"),
        ({"sections": ["limits"]}, "sections"),
        ({"lang": "fr"}, "lang"),
        ({"source": "blog"}, "source"),
        ({"trust": ["good"]}, "trust"),
    ],
)
def test_errors_name_the_field(given: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as error:
        parse_filter(**given)
    assert error.value.field == field


@pytest.mark.parametrize("value", ["last week", "2025-02-30", "2025-5-1", 2025])
def test_rejects_other_notations_of_dates(value: object) -> None:
    with pytest.raises(InputError, match=r"since: .* is not a valid date \(expected YYYY-MM-DD\)"):
        parse_date("since", value)


def test_parses_any_notation_of_an_arxiv_id() -> None:
    notations = ["arXiv:1706.03762v5", "https://arxiv.org/abs/1706.03762"]
    assert parse_filter(papers=notations).papers == ("1706.03762",) * 2


def test_defaults_fill_in_a_missing_window_and_missing_papers() -> None:
    days, papers = parse_filter(since="2025-03-03", until="2025-03-04"), parse_filter(papers=["1706.03762"])
    both = papers.with_defaults(days)
    assert (both.papers, both.since, both.until) == (papers.papers, days.since, days.until)
    assert days.with_defaults(papers) == both
    own = parse_filter(since="2025-05-05", papers=["2106.09685"])
    assert own.with_defaults(both) == own
    assert NO_FILTER.with_defaults(NO_FILTER) == NO_FILTER
