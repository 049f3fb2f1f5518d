"""The bibliography of papers: stored with abstracts, kept where a source has none, and filtered by."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from nonmun import Filter, InputError
from nonmun.index.catalog.database import Catalog
from nonmun.index.domain.chunks import Chunk
from nonmun.index.domain.papers import Abstract, Bibliography

AUTHORS = {
    "2505.00001": Bibliography(
        ("Geoffrey E. Hinton", "Łukasz Kaiser"), ("cs.CL", "cs.LG"), "10.1/x", "Proc. X", "8 pages"
    ),
    "2505.00002": Bibliography(("김철수", "José Ñandú"), ("stat.ML",)),
    "2505.00003": None,
}


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    catalog = Catalog.open(tmp_path / "catalog.sqlite")
    with catalog.write() as transaction:
        for paper_id, bibliography in AUTHORS.items():
            abstract = Abstract(paper_id, "T", "A", "file", None, None, bibliography)
            transaction.papers.put_source(abstract, "2025-05-01")
            transaction.papers.put(paper_id, standalone=True)
            chunk = Chunk(f"{paper_id}:abstract:0", paper_id, "abstract", None, "abstract", 0, "en", "A", "")
            transaction.chunks.replace(paper_id, [chunk], {chunk.chunk_id: "a"})
    yield catalog
    catalog.close()


def passing(catalog: Catalog, where: Filter) -> set[str]:
    with catalog.view() as view:
        return {chunk.paper_id for chunk in view.chunks.by_rows(view.chunks.rows(where).tolist()).values()}


def test_papers_have_their_bibliography(catalog: Catalog) -> None:
    with catalog.view() as view:
        papers = view.papers.by_ids(AUTHORS)
        assert view.papers.sources(AUTHORS)["2505.00001"].bibliography == AUTHORS["2505.00001"]
        assert view.papers.without_bibliography(10) == ["2505.00003"]
    first = papers["2505.00001"]
    assert (first.authors, first.categories) == (("Geoffrey E. Hinton", "Łukasz Kaiser"), ("cs.CL", "cs.LG"))
    assert (first.doi, first.journal_ref, first.comment) == ("10.1/x", "Proc. X", "8 pages")
    assert papers["2505.00003"].authors == ()


def test_a_source_without_bibliography_keeps_the_stored_one(catalog: Catalog) -> None:
    with catalog.write() as transaction:
        transaction.papers.put_source(Abstract("2505.00001", "T", "B"), "later")
    assert passing(catalog, Filter(authors=("hinton",))) == {"2505.00001"}
    with catalog.write() as transaction:
        transaction.papers.put_source(Abstract("2505.00001", "T", "B", bibliography=Bibliography(("Ada L",))), "later")
    assert passing(catalog, Filter(authors=("hinton",))) == set()
    assert passing(catalog, Filter(authors=("ada",))) == {"2505.00001"}


@pytest.mark.parametrize(
    ("author", "found"),
    [
        ("hinton", {"2505.00001"}),
        ("Hinton, G.", {"2505.00001"}),
        ("G. E. Hinton", {"2505.00001"}),
        ("ŁUKASZ KAISER", {"2505.00001"}),
        ("Jose Nandu", {"2505.00002"}),
        ("José Ñandú", {"2505.00002"}),
        ("김철수", {"2505.00002"}),
        ("inton", set()),
        ("Geoffrey Kaiser", set()),  # words of two authors
        ("%", None),
        ("_", None),
    ],
)
def test_names_match_by_words_that_may_be_shortened(catalog: Catalog, author: str, found: set[str] | None) -> None:
    if found is None:
        with pytest.raises(InputError, match="authors"):
            Filter(authors=(author,))
    else:
        assert passing(catalog, Filter(authors=(author,))) == found


def test_categories_match_whole_or_by_archive(catalog: Catalog) -> None:
    assert passing(catalog, Filter(categories=("cs.CL",))) == {"2505.00001"}
    assert passing(catalog, Filter(categories=("CS",))) == {"2505.00001"}
    assert passing(catalog, Filter(categories=("cs.C",))) == set()
    assert passing(catalog, Filter(categories=("stat", "cs"))) == {"2505.00001", "2505.00002"}
    assert passing(catalog, Filter(categories=("cs",), authors=("kim",))) == set()
    with pytest.raises(InputError, match="categories"):
        Filter(categories=("cs.CL OR 1",))
