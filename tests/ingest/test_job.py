"""The ingestion job: stores only what changed, in any order, one run at a time, and loses nothing."""

from __future__ import annotations

import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from nonmun import BusyError, ConfigError, FileError, Library
from nonmun.ingest.job import IngestReport, JobProgress

HEAD = "# Daily Papers – {day}\n\n"
ENTRY = "## {paper_id}\n🔗 https://huggingface.co/papers/{paper_id}\n\n**Summary**:\n{body}\n\n---\n\n"
LOCK = (
    "import sys, time\nfrom datetime import datetime\nfrom pathlib import Path\n"
    "from nonmun.index.catalog.lock import ingest_lock\n"
    "with ingest_lock(Path(sys.argv[1]), datetime.now()):\n    print('locked', flush=True)\n    time.sleep(60)\n"
)


def digest(day: str = "2025-03-03", **bodies: str) -> str:
    entries = [ENTRY.format(paper_id=f"2505.0000{key[1:]}", body=body) for key, body in bodies.items()]
    return HEAD.format(day=day) + "".join(entries)


def rows(library: Library, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(library.settings.data / "catalog.sqlite")) as connection:
        return connection.execute(sql).fetchall()


def chunks(library: Library) -> list[tuple[object, ...]]:
    return rows(library, "SELECT chunk_id, text, context FROM chunks ORDER BY chunk_id")


def found_texts(library: Library, question: str) -> set[str]:
    return {evidence.text for hit in library.search(question, 100).hits for evidence in hit.evidence}


def messages(report: IngestReport) -> list[str]:
    return [problem.message for problem in report.problems]


@pytest.fixture
def folder(tmp_path: Path, samples: Path) -> Path:
    return Path(shutil.copytree(samples / "digests", tmp_path / "digests"))


@pytest.fixture
def opened(tmp_path: Path, embedder) -> Callable[[str], Library]:
    libraries: list[Library] = []

    def open_(name: str) -> Library:
        libraries.append(Library.open(tmp_path / name, embedding=embedder))
        return libraries[-1]

    yield open_
    for library in libraries:
        library.close()


def test_first_run_stores_everything(library: Library, samples: Path, embedder) -> None:
    report = library.ingest(samples / "digests", samples / "abstracts.jsonl")
    assert (report.days, report.entries, report.papers, report.abstracts) == (4, 19, 17, 15)
    assert (report.new, report.changed, report.unchanged, report.removed, report.failed) == (19, 0, 0, 0, 0)
    assert (report.problems, report.did_nothing, report.generation) == ([], False, 1)
    assert report.chunks == len(chunks(library))
    assert 0 < report.embedded < len(embedder.read)  # the trust assessment embeds sentences that are not stored
    passages = rows(library, "SELECT DISTINCT passage_hash FROM passages")
    assert len(rows(library, "SELECT * FROM vectors")) == len(passages)
    assert 0 < report.sentences <= len(rows(library, "SELECT DISTINCT passage_hash FROM sentences"))
    assert rows(library, "SELECT row FROM chunks ORDER BY 1") == rows(library, "SELECT row FROM chunk_terms ORDER BY 1")


def test_second_run_does_nothing(library: Library, samples: Path, embedder) -> None:
    library.ingest(samples / "digests", samples / "abstracts.jsonl")
    before, embedded = library.status(), len(embedder.read)
    report = library.ingest(samples / "digests", samples / "abstracts.jsonl")
    assert (report.did_nothing, report.unchanged, report.embedded) == (True, 19, 0)
    assert library.status() == before
    assert len(embedder.read) == embedded


def test_nothing_is_embedded_without_a_change(library: Library, samples: Path) -> None:
    library.ingest(samples / "digests")

    def never(texts: object) -> None:
        raise AssertionError

    library.embedder.passages = never
    assert library.ingest(samples / "digests").did_nothing


def test_order_of_files_does_not_matter(opened, folder: Path, samples: Path) -> None:
    files = sorted(folder.iterdir())
    first, second = opened("first"), opened("second")
    first.ingest(files, samples / "abstracts.jsonl")
    second.ingest(files[::-1], samples / "abstracts.jsonl")
    assert chunks(first) == chunks(second)


def test_files_one_by_one_give_the_same_index(opened, folder: Path, samples: Path) -> None:
    first, second = opened("first"), opened("second")
    first.ingest(folder, samples / "abstracts.jsonl")
    for file in sorted(folder.iterdir(), reverse=True):
        second.ingest(file)
    second.ingest(folder, samples / "abstracts.jsonl")
    assert chunks(first) == chunks(second)
    # The vector of a text depends on its batch, by up to 1e-5.
    hits, others = first.search("어텐션").hits, second.search("어텐션").hits
    assert [hit.paper_id for hit in hits] == [hit.paper_id for hit in others]
    assert [hit.score for hit in hits] == pytest.approx([hit.score for hit in others], abs=1e-4)


