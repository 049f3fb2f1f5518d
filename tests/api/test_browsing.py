"""Days, pages of papers, and papers like another one."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from nonmun import Filter, InputError, Library, NotFoundError


def test_pages_hold_every_paper_once_newest_first(sample_library: Library) -> None:
    whole = sample_library.list_papers(limit=200)
    pages = [sample_library.list_papers(limit=5, offset=offset) for offset in range(0, whole.total + 5, 5)]
    assert [paper for page in pages for paper in page.papers] == list(whole.papers)
    # One of the 17 has no text: its summary is a refusal.
    assert len({paper.paper_id for paper in whole.papers}) == whole.total == 16
    assert {page.total for page in pages} == {16}
    latest = [paper.digest_dates[-1] for paper in whole.papers]
    assert latest == sorted(latest, reverse=True)


def test_page_passes_a_filter(sample_library: Library) -> None:
    day = date.fromisoformat(sample_library.status().days[0])
    page = sample_library.list_papers(where=Filter(since=day, until=day))
    assert page.total == len(page.papers) > 0
    assert all(day.isoformat() in paper.digest_dates for paper in page.papers)


@pytest.mark.parametrize("limits", [{"limit": 0}, {"limit": 201}, {"offset": -1}])
def test_page_limits(sample_library: Library, limits: dict[str, int]) -> None:
    with pytest.raises(InputError, match=next(iter(limits))):
        sample_library.list_papers(**limits)


def test_digests_count_new_and_repeated_papers(sample_library: Library, samples: Path) -> None:
    days = sample_library.digests()
    assert [day.digest_date for day in days] == sorted(sample_library.status().days, reverse=True)
    assert sum(day.new for day in days) == 17
    for day in days:
        assert day.papers == sum(day.labels.values()) == len(sample_library.digest(day.digest_date).entries)
        text = (samples / "digests" / f"{day.digest_date}.md").read_text("utf-8")
        assert text.count("\n**Summary**") == day.papers


def test_digest_lists_its_papers_in_order_with_its_neighbors(sample_library: Library, samples: Path) -> None:
    days = sample_library.status().days
    for at, day in enumerate(days):
        digest = sample_library.digest(day)
        text = (samples / "digests" / f"{day}.md").read_text("utf-8")
        places = [text.index(f"## {entry.paper.paper_id}") for entry in digest.entries]
        assert places == sorted(places)
        assert digest.previous == (days[at - 1] if at else None)
        assert digest.next == (days[at + 1] if at + 1 < len(days) else None)
        assert all(entry.is_new == (entry.paper.digest_dates[0] == day) for entry in digest.entries)
    with pytest.raises(NotFoundError):
        sample_library.digest("2020-01-01")
    with pytest.raises(InputError):
        sample_library.digest("yesterday")


def test_similar_papers_exclude_the_paper_itself(sample_library: Library) -> None:
    paper = sample_library.list_papers(limit=1).papers[0]
    results = sample_library.similar(f"arXiv:{paper.paper_id}v1", 3)
    assert len(results.hits) == 3
    assert paper.paper_id not in {hit.paper_id for hit in results.hits}
    assert results.question == paper.title
    only = results.hits[-1].paper_id
    assert [hit.paper_id for hit in sample_library.similar(paper.paper_id, where=Filter(papers=(only,))).hits] == [only]
    with pytest.raises(NotFoundError):
        sample_library.similar("2001.00001")
