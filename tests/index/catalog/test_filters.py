"""Metadata filters in SQL and in searches: equal to a brute-force filter over chunks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun import Filter, Library
from nonmun.index.catalog.base import CatalogView
from nonmun.index.catalog.database import Catalog
from nonmun.index.domain.chunks import Chunk
from nonmun.index.domain.filters import NO_FILTER, parse_filter
from nonmun.index.domain.papers import SectionName
from nonmun.index.domain.trust import Label
from nonmun.index.query.question import parse_question
from nonmun.index.retrieval.request import RetrievalRequest

QUESTIONS = [
    "어텐션으로 번역하는 모델",
    "reinforcement learning from human feedback",
    "이미지 생성의 한계",
    "1706.03762",
]


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, hash_embedder: Any, samples: Path) -> Iterator[Library]:
    """The samples in a generation, and one more day after it."""
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
            for number, paper_id in enumerate(sorted(transaction.papers.ids())):
                day = (date(2024, 1, 1) + timedelta(days=30 * number)).isoformat()
                transaction.session.write("UPDATE sources SET published = ? WHERE paper_id = ?", (day, paper_id))
        yield library


@pytest.fixture(scope="module")
def view(filled: Library) -> Iterator[CatalogView]:
    catalog: Catalog = filled._catalog
    with catalog.view() as view:
        yield view


def passes(wanted: Filter, chunk: Chunk, view: CatalogView) -> bool:
    """Apply a filter to one chunk, without SQL."""
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
    since, until = ends if len(ends) == 2 else draw(st.sampled_from([(None, None), *((end, None) for end in ends)]))
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
def test_rows_equal_brute_force(view: CatalogView, wanted: Filter) -> None:
    chunks = view.chunks.of_papers(view.papers.ids())
    assert view.chunks.rows(wanted).tolist() == sorted(
        row for row, chunk in chunks.items() if passes(wanted, chunk, view)
    )
    assert view.chunks.rows(wanted).dtype == np.int64


@given(wanted=filters(), question=st.sampled_from(QUESTIONS))
def test_a_filtered_search_equals_a_search_of_the_passing_chunks(
    filled: Library, view: CatalogView, wanted: Filter, question: str
) -> None:
    """Every channel returns passing chunks only, and all of them."""
    if not wanted:
        return
    results = filled.search(question, 100, where=wanted)
    allowed = {chunk.chunk_id: chunk for chunk in view.chunks.all() if passes(wanted, chunk, view)}
    assert {hit.paper_id for hit in results.hits} == {chunk.paper_id for chunk in allowed.values()}
    assert {evidence.chunk_id for hit in results.hits for evidence in hit.evidence} <= allowed.keys()
    # The dense scores are those of an exact comparison with each chunk.
    unfiltered = filled.search(question, 100)
    scores = {evidence.chunk_id: evidence.score for hit in unfiltered.hits for evidence in hit.evidence}
    for hit in results.hits:
        for evidence in hit.evidence:
            assert evidence.score == pytest.approx(scores.get(evidence.chunk_id, evidence.score), abs=1e-5)


def test_a_window_restricts_digest_dates_or_publication_dates(filled: Library) -> None:
    late = filled.search("어텐션", where=parse_filter(since="2031-01-01"))
    assert [hit.paper_id for hit in late.hits] == ["1706.03762"]
    sources = {evidence.source for hit in late.hits for evidence in hit.evidence}
    assert sources == {"summary", "abstract"}  # the abstracts of the papers in those digests pass too
    assert filled.search("어텐션", where=parse_filter(since="2031-01-03")).hits == ()
    first = filled.search("모델", 100, where=parse_filter(until="2024-01-01", by="published"))
    assert len(first.hits) == 1


def test_dates_in_a_question_become_a_window(filled: Library) -> None:
    question = "어제 올라온 어텐션 논문"
    results = filled.search(question, as_of=date(2031, 1, 3))
    assert [hit.paper_id for hit in results.hits] == ["1706.03762"]
    interpretation = results.interpretation
    assert (interpretation.since, interpretation.until, interpretation.by) == ("2031-01-02", "2031-01-02", "digest")
    assert interpretation.window.startswith("어제")
    answer = filled.ask(question, as_of=date(2032, 1, 3))
    assert (answer.abstained, answer.reason, answer.hits) == (True, "outside_window", ())
    # A filter's window takes precedence.
    filtered = filled.search(question, where=parse_filter(until="2026-01-01"), as_of=date(2031, 1, 3))
    assert (filtered.interpretation.window, filtered.interpretation.until) == ("", "2026-01-01")


def test_a_question_about_a_day_alone_returns_its_papers(filled: Library) -> None:
    result = filled.searcher.search(RetrievalRequest("어제 나온 논문 뭐 있어?", as_of=date(2031, 1, 3)))
    assert [hit.paper_id for hit in result.hits] == ["1706.03762"]
    assert result.assessment.relevant == {"1706.03762"}
    assert parse_question("어제 나온 논문 뭐 있어?", date(2031, 1, 3)).topic == ""


def test_a_named_paper_outside_the_filter_is_not_returned(filled: Library) -> None:
    answer = filled.ask("2212.04356의 결과는?", where=parse_filter(since="2031-01-01"))
    assert "2212.04356" not in {hit.paper_id for hit in answer.hits}
    assert (answer.abstained, answer.reason) == (True, "outside_window")


def test_the_empty_filter_passes_every_chunk(view: CatalogView) -> None:
    assert not NO_FILTER
    assert not Filter(by="published")
    assert Filter(lang="ko")
    assert len(view.chunks.rows(NO_FILTER)) == view.chunks.count()


@pytest.mark.parametrize("by", ["digest", "published"])
@pytest.mark.parametrize(("since", "until"), [(None, None), ("2025-03-04", "2025-03-05"), ("2024-03-01", None)])
def test_newest_papers_equal_brute_force(view: CatalogView, by: Any, since: str | None, until: str | None) -> None:
    wanted = parse_filter(since=since, until=until, by=by)
    papers = view.papers.by_ids(view.papers.ids())
    last = until or "9999"

    def day(paper_id: str) -> str:
        paper = papers[paper_id]
        return (
            (paper.published or "")
            if by == "published"
            else max((d for d in paper.digest_dates if d <= last), default="")
        )

    passing = {chunk.paper_id for chunk in view.chunks.all() if passes(wanted, chunk, view)}
    expected = sorted(sorted(passing), key=day, reverse=True)
    assert view.chunks.newest_papers(wanted, 100) == expected
    assert view.chunks.newest_papers(wanted, 2) == expected[:2]
    assert view.chunks.paper_count(wanted) == len(expected)