def test_same_paper_on_two_days_has_two_entries(library: Library, samples: Path) -> None:
    library.ingest(samples / "digests")
    details = library.paper("1706.03762")
    assert [entry.digest_date for entry in details.entries] == ["2025-03-03", "2025-03-05"]
    hits = [hit for hit in library.search("1706.03762 어텐션", 100).hits if hit.paper_id == "1706.03762"]
    assert [hit.digest_dates for hit in hits] == [("2025-03-03", "2025-03-05")]


def test_edited_section_changes_only_its_chunks(library: Library, folder: Path) -> None:
    library.ingest(folder)
    before = chunks(library)
    file = folder / "2025-03-03.md"
    text = file.read_text("utf-8")
    assert text.count("BLEU 28.4로") == 1
    file.write_text(text.replace("BLEU 28.4로", "BLEU 29.9로"), "utf-8")
    report = library.ingest(folder)
    assert (report.new, report.changed, report.unchanged) == (0, 1, 18)
    assert (report.chunks_added, report.chunks_removed, report.embedded) == (1, 1, 1)
    assert len(set(before) ^ set(chunks(library))) == 2
    assert any("29.9" in text for text in found_texts(library, "영어-독일어 BLEU 29.9"))
    assert not any("28.4로" in text for text in found_texts(library, "영어-독일어 BLEU 28.4로"))


def test_removed_entry_disappears(library: Library, tmp_path: Path) -> None:
    file = tmp_path / "2025-03-03.md"
    file.write_text(digest(p1="고양이가 걷는다.", p2="강아지가 뛴다."), "utf-8")
    library.ingest(file)
    assert found_texts(library, "고양이가 걷는다") == {"고양이가 걷는다.", "강아지가 뛴다."}
    file.write_text(digest(p2="강아지가 뛴다."), "utf-8")
    report = library.ingest(file)
    assert (report.removed, report.unchanged, report.embedded, report.did_nothing) == (1, 1, 0, False)
    assert found_texts(library, "고양이가 걷는다") == {"강아지가 뛴다."}
    assert found_texts(library, "2505.00001") == {"강아지가 뛴다."}
    assert len(rows(library, "SELECT * FROM vectors")) == 1


def test_readded_entry_is_found_again(library: Library, tmp_path: Path) -> None:
    file = tmp_path / "2025-03-03.md"
    whole = digest(p1="고양이가 걷는다.", p2="강아지가 뛴다.")
    for text in (whole, digest(p2="강아지가 뛴다."), whole):
        file.write_text(text, "utf-8")
        library.ingest(file)
    assert "고양이가 걷는다." in found_texts(library, "고양이가 걷는다")


def test_abstracts_can_be_added_later(library: Library, opened, samples: Path) -> None:
    library.ingest(samples / "digests")
    report = library.ingest(samples / "digests", samples / "abstracts.jsonl")
    assert (report.abstracts, report.new, report.changed) == (15, 0, 0)
    together = opened("together")
    together.ingest(samples / "digests", samples / "abstracts.jsonl")
    assert chunks(library) == chunks(together)
    assert library.paper("1706.03762").paper.title == "Attention Is All You Need"


def test_abstracts_of_other_papers_only_on_request(library: Library, samples: Path, folder: Path) -> None:
    report = library.ingest(folder / "2025-03-03.md", samples / "abstracts.jsonl")
    assert (report.abstracts, library.status().papers) == (4, 4)
    report = library.ingest(folder / "2025-03-03.md", samples / "abstracts.jsonl", all_abstracts=True)
    assert (report.abstracts, library.status().papers, library.status().abstracts) == (11, 15, 15)
    assert library.paper("2004.04906").paper.digest_dates == ()


def test_changed_abstract_is_embedded_again(library: Library, samples: Path, tmp_path: Path) -> None:
    file = tmp_path / "abstracts.jsonl"
    text = (samples / "abstracts.jsonl").read_text("utf-8")
    file.write_text(text, "utf-8")
    library.ingest(samples / "digests", file)
    file.write_text(text.replace("41.8 on English-French", "43.2 on English-French"), "utf-8")
    report = library.ingest(samples / "digests", file)
    assert (report.abstracts, report.embedded, report.chunks_removed) == (1, report.chunks_added, report.chunks_added)
    assert "43.2" in library.paper("1706.03762").paper.abstract


