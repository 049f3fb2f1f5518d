"""Earlier versions of summaries: what is compared with what, and how words are."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from nonmun import Entry, Paper, PaperDetails
from nonmun.api.web.history import compare_words, version_views
from nonmun.index.domain.papers import Revision

OLD = "모델의 성능을 10% 이상 향상시키고 비용을 줄였습니다."
NEW = "모델의 성능을 12% 이상 향상시키고 비용을 크게 줄였습니다."


def entry(day: str, body: str) -> Entry:
    return Entry(day, "2505.00001", None, "", "", body, (), 1)


def revision(day: str, body: str, ended: str, why: str = "edited") -> Revision:
    return Revision(day, "2505.00001", "a.md", "", body, "2025-05-01T00:00:00+00:00", f"{ended}T00:00:00+00:00", why)


def details(entries: list[Entry], *history: Revision) -> PaperDetails:
    return PaperDetails(Paper("2505.00001", "T", "", "https://arxiv.org/abs/2505.00001"), tuple(entries), history)


def test_changed_words_are_marked() -> None:
    changes = compare_words(OLD, NEW)
    assert changes
    assert [(kind, text.strip()) for kind, text in changes if kind != "same"] == [
        ("removed", "10%"),
        ("added", "12%"),
        ("added", "크게"),
    ]


WORDS = st.lists(st.sampled_from(["가", "나", "다", "the", "a", "\n", " ", "  b\t"]), max_size=30).map(" ".join)


@given(WORDS, WORDS)
def test_the_changes_make_up_the_new_text_and_have_the_words_of_the_old(old: str, new: str) -> None:
    changes = compare_words(old, new)
    if changes is not None:
        assert "".join(text for kind, text in changes if kind != "removed") == new
        assert "".join(text for kind, text in changes if kind != "added").split() == old.split()


def test_different_and_long_texts_are_not_compared() -> None:
    assert compare_words("하나 둘 셋", "one two three") is None
    start = time.process_time()
    assert compare_words("a " * 3_000, "a " * 3_000) is None
    assert compare_words(" " * 300_000, "a b " * 1_000) is None
    assert compare_words("a b " * 1_000, "b a " * 1_000) is not None
    assert time.process_time() - start < 20


def test_a_version_is_compared_with_the_next_one_of_its_day() -> None:
    first, second = (
        revision("2025-05-16", "하나 둘 셋", "2025-05-17"),
        revision("2025-05-16", "하나 둘 넷", "2025-05-18"),
    )
    other = revision("2025-05-15", "하나 둘 다섯", "2025-05-17")
    views, left_out = version_views(details([entry("2025-05-16", "하나 둘 넷 여섯")], other, first, second))
    assert left_out == 0
    assert [view.until for view in views] == ["2025-05-18", "2025-05-17", "2025-05-17"]
    assert [[text.strip() for kind, text in view.changes if kind == "added"] for view in views] == [
        ["여섯"],
        ["넷"],
        [],
    ]
    assert [view.is_compared for view in views] == [True, True, False]
    assert views[2].changes == (("same", "하나 둘 다섯"),)


def test_a_moved_text_is_compared_with_itself() -> None:
    moved = revision("2025-05-16", OLD, "2025-05-17", "moved")
    (view,), _ = version_views(details([entry("2025-05-18", OLD)], moved))
    assert (view.why, view.changes, view.lang) == ("moved", (("same", OLD),), "ko")
    assert view.is_compared


def test_the_newest_versions_are_shown() -> None:
    history = [revision("2025-05-16", f"{at} 하나 둘", f"2025-06-{at:02}") for at in range(1, 26)]
    views, left_out = version_views(details([entry("2025-05-16", "하나 둘")], *history))
    assert (len(views), left_out) == (20, 5)
    assert views[0].until == "2025-06-25"
