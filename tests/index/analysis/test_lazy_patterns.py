"""A lazy pattern finds what its expression matches, and is compiled only for texts that hold one of its keys."""

from __future__ import annotations

import pytest

from nonmun.index.analysis.lazy_patterns import LazyPattern


def test_compiled_only_for_a_text_that_holds_a_key() -> None:
    pattern = LazyPattern(r"(\d+)⟦\s?days?⟧")
    assert list(pattern.finditer("three weeks, 3")) == []
    assert "compiled" not in vars(pattern)
    assert [match[1] for match in pattern.finditer("3 days, 10 Days")] == ["3", "10"]


def test_keys_of_alternatives() -> None:
    pattern = LazyPattern(r"(?P<days>\d+)⟦\sdays|\sd\b⟧|(?P<weeks>\d+)\s⟦(?P<unit>weeks)⟧")
    assert [match[0] for match in pattern.finditer("3 days, 4 d, 2 Weeks")] == ["3 days", "4 d", "2 Weeks"]


def test_rejects_an_expression_without_a_key() -> None:
    with pytest.raises(ValueError, match="no key is marked"):
        LazyPattern(r"\d+ days")