def test_reports_unreadable_files_and_reads_the_others(library: Library, folder: Path) -> None:
    (folder / "latin.md").write_bytes(b"\xe9t\xe9")
    (folder / "large.md").write_bytes(b"x" * 1_000_001)
    report = library.ingest(folder)
    assert (report.failed, report.entries, library.status().entries) == (2, 19, 19)
    assert len(report.problems) == 2


def test_unreadable_abstracts_abort_the_run_before_a_write(library: Library, folder: Path, tmp_path: Path) -> None:
    bad = tmp_path / "abstracts.jsonl.gz"
    bad.write_bytes(b"\x1f\x8b\x08")
    with pytest.raises(FileError):
        library.ingest(folder, bad)
    assert library.status().entries == 0


def test_stores_the_problems_of_a_digest(library: Library, tmp_path: Path) -> None:
    file = tmp_path / "2025-03-03.md"
    file.write_text(digest(p1="하나.") + "## 2513.00001\n", "utf-8")
    assert len(library.ingest(file).problems) == len(library.ingest(file).problems) == 1
    assert library.status().problems == 1


def test_paper_in_two_files_of_one_day(library: Library, tmp_path: Path) -> None:
    (tmp_path / "a-2025-03-03.md").write_text(digest(p1="처음 말."), "utf-8")
    (tmp_path / "b-2025-03-03.md").write_text(digest(p1="다른 말.", p2="둘째 논문."), "utf-8")
    files = [tmp_path / "b-2025-03-03.md", tmp_path / "a-2025-03-03.md"]
    expected = ["2505.00001 of 2025-03-03 is already in a-2025-03-03.md; that one is used"]
    assert messages(library.ingest(files)) == expected
    before = library.status(), chunks(library)
    second = library.ingest(files)
    assert (messages(second), second.did_nothing) == (expected, True)
    assert (library.status(), chunks(library)) == before
    assert [entry.body for entry in library.paper("2505.00001").entries] == ["처음 말."]


def test_entry_removed_from_one_file_is_taken_from_the_other(library: Library, tmp_path: Path) -> None:
    first, second = tmp_path / "a-2025-03-03.md", tmp_path / "b-2025-03-03.md"
    first.write_text(digest(p1="처음 말.", p3="셋째."), "utf-8")
    second.write_text(digest(p1="다른 말."), "utf-8")
    library.ingest([first, second])
    first.write_text(digest(p3="셋째."), "utf-8")
    for _ in range(3):
        report = library.ingest([first, second])
    assert report.did_nothing
    assert "다른 말." in found_texts(library, "다른 말")


def test_digest_with_a_corrected_date_replaces_itself(library: Library, tmp_path: Path) -> None:
    file = tmp_path / "digest.md"
    for day in ("2025-03-03", "2025-03-04"):
        file.write_text(digest(day, p1="하나."), "utf-8")
        library.ingest(file)
    assert library.paper("2505.00001").paper.digest_dates == ("2025-03-04",)


def test_rejects_another_model(library: Library, samples: Path, tmp_path: Path, embedder) -> None:
    library.ingest(samples / "digests")
    with Library.open(tmp_path / "data", embedding=type(embedder)("other-64")) as other:
        with pytest.raises(ConfigError, match="was built with hash-64, but the model in use is other-64"):
            other.search("어텐션")
        with pytest.raises(ConfigError, match="was built with hash-64"):
            other.ingest(samples / "digests", samples / "abstracts.jsonl")
    assert library.status().abstracts == 0


def test_failure_leaves_complete_documents(library: Library, samples: Path) -> None:
    commits = 0

    def stop(step: JobProgress) -> None:
        nonlocal commits
        commits += step.what == "commit"
        if commits == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        library.ingest(samples / "digests", observe=stop)
    assert (library.status().documents, library.status().entries) == (2, 9)
    assert library.search("어텐션").hits
    report = library.ingest(samples / "digests")
    assert (report.new, report.unchanged, library.status().entries) == (10, 9, 19)


def test_steps_report_the_progress(library: Library, samples: Path) -> None:
    steps: list[JobProgress] = []
    library.ingest(samples / "digests", samples / "abstracts.jsonl", observe=steps.append)
    assert {step.total for step in steps} == {19 + 15}
    done = [step.done for step in steps]
    assert done == sorted(done)
    assert done[-1] == 34
    assert [step.what for step in steps][-1] == "publish:tidy"


def old_chunker(library: Library) -> None:
    with closing(sqlite3.connect(library.settings.data / "catalog.sqlite")) as connection, connection:
        connection.execute("UPDATE chunks SET context = 'old', passage_hash = hex(randomblob(32))")
        connection.execute("UPDATE meta SET value = '0' WHERE key = 'chunker'")


