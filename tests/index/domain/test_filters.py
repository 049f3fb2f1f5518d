"""Filters: what they let through equals brute force, days mean what they say, mistakes are told."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun import Filter, InputError, Library
from nonmun.index.catalog.base import CatalogView
from nonmun.index.catalog.database import Catalog
from nonmun.index.domain.chunks import Chunk
from nonmun.index.domain.filters import EVERYTHING, read_filter
from nonmun.index.domain.papers import SectionName
from nonmun.index.domain.trust import Label
from nonmun.index.query.question import parse_question
from nonmun.index.retrieval.searcher import SearchRequest

QUESTIONS = [
    "어텐션으로 번역하는 모델",
    "reinforcement learning from human feedback",
    "이미지 생성의 한계",
    "1706.03762",
]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, hash_embedder: Any, samples: Path) -> Iterator[Library]:
    """The samples in a generation, and one more day that came after it."""
    folder = tmp_path_factory.mktemp("filters")
    with Library.open(folder / "data", embedding=hash_embedder()) as library:
        library.ingest(samples / "digests", samples / "abstracts.jsonl")
        later = folder / "2031-01-02.md"
        later.write_text(
            "## 1706.03762\n🔗 https://arxiv.org/abs/1706.03762\n\n**Summary**:\n### 결과\n"
            "어텐션만으로 번역이 나아졌다.\n",
            "utf-8",
        )
        library.ingest(later)
        with library._catalog.write() as transaction:
            for at, paper in enumerate(sorted(transaction.papers.ids())):
                day = (date(2024, 1, 1) + timedelta(days=30 * at)).isoformat()
                transaction.session.write("UPDATE sources SET published = ? WHERE paper_id = ?", (day, paper))
        yield library


@pytest.fixture(scope="module")
def view(filled: Library) -> Iterator[CatalogView]:
    catalog: Catalog = filled._catalog
    with catalog.view() as view:
        yield view


def passes(wanted: Filter, chunk: Chunk, view: CatalogView) -> bool:
    """The same as a filter, a chunk at a time."""
    paper = view.papers.by_ids([chunk.paper_id])[chunk.paper_id]
    low, high = (wanted.since or date.min).isoformat(), (wanted.until or date.max).isoformat()
    if wanted.since or wanted.until:
        if wanted.by == "published":
            days = [paper.published] if paper.published else []
        else:
            days = [chunk.digest_date] if chunk.digest_date else list(paper.digest_dates)
        if not any(low <= day <= high for day in days if day):
            return False
    label = view.entries.labels([chunk.paper_id]).get((chunk.paper_id, chunk.digest_date or ""))
    return (
        (not wanted.papers or chunk.paper_id in wanted.papers)
        and (not wanted.sections or chunk.section in wanted.sections)
        and wanted.lang in {None, chunk.lang}
        and wanted.source in {None, chunk.source}
        and (not wanted.trust or chunk.source == "abstract" or label in wanted.trust)
    )


@st.composite
def filters(draw: st.DrawFn) -> Filter:
    days = st.one_of(st.none(), st.dates(date(2023, 6, 1), date(2026, 6, 1)), st.just(date(2031, 1, 2)))
    ends = sorted(day for day in (draw(days), draw(days)) if day)
    since, until = ends if len(ends) == 2 else draw(st.sampled_from([(None, None), *((one, None) for one in ends)]))
    papers = st.lists(
        st.sampled_from(["1706.03762", "2106.09685", "2212.04356", "2999.00001"]), max_size=2, unique=True
    )
    sections = st.lists(st.sampled_from([*get_args(SectionName), "abstract"]), max_size=3, unique=True)
    return Filter(
        since,
        until,
        draw(st.sampled_from(["digest", "published"])),
        tuple(draw(papers)),
        tuple(draw(sections)),
        draw(st.sampled_from([None, "ko", "en"])),
        draw(st.sampled_from([None, "summary", "abstract"])),
        tuple(draw(st.lists(st.sampled_from(get_args(Label)), max_size=2, unique=True))),
    )


@given(wanted=filters())
def test_rows_are_those_of_a_slow_filter(view: CatalogView, wanted: Filter) -> None:
    chunks = view.chunks.of_papers(view.papers.ids())
    assert view.chunks.rows(wanted).tolist() == sorted(
        row for row, chunk in chunks.items() if passes(wanted, chunk, view)
    )
    assert view.chunks.rows(wanted).dtype == np.int64


@given(wanted=filters(), question=st.sampled_from(QUESTIONS))
def test_a_filtered_search_is_a_search_of_what_is_let_through(
    filled: Library, view: CatalogView, wanted: Filter, question: str
) -> None:
    """As if nothing else could be found: every channel names only what may speak, and misses none of it."""
    if not wanted:
        return
    found = filled.search(question, 100, where=wanted)
    allowed = {chunk.chunk_id: chunk for chunk in view.chunks.all() if passes(wanted, chunk, view)}
    assert {hit.paper_id for hit in found.hits} == {chunk.paper_id for chunk in allowed.values()}
    assert {one.chunk_id for hit in found.hits for one in hit.evidence} <= allowed.keys()
    # The dense scores are those of an exact comparison with each chunk.
    whole = filled.search(question, 100)
    scores = {one.chunk_id: one.score for hit in whole.hits for one in hit.evidence}
    for hit in found.hits:
        for one in hit.evidence:
            assert one.score == pytest.approx(scores.get(one.chunk_id, one.score), abs=1e-5)


def test_days_of_digests_and_of_papers(filled: Library) -> None:
    late = filled.search("어텐션", where=read_filter(since="2031-01-01"))
    assert [hit.paper_id for hit in late.hits] == ["1706.03762"]
    sources = {one.source for hit in late.hits for one in hit.evidence}
    assert sources == {"summary", "abstract"}  # of the papers in those digests, their abstracts too
    assert filled.search("어텐션", where=read_filter(since="2031-01-03")).hits == ()
    first = filled.search("모델", 100, where=read_filter(until="2024-01-01", by="published"))
    assert len(first.hits) == 1


def test_days_in_the_words_of_a_question(filled: Library) -> None:
    asked = "어제 올라온 어텐션 논문"
    found = filled.search(asked, as_of=date(2031, 1, 3))
    assert [hit.paper_id for hit in found.hits] == ["1706.03762"]
    told = found.interpretation
    assert (told.since, told.until, told.by) == ("2031-01-02", "2031-01-02", "digest")
    assert told.window.startswith("어제")
    answer = filled.ask(asked, as_of=date(2032, 1, 3))
    assert (answer.abstained, answer.reason, answer.hits) == (True, "outside_window", ())
    # A filter's own days come first.
    given_days = filled.search(asked, where=read_filter(until="2026-01-01"), as_of=date(2031, 1, 3))
    assert (given_days.interpretation.window, given_days.interpretation.until) == ("", "2026-01-01")


def test_a_question_for_nothing_but_a_day_finds_all_of_it(filled: Library) -> None:
    result = filled.searcher.search(SearchRequest("어제 나온 논문 뭐 있어?", as_of=date(2031, 1, 3)))
    assert [hit.paper_id for hit in result.hits] == ["1706.03762"]
    assert result.relevant == {"1706.03762"}
    assert parse_question("어제 나온 논문 뭐 있어?", date(2031, 1, 3)).topic == ""


def test_a_named_paper_outside_the_filter_is_not_found(filled: Library) -> None:
    answer = filled.ask("2212.04356의 결과는?", where=read_filter(since="2031-01-01"))
    assert "2212.04356" not in {hit.paper_id for hit in answer.hits}
    assert (answer.abstained, answer.reason) == (True, "outside_window")


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
def test_mistakes_name_the_field(given: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as error:
        read_filter(**given)
    assert error.value.field == field


def test_spellings_of_papers() -> None:
    spellings = ["arXiv:1706.03762v5", "https://arxiv.org/abs/1706.03762"]
    assert read_filter(papers=spellings).papers == ("1706.03762",) * 2


def test_the_empty_filter_lets_everything_through(view: CatalogView) -> None:
    assert not EVERYTHING
    assert not Filter(by="published")
    assert Filter(lang="ko")
    assert len(view.chunks.rows(EVERYTHING)) == view.chunks.count()


@pytest.mark.parametrize("by", ["digest", "published"])
@pytest.mark.parametrize(("since", "until"), [(None, None), ("2025-03-04", "2025-03-05"), ("2024-03-01", None)])
def test_newest_papers_equal_brute_force(view: CatalogView, by: Any, since: str | None, until: str | None) -> None:
    wanted = read_filter(since=since, until=until, by=by)
    papers = view.papers.by_ids(view.papers.ids())
    last = until or "9999"

    def day(paper_id: str) -> str:
        paper = papers[paper_id]
        return (
            (paper.published or "")
            if by == "published"
            else max((d for d in paper.digest_dates if d <= last), default="")
        )

    through = {chunk.paper_id for chunk in view.chunks.all() if passes(wanted, chunk, view)}
    expected = sorted(sorted(through), key=day, reverse=True)
    assert view.chunks.newest_papers(wanted, 100) == expected
    assert view.chunks.newest_papers(wanted, 2) == expected[:2]
    assert view.chunks.paper_count(wanted) == len(expected)


def test_narrowed_by_another_filter() -> None:
    days, papers = read_filter(since="2025-03-03", until="2025-03-04"), read_filter(papers=["1706.03762"])
    both = papers.narrowed(days)
    assert (both.papers, both.since, both.until) == (papers.papers, days.since, days.until)
    assert days.narrowed(papers) == both
    own = read_filter(since="2025-05-05", papers=["2106.09685"])
    assert own.narrowed(both) == own
    assert EVERYTHING.narrowed(EVERYTHING) == EVERYTHING
