"""The catalog: atomic transactions, snapshot views, and what each table group stores and returns."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from nonmun import ConfigError, IndexDamagedError
from nonmun.index.catalog.base import Counts
from nonmun.index.catalog.database import Catalog
from nonmun.index.catalog.documents import StoredDocument
from nonmun.index.domain.chunks import Chunk
from nonmun.index.domain.papers import Abstract, Entry, Problem, Provenance, Revision, Section
from nonmun.index.domain.trust import Reason, Trust

DAY = "2025-03-03"
DOCUMENT = StoredDocument(DAY, "a.md", "hash", "1", "")


def entry(paper_id: str = "2505.00001", body: str = "하나. 둘.") -> Entry:
    return Entry(DAY, paper_id, 2, "https://x.org", "제목", body, (Section("results", "결과", 0, 3),), 7)


def chunk(ordinal: int = 0, text: str = "하나.", paper_id: str = "2505.00001") -> Chunk:
    chunk_id = f"{paper_id}:summary@{DAY}:results:{ordinal}"
    return Chunk(chunk_id, paper_id, "summary", DAY, "results", ordinal, "ko", text, "제목")


def put_chunks(catalog: Catalog, chunks: list[Chunk]) -> tuple[int, int]:
    with catalog.write() as transaction:
        transaction.papers.put("2505.00001", standalone=True)
        changed = transaction.chunks.replace(
            "2505.00001", chunks, {chunk.chunk_id: chunk.text.rstrip(".") for chunk in chunks}
        )
        matrix = np.eye(len(chunks), 4, dtype=np.float32)
        transaction.vectors.put([chunk.passage_hash for chunk in chunks], "m", matrix)
    return changed


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "catalog.sqlite"


@pytest.fixture
def catalog(path: Path) -> Iterator[Catalog]:
    catalog = Catalog.open(path)
    yield catalog
    catalog.close()


def test_a_new_catalog_is_empty(catalog: Catalog) -> None:
    with catalog.view() as view:
        assert (view.revision, view.chunks.count(), view.entries.days(), view.papers.ids()) == (0, 0, (), set())


def test_transactions_are_durable(path: Path) -> None:
    statements: list[str] = []
    catalog = Catalog.open(path, trace=statements.append)
    with catalog.write() as transaction:
        modes = [transaction.session.write(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
    catalog.close()
    assert modes == ["wal", 2]
    assert "BEGIN IMMEDIATE" in statements
    assert "COMMIT" in statements


def test_documents_and_entries_round_trip(catalog: Catalog) -> None:
    with catalog.write() as transaction:
        problem = Problem("a.md", 3, "odd")
        transaction.documents.put(StoredDocument(DAY, "a.md", "hash", "1", "here"), "text", "now", [problem])
        transaction.entries.put(entry(), "a.md", "now")
    with catalog.view() as view:
        assert view.entries.of_paper("2505.00001") == [entry()]
        assert view.entries.of_day(DAY) == [("a.md", entry())]
        assert view.documents.get(DAY, "a.md") == StoredDocument(DAY, "a.md", "hash", "1", "here")
        assert view.documents.problems(DAY, "a.md") == [problem]
        assert view.papers.by_ids(["2505.00001", "none"])["2505.00001"].title == "제목"
        assert view.revision == 1


def test_a_transaction_is_rolled_back_when_it_raises(catalog: Catalog) -> None:
    def fail() -> None:
        with catalog.write() as transaction:
            transaction.papers.put("2505.00001", standalone=True)
            transaction.metadata.set("key", "value")
            assert transaction.papers.ids() == {"2505.00001"}
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    with catalog.view() as view:
        assert (view.revision, view.papers.ids(), view.metadata.get("key")) == (0, set(), None)
    with catalog.write() as transaction:
        transaction.papers.put("2505.00002")
    with catalog.view() as view:
        assert view.revision == 1


def test_a_view_is_a_snapshot_while_others_write(catalog: Catalog) -> None:
    with catalog.view() as view:
        assert view.chunks.count() == 0
        put_chunks(catalog, [chunk()])
        assert (view.chunks.count(), view.revision, view.papers.ids()) == (0, 0, set())
        with catalog.view() as newer:
            assert (newer.chunks.count(), newer.revision) == (1, 1)


def test_a_view_cannot_write(catalog: Catalog) -> None:
    with catalog.view() as view:
        for write in (
            lambda: view.papers.put("2505.00001"),
            lambda: view.metadata.set("key", "value"),
            lambda: view.vectors.put([], "m", np.zeros((0, 4), np.float32)),
            view.session.touch,
        ):
            with pytest.raises(RuntimeError, match="a view cannot change the catalog"):
                write()
    with catalog.view() as view:
        assert (view.revision, view.papers.ids()) == (0, set())


def test_a_transaction_reads_its_own_changes(catalog: Catalog) -> None:
    with catalog.write() as transaction:
        transaction.papers.put("2505.00001", standalone=True)
        assert transaction.view.papers.ids() == {"2505.00001"}
        assert transaction.view.revision == 1


def test_transactions_of_many_threads_are_all_committed(catalog: Catalog) -> None:
    def write(number: int) -> None:
        with catalog.write() as transaction:
            transaction.papers.put(f"2505.{number:05}")

    threads = [threading.Thread(target=write, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with catalog.view() as view:
        assert (len(view.papers.ids()), view.revision) == (12, 12)


def test_replace_changes_only_chunks_that_differ(catalog: Catalog) -> None:
    assert put_chunks(catalog, [chunk(0), chunk(1, "둘.")]) == (2, 0)
    with catalog.view() as view:
        before = view.chunks.of_papers(["2505.00001"])
    assert put_chunks(catalog, [chunk(0), chunk(1, "셋.")]) == (1, 1)
    with catalog.view() as view:
        after = view.chunks.of_papers(["2505.00001"])
        terms = {row: text for row, _, text in view.terms.all()}
        assert "둘" not in " ".join(terms.values())
        assert [row for row, text in terms.items() if "셋" in text] == sorted(set(after) - set(before))
        assert view.chunks.count_after(1) == 1
        assert view.vectors.existing([chunk(1, "둘.").passage_hash], "m") == set()
    assert min(set(after) - set(before)) > max(before)
    assert put_chunks(catalog, [chunk(0), chunk(1, "셋.")]) == (0, 0)


def test_row_numbers_are_never_reused(catalog: Catalog) -> None:
    put_chunks(catalog, [chunk(0)])
    put_chunks(catalog, [])
    put_chunks(catalog, [chunk(0)])
    with catalog.view() as view:
        assert list(view.chunks.of_papers(["2505.00001"])) == [2]


def test_keeps_a_vector_that_another_chunk_shares(catalog: Catalog) -> None:
    with catalog.write() as transaction:
        for paper_id in ("2505.00001", "2505.00002"):
            shared = chunk(paper_id=paper_id)
            transaction.papers.put(paper_id)
            transaction.chunks.replace(paper_id, [shared], {shared.chunk_id: ""})
        transaction.vectors.put([shared.passage_hash], "m", np.ones((1, 4), np.float32))
    with catalog.write() as transaction:
        transaction.chunks.replace("2505.00001", [], {})
    with catalog.view() as view:
        assert view.vectors.all("m", 4).rows.tolist() == [2]


def test_a_failed_fetch_keeps_the_stored_abstract(catalog: Catalog) -> None:
    with catalog.write() as transaction:
        transaction.papers.put("2505.00001", standalone=True)
        transaction.papers.put_failure("2505.00001", "failed", "no answer", "one")
    with catalog.view() as view:
        source = view.papers.by_ids(["2505.00001"])["2505.00001"].source
        assert source == Provenance("failed", tried_at="one", reason="no answer")
    known = Abstract("2505.00001", "T", "A", "arxiv", 2, "2025-05-01")
    with catalog.write() as transaction:
        transaction.papers.put_source(known, "two")
        transaction.papers.put_failure("2505.00001", "not_found", "gone", "three")
        transaction.papers.put_source(Abstract("2505.00001", "T", "B"), "four")
        transaction.papers.put_failure("2505.00001", "failed", "again", "five")
    with catalog.view() as view:
        sources, provenance = view.papers.sources(["2505.00001"]), view.papers.provenance(["2505.00001"])
    assert sources == {"2505.00001": Abstract("2505.00001", "T", "B", "file", None, "2025-05-01")}
    assert provenance == {"2505.00001": Provenance("found", "file", None, "four", "five", "again")}


def test_edits_and_removals_of_an_entry_become_revisions(catalog: Catalog) -> None:
    for body, now in (("하나.", "one"), ("하나.", "two"), ("둘.", "three")):
        with catalog.write() as transaction:
            transaction.documents.put(DOCUMENT, body, now)
            transaction.entries.put(entry(body=body), "a.md", now)
    with catalog.view() as view:
        assert [stored.ingested_at for stored in view.entries.of_paper("2505.00001")] == ["three"]
        edited = Revision(DAY, "2505.00001", "a.md", "제목", "하나.", "one", "three", "edited")
        assert view.entries.revisions("2505.00001") == [edited]
    with catalog.write() as transaction:
        transaction.entries.remove(DAY, "2505.00001", "four", "removed")
        transaction.documents.remove(DAY, "a.md")
        transaction.papers.remove_unreferenced("2505.00001")
    with catalog.view() as view:
        assert [revision.why for revision in view.entries.revisions("2505.00001")] == ["edited", "removed"]
        assert (view.papers.ids(), view.documents.all()) == (set(), [])


def test_a_verdict_is_stale_after_a_new_abstract(catalog: Catalog) -> None:
    trust = Trust("contradicted", (Reason("number", "other figure", 0, 3, "15M"),), "2505.00002")
    with catalog.write() as transaction:
        transaction.documents.put(DOCUMENT, "text", "now")
        transaction.entries.put(entry(), "a.md", "now")
        transaction.entries.put_trust(DAY, "2505.00001", trust, "judge")
    with catalog.view() as view:
        assert view.entries.of_paper("2505.00001")[0].trust == trust
        assert view.entries.with_label("contradicted") == [entry()]
        assert (
            view.entries.with_label("refused"),
            view.entries.label_counts(),
            view.entries.without_verdict("judge"),
        ) == ([], {"contradicted": 1}, [])
        assert view.entries.without_verdict("other") == [(DAY, "2505.00001")]
    with catalog.write() as transaction:
        transaction.papers.put_source(Abstract("2505.00001", "T", "A"), "now")
    with catalog.view() as view:
        assert view.entries.without_verdict("judge") == [(DAY, "2505.00001")]


def test_accepts_more_ids_than_a_statement_binds(catalog: Catalog) -> None:
    put_chunks(catalog, [chunk()])
    many = [f"{number}" for number in range(70_000)]
    with catalog.view() as view:
        assert len(view.papers.by_ids([*many, "2505.00001"])) == 1
        assert len(view.chunks.by_rows(range(70_000))) == 1
        assert view.terms.document_frequency([*many, "하나"]) == {"하나": 1}


def test_document_frequencies_count_chunks(catalog: Catalog) -> None:
    chunks = [chunk(0, "하나 둘."), chunk(1, "하나 하나.")]
    put_chunks(catalog, chunks)
    with catalog.view() as view:
        assert view.terms.document_frequency() == {"하나": 2, "둘": 1}
        assert view.terms.document_frequency(["둘", "셋"]) == {"둘": 1}
        assert view.terms.of_chunks([chunks[1].chunk_id]) == {"하나"}


def test_counts_every_table(catalog: Catalog) -> None:
    put_chunks(catalog, [chunk()])
    with catalog.write() as transaction:
        transaction.documents.put(DOCUMENT, "text", "now", [Problem("a.md", 3, "odd")])
        transaction.entries.put(entry(), "a.md", "now")
        transaction.papers.put_source(Abstract("2505.00001", "T", "A"), "now")
    with catalog.view() as view:
        assert view.counts() == Counts(documents=1, entries=1, papers=1, abstracts=1, chunks=1, problems=1)


def test_many_threads_may_open_a_new_catalog_at_once(path: Path) -> None:
    errors: list[BaseException] = []

    def open_catalog() -> None:
        try:
            Catalog.open(path).close()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=open_catalog) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


def test_refuses_a_file_that_is_not_a_database(path: Path) -> None:
    raw = b"no database " * 100
    path.write_bytes(raw)
    with pytest.raises(IndexDamagedError, match="is not a catalog"):
        Catalog.open(path)
    assert path.read_bytes() == raw


def test_refuses_a_folder_and_a_path_in_a_missing_folder(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none" / "catalog.sqlite"):
        with pytest.raises(ConfigError, match="cannot be opened"):
            Catalog.open(path)


def test_a_closed_catalog_cannot_be_read(path: Path) -> None:
    catalog = Catalog.open(path)
    catalog.close()
    with pytest.raises(ConfigError, match="is closed"), catalog.view():
        pass