def test_another_chunker_version_rebuilds_the_chunks(library: Library, samples: Path) -> None:
    library.ingest(samples / "digests")
    before = chunks(library)
    old_chunker(library)
    library.ingest(samples / "digests")
    assert chunks(library) == before


def test_interrupted_rechunking_is_completed(library: Library, tmp_path: Path) -> None:
    file = tmp_path / "2025-03-03.md"
    entries = [
        ENTRY.format(paper_id=f"2505.{number:05}", body=f"고양이 {number}마리가 담장을 넘는다.")
        for number in range(1, 71)
    ]
    file.write_text(HEAD.format(day="2025-03-03") + "".join(entries), "utf-8")
    library.ingest(file)
    before = chunks(library)
    old_chunker(library)

    def stop(step: JobProgress) -> None:
        if step.what == "committed":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        library.ingest(file, observe=stop)
    library.ingest(file)
    assert chunks(library) == before


def test_another_analyzer_version_rebuilds_the_terms(library: Library, samples: Path) -> None:
    library.ingest(samples / "digests")
    before = rows(library, "SELECT row, terms FROM chunk_terms ORDER BY row")
    with closing(sqlite3.connect(library.settings.data / "catalog.sqlite")) as connection, connection:
        connection.execute("UPDATE chunk_terms SET terms = 'old'")
        connection.execute("UPDATE meta SET value = '0' WHERE key = 'terms'")
    assert library.ingest(samples / "digests").embedded == 0
    assert rows(library, "SELECT row, terms FROM chunk_terms ORDER BY row") == before


@contextmanager
def holder(folder: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", LOCK, str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "locked\n"
            yield process
        finally:
            process.kill()


def test_second_ingest_is_refused_with_the_holder_of_the_lock(library: Library, samples: Path) -> None:
    with holder(library.settings.data) as process:
        with pytest.raises(BusyError, match=rf"process {process.pid} \(since .*\) is writing to"):
            library.ingest(samples / "digests")
        assert library.search("어텐션").hits == ()
    assert library.ingest(samples / "digests").new == 19


def test_lock_of_a_killed_process_is_taken_over(library: Library, samples: Path) -> None:
    with holder(library.settings.data) as process:
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        assert (library.settings.data / "ingest.holder").exists()
        assert library.ingest(samples / "digests").new == 19
    assert not (library.settings.data / "ingest.holder").exists()


def test_ingest_inside_an_ingest_is_refused(library: Library, opened, samples: Path) -> None:
    refused: list[str] = []

    def again(step: JobProgress) -> None:
        if step.what == "commit" and not refused:
            with pytest.raises(BusyError) as error:
                opened("data").ingest(samples / "digests")
            refused.append(str(error.value))

    assert library.ingest(samples / "digests", observe=again).new == 19
    assert refused


def test_texts_that_swap_papers_keep_their_vectors(library: Library, tmp_path: Path) -> None:
    file = tmp_path / "2025-03-03.md"
    for first, second in (("하나는 고양이.", "둘은 강아지."), ("둘은 강아지.", "하나는 고양이.")):
        file.write_text(digest(p1=first, p2=second), "utf-8")
        library.ingest(file)
    with library._catalog.view() as view:
        rows = view.chunks.of_papers(view.papers.ids())
        model = library.embedder
        assert len(view.vectors.all(model.model_id, model.dimension).rows) == len(rows) == 2
        assert view.chunks.without_vectors(model.model_id) == []


def test_next_run_restores_lost_vectors(library: Library, tmp_path: Path) -> None:
    file = tmp_path / "2025-03-03.md"
    file.write_text(digest(p1="하나는 고양이.", p2="둘은 강아지."), "utf-8")
    library.ingest(file)
    with sqlite3.connect(library.settings.data / "catalog.sqlite") as connection:
        connection.execute("DELETE FROM vectors")
    connection.close()
    assert library.ingest(file).embedded == 2
    with library._catalog.view() as view:
        assert view.chunks.without_vectors(library.embedder.model_id) == []


def test_renamed_file_is_still_ingested(library: Library, tmp_path: Path) -> None:
    old, new = tmp_path / "2025-03-03.md", tmp_path / "digest-2025-03-03.md"
    old.write_text(digest(p1="처음 말."), "utf-8")
    library.ingest(old)
    old.rename(new)
    new.write_text(digest(p1="고친 말."), "utf-8")
    report = library.ingest(new)
    assert (report.changed, report.problems) == (1, [])
    assert library.status().entries == 1
    assert library.ingest(new).did_nothing
