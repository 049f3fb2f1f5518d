"""A lazy pattern matches what its expression matches, and is compiled only for texts that contain one of its keys."""

from __future__ import annotations

import pytest

from nonmun.index.analysis.lazy_patterns import LazyPattern, PatternTable


def test_compiled_only_for_a_text_with_a_key() -> None:
    table = PatternTable([(r"(\d+)⟦\s?days?⟧", "day")])
    (pattern, _), *_ = table.rows
    assert list(table.finditer("three weeks, 3")) == []
    assert "compiled" not in vars(pattern)
    assert [(match[1], value) for match, value in table.finditer("3 days, 10 Days")] == [("3", "day"), ("10", "day")]


def test_keys_in_alternatives() -> None:
    table = PatternTable([(r"(?P<days>\d+)⟦\sdays|\sd\b⟧|(?P<weeks>\d+)\s⟦(?P<unit>weeks)⟧", "time")])
    assert [match[0] for match, _ in table.finditer("3 days, 4 d, 2 Weeks")] == ["3 days", "4 d", "2 Weeks"]


def test_matches_in_the_order_of_the_rows() -> None:
    table = PatternTable([(r"⟦days⟧", 1), (r"⟦weeks⟧", 2), (r"\d\s⟦days⟧", 3)])
    assert [(match[0], row) for match, row in table.finditer("2 weeks, 3 days")] == [
        ("days", 1), ("weeks", 2), ("3 days", 3),
    ]  # fmt: skip


def test_rejects_an_expression_without_a_key() -> None:
    with pytest.raises(ValueError, match="no key is marked"):
        LazyPattern(r"\d+ days")
