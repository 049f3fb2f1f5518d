"""A phrase is found where its expression matches, and compiled no sooner than a text holds what it needs."""

from __future__ import annotations

from nonmun.index.analysis.lazy_patterns import LazyPattern


def test_compiled_when_needed() -> None:
    phrase = LazyPattern(r"(\d+)\s?days?", "day")
    assert list(phrase.found("three weeks, 3")) == []
    assert "compiled" not in vars(phrase)
    assert [match[1] for match in phrase.found("3 days, 10 Days")] == ["3", "10"]
