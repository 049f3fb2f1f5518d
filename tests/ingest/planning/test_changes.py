"""Changes, moves and removals: corrected dates, other producers, manual removals, pruning, history."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from nonmun import InputError, Library, NotFoundError
from nonmun.index.domain.papers import Abstract
from nonmun.ingest.report import JobProgress

HEAD = "# Daily Papers – {day}\n\n"
ENTRY = "## {paper_id}\n🔗 https://huggingface.co/papers/{paper_id}\n\n**Summary**:\n{body}\n\n---\n\n"
CAT, DOG, BIRD = (
    "고양이가 이웃집 담장 위를 천천히 걷는다.",
    "강아지가 넓은 공원에서 공을 물고 뛴다.",
    "새가 푸른 하늘 높이 난다.",
)
DAY, NEXT = "2025-03-03", "2025-03-04"


def write(folder: Path, day: str = DAY, name: str | None = None, **bodies: str) -> Path:
    folder.mkdir(exist_ok=True)
    file = folder / (name or f"{day}.md")
    entries = [ENTRY.format(paper_id=f"2505.0000{key[1:]}", body=body) for key, body in bodies.items()]
    file.write_text(HEAD.format(day=day) + "".join(entries), "utf-8")
    return file


def lines(file: Path, *records: dict[str, str]) -> Path:
    file.write_text("\n".join(json.dumps(record, ensure_ascii=False) for record in records), "utf-8")
    return file


def record(body: str, paper: int = 1, day: str = DAY) -> dict[str, str]:
    return {"paper_id": f"2505.0000{paper}", "digest_date": day, "text": body}


def texts(library: Library) -> set[str]:
    """Return all texts that a search finds, the same now and in the next generation."""
    now = found_now(library)
    (library.settings.data / "generations" / "CURRENT").unlink(missing_ok=True)
    library.remove([])  # removes nothing, and publishes what is there
    assert found_now(library) == now
    return now


def found_now(library: Library) -> set[str]:
    return {evidence.text for hit in library.search("고양이 강아지 새", 100).hits for evidence in hit.evidence}


def test_corrected_date_moves_the_entries(library: Library, tmp_path: Path) -> None:
    library.ingest(write(tmp_path, DAY, "digest.md", p1=CAT, p2=DOG))
    report = library.ingest(write(tmp_path, NEXT, "digest.md", p1=CAT, p2=DOG))
    assert (report.new, report.removed) == (2, 2)
    assert library.paper("2505.00001").paper.digest_dates == (NEXT,)
    assert library.status().documents == 1
    assert [(revision.digest_date, revision.why) for revision in library.paper("2505.00001", history=True).history] == [
        (DAY, "moved")
    ]
    assert texts(library) == {CAT, DOG}


def test_same_name_in_another_folder_is_another_file(library: Library, tmp_path: Path) -> None:
    library.ingest(write(tmp_path / "march", DAY, "digest.md", p1=CAT))
    library.ingest(write(tmp_path / "april", NEXT, "digest.md", p1=DOG))
    assert library.paper("2505.00001").paper.digest_dates == (DAY, NEXT)


def test_moved_folder_changes_only_the_paths(library: Library, tmp_path: Path) -> None:
    file = write(tmp_path / "old", DAY, "digest.md", p1=CAT)
    library.ingest(file)
    moved = Path(shutil.move(file.parent, tmp_path / "new")) / "digest.md"
    assert library.ingest(moved).did_nothing
    write(moved.parent, NEXT, "digest.md", p1=CAT)
    library.ingest(moved)
    assert library.paper("2505.00001").paper.digest_dates == (NEXT,)


def test_truncated_file_removes_nothing(library: Library, tmp_path: Path) -> None:
    file = write(tmp_path, p1=CAT, p2=DOG)
    library.ingest(file)
    for text in ("", HEAD.format(day=DAY), "no date and no entry"):
        file.write_text(text, "utf-8")
        report = library.ingest(file, prune="remove")
        assert (report.removed, report.pruned) == (0, [])
        assert report.problems
        assert texts(library) == {CAT, DOG}


def test_ingests_entries_of_another_producer(library: Library, tmp_path: Path) -> None:
    file = lines(tmp_path / "made.jsonl", record(CAT), record(DOG, 2), record(BIRD, 1, NEXT))
    report = library.ingest(tmp_path)
    assert (report.days, report.entries, report.new, report.problems) == (2, 3, 3, [])
    assert texts(library) == {CAT, DOG, BIRD}
    assert library.ingest(tmp_path).did_nothing
    lines(file, record(CAT), record(BIRD, 2))
    report = library.ingest(tmp_path)
    assert (report.changed, report.unchanged, report.removed, report.embedded) == (1, 1, 0, 0)
    assert library.paper("2505.00001").paper.digest_dates == (DAY, NEXT)  # a date that is missing removes nothing
    assert library.ingest(tmp_path, prune="remove").pruned == [(NEXT, "2505.00001")]
    assert library.paper("2505.00001").paper.digest_dates == (DAY,)
    assert texts(library) == {CAT, BIRD}


def test_two_folders_with_files_of_one_name(library: Library, tmp_path: Path) -> None:
    first = write(tmp_path / "one", p1=CAT, p2=DOG)
    second = write(tmp_path / "other", p2=BIRD, p3=BIRD)
    for paths in ([first], [second], [first, second], [second, first], [tmp_path], [second], [first]):
        report = library.ingest(paths)
        assert report.removed == 0
        assert texts(library) == {CAT, DOG, BIRD} if paths != [first] else True
    assert library.status().documents == 2
    assert (
        library.paper("2505.00002").entries[0].body == DOG
    )  # the first document to have the entry owns it while it has it
    write(tmp_path / "one", p1=CAT)
    library.ingest(tmp_path)
    assert library.paper("2505.00002").entries[0].body == BIRD
    assert library.ingest(tmp_path).did_nothing


def test_copy_is_not_a_change(library: Library, tmp_path: Path) -> None:
    write(tmp_path / "one", p1=CAT)
    shutil.copytree(tmp_path / "one", tmp_path / "copy")
    assert library.ingest(tmp_path).new == 1
    assert library.ingest(tmp_path / "copy").did_nothing
    assert library.status().documents == 1


def test_paper_moves_to_another_file_of_its_date(library: Library, tmp_path: Path) -> None:
    lines(tmp_path / "b.jsonl", record(CAT), record(DOG, 2))
    library.ingest(tmp_path)
    lines(tmp_path / "a.jsonl", record(CAT))
    lines(tmp_path / "b.jsonl", record(DOG, 2))
    report = library.ingest(tmp_path)
    assert (report.unchanged, report.removed) == (2, 0)
    assert texts(library) == {CAT, DOG}
    assert library.ingest(tmp_path).did_nothing


def test_rotated_or_overwritten_files_remove_nothing(library: Library, tmp_path: Path) -> None:
    file = lines(tmp_path / "entries.jsonl", record(CAT))
    library.ingest(tmp_path)
    file.rename(tmp_path / "entries.1.jsonl")
    lines(file, record(DOG, 2, NEXT))
    library.ingest(tmp_path)
    assert texts(library) == {CAT, DOG}
    lines(file, record(BIRD, 3, "2025-03-05"))
    assert library.ingest(file).removed == 0
    assert texts(library) == {CAT, DOG, BIRD}


def test_invalid_lines_remove_nothing(library: Library, tmp_path: Path) -> None:
    file = lines(tmp_path / "made.jsonl", record(CAT), record(DOG, 2, NEXT), record(BIRD, 3, NEXT))
    library.ingest(tmp_path)
    whole = file.read_text("utf-8")
    for text in (whole[:200], whole.replace('"digest_date"', '"date"', 1), whole[:20]):
        file.write_text(text, "utf-8")
        report = library.ingest(file, prune="remove")
        assert (report.removed, report.pruned) == (0, [])
        assert report.problems
    assert report.failed == 1
    assert texts(library) == {CAT, DOG, BIRD}


def test_prune_after_manual_removal(library: Library, tmp_path: Path) -> None:
    lines(tmp_path / "b.jsonl", record(CAT), record(DOG, 2))
    library.ingest(tmp_path)
    library.remove(f"2505.00001@{DAY}")
    other = lines(tmp_path / "x.jsonl", record(BIRD))
    library.ingest(tmp_path)
    other.unlink()
    assert library.ingest(tmp_path, prune="list").pruned == [(DAY, "2505.00001")]
    assert library.ingest(tmp_path, prune="remove").removed == 1
    assert texts(library) == {DOG}


def test_prune_keeps_an_unreadable_file_whose_folder_moved(library: Library, tmp_path: Path) -> None:
    write(tmp_path / "old", p1=CAT)
    write(tmp_path / "old", NEXT, p2=DOG)
    library.ingest(tmp_path / "old")
    moved = Path(shutil.move(tmp_path / "old", tmp_path / "new"))
    (moved / f"{DAY}.md").write_bytes(b"\xff\xfe")
    assert library.ingest(moved, prune="list").pruned == []


def test_readmit_applies_only_to_the_files_of_the_run(library: Library, tmp_path: Path) -> None:
    first, second = write(tmp_path, p1=CAT), write(tmp_path, NEXT, p1=DOG)
    library.ingest(tmp_path)
    library.remove("2505.00001")
    library.ingest(second, readmit=True)
    assert texts(library) == {DOG}
    assert library.ingest([first, second]).held_back == 1


def test_entry_that_moves_within_its_file_keeps_its_verdict(library: Library, tmp_path: Path) -> None:
    file = lines(tmp_path / "made.jsonl", record(CAT), record(DOG, 2))
    assert library.ingest(tmp_path).judged == 2
    stamps = [library.paper(f"2505.0000{paper}").entries[0].ingested_at for paper in (1, 2)]
    lines(file, record(BIRD, 3), record(CAT), record(DOG, 2))
    report = library.ingest(tmp_path)
    assert (report.judged, report.unchanged, report.new) == (1, 2, 1)
    assert stamps == [library.paper(f"2505.0000{paper}").entries[0].ingested_at for paper in (1, 2)]


def test_fetched_abstract_is_not_replaced_by_a_file(library: Library, tmp_path: Path) -> None:
    known = Abstract("2505.00001", "Cats", "Cats walk on fences.", "arxiv", 2, "2025-02-01")
    with library._catalog.write() as transaction:
        transaction.papers.put_source(known, "now")
    old = {"id": "2505.00001", "title": "Cats", "text": "Cats once walked on fences."}
    write(tmp_path / "digests", p1=CAT)
    library.ingest(tmp_path / "digests", lines(tmp_path / "abstracts.jsonl", old))
    paper = library.paper("2505.00001").paper
    assert (paper.abstract, paper.published, paper.source.version) == ("Cats walk on fences.", "2025-02-01", 2)


def test_long_document_is_stored_in_parts(library: Library, tmp_path: Path) -> None:
    many = [
        {"paper_id": f"2505.{paper:05}", "digest_date": DAY, "text": f"{CAT} {paper}번째."} for paper in range(1, 151)
    ]
    lines(tmp_path / "made.jsonl", *many)
    commits = 0

    def stop(step: JobProgress) -> None:
        nonlocal commits
        commits += step.what == "committed"
        if commits == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        library.ingest(tmp_path, observe=stop)
    assert library.status().entries == 128
    report = library.ingest(tmp_path)
    assert (report.new, report.unchanged, library.status().entries) == (22, 128, 150)
    assert library.ingest(tmp_path).did_nothing


def test_uses_the_language_that_a_producer_names(library: Library, tmp_path: Path) -> None:
    lines(tmp_path / "made.jsonl", record("BERT, GPT, RoBERTa, XLNet, ELECTRA 그리고 T5") | {"lang": "ko"})
    library.ingest(tmp_path)
    assert library.paper("2505.00001").entries[0].lang == "ko"
    assert library.search("RoBERTa").hits[0].evidence[0].lang == "ko"


def test_reports_abstracts_among_the_digests(library: Library, tmp_path: Path, samples: Path) -> None:
    write(tmp_path, p1=CAT)
    shutil.copy(samples / "abstracts.jsonl", tmp_path)
    report = library.ingest(tmp_path)
    assert [problem.message for problem in report.problems] == [
        "holds abstracts (id, title, text), not entries; name it with --abstracts to use it"
    ]
    assert report.new == 1


def test_removes_an_entry(library: Library, tmp_path: Path) -> None:
    write(tmp_path, DAY, p1=CAT, p2=DOG)
    write(tmp_path, NEXT, p1=BIRD)
    library.ingest(tmp_path)
    report = library.remove(f"2505.00001@{DAY}")
    assert (report.removed, report.chunks_removed) == (1, 1)
    assert texts(library) == {DOG, BIRD}
    report = library.ingest(tmp_path)
    assert (report.did_nothing, report.held_back) == (True, 1)
    write(tmp_path, DAY, p1="고양이가 이제는 이웃집 담장 아래를 빠르게 걷는다.", p2=DOG)
    assert library.ingest(tmp_path).held_back == 0
    assert len(texts(library)) == 3


def test_removes_a_day(library: Library, tmp_path: Path) -> None:
    write(tmp_path, DAY, p1=CAT, p2=DOG)
    write(tmp_path, NEXT, p1=BIRD)
    library.ingest(tmp_path)
    assert library.remove(DAY).removed == 2
    assert texts(library) == {BIRD}
    assert (library.status().days, library.status().papers, library.status().documents) == ((NEXT,), 1, 1)
    library.ingest(tmp_path)
    assert library.ingest(tmp_path).held_back == 2
    assert texts(library) == {BIRD}


def test_removes_a_paper(library: Library, tmp_path: Path, samples: Path) -> None:
    library.ingest(samples / "digests", samples / "abstracts.jsonl", all_abstracts=True)
    before = library.status()
    assert library.remove("1706.03762").removed == 2
    with pytest.raises(NotFoundError):
        library.paper("1706.03762")
    assert [revision.why for revision in library.paper("1706.03762", history=True).history] == ["removed", "removed"]
    assert not any(hit.paper_id == "1706.03762" for hit in library.search("1706.03762 어텐션", 100).hits)
    report = library.ingest(samples / "digests", samples / "abstracts.jsonl", all_abstracts=True)
    assert (report.did_nothing, report.held_back) == (True, 3)
    report = library.ingest(samples / "digests", samples / "abstracts.jsonl", all_abstracts=True, readmit=True)
    assert report.new == 2
    after = library.status()
    assert (after.papers, after.entries, after.chunks) == (before.papers, before.entries, before.chunks)


def test_readmitted_paper_keeps_its_abstract(library: Library, samples: Path) -> None:
    library.ingest(samples / "digests", samples / "abstracts.jsonl")
    chunks = library.status().chunks
    library.remove("1706.03762")
    library.ingest(samples / "digests", readmit=True)
    assert library.paper("1706.03762").paper.abstract
    assert library.status().chunks == chunks


@pytest.mark.parametrize(
    "what", ["2025-03", "cat", "2505.00001@cat", "@2025-03-03", "2505.00001@", "@2025-03-03@", "", "2513.00001"]
)
def test_rejects_an_invalid_target(library: Library, what: str) -> None:
    with pytest.raises(InputError, match="expected a day"):
        library.remove(what)


def test_missing_target_removes_nothing(library: Library, tmp_path: Path) -> None:
    library.ingest(write(tmp_path, p1=CAT))
    for missing in ("2025-03-09", "2505.00009", "2505.00001@2025-03-09"):
        with pytest.raises(NotFoundError):
            library.remove(["2505.00001", missing])
    assert texts(library) == {CAT}


def test_prune_lists_then_removes(library: Library, tmp_path: Path) -> None:
    write(tmp_path, DAY, p1=CAT, p2=DOG)
    gone = write(tmp_path, NEXT, p3=BIRD)
    library.ingest(tmp_path)
    gone.unlink()
    report = library.ingest(tmp_path, prune="list")
    assert (report.did_nothing, report.pruned) == (True, [(NEXT, "2505.00003")])
    assert texts(library) == {CAT, DOG, BIRD}
    report = library.ingest(tmp_path, prune="remove")
    assert (report.removed, report.pruned) == (1, [(NEXT, "2505.00003")])
    assert texts(library) == {CAT, DOG}
    assert (library.status().papers, library.status().documents) == (2, 1)
    write(tmp_path, NEXT, p3=BIRD)
    assert library.ingest(tmp_path).new == 1  # pruned, not removed manually: it is ingested again


def test_prune_keeps_unreadable_and_renamed_files(library: Library, tmp_path: Path) -> None:
    broken = write(tmp_path, DAY, p1=CAT)
    named = write(tmp_path, NEXT, p2=DOG)
    library.ingest(tmp_path)
    broken.write_bytes(b"\xff\xfe broken")
    named.rename(tmp_path / f"digest-{NEXT}.md")
    report = library.ingest(tmp_path, prune="remove")
    assert (report.failed, report.pruned) == (1, [])
    assert texts(library) == {CAT, DOG}
    assert library.status().documents == 2


def test_history_of_a_paper(library: Library, tmp_path: Path) -> None:
    write(tmp_path, DAY, p1=CAT)
    write(tmp_path, NEXT, p1=BIRD)
    library.ingest(tmp_path)
    write(tmp_path, DAY, p1=DOG)
    library.ingest(tmp_path)
    details = library.paper("2505.00001", history=True)
    assert [(entry.digest_date, entry.body) for entry in details.entries] == [(DAY, DOG), (NEXT, BIRD)]
    assert [(revision.digest_date, revision.body, revision.why) for revision in details.history] == [
        (DAY, CAT, "edited")
    ]
    assert details.history[0].ingested_at <= details.history[0].ended_at
    assert all(entry.ingested_at for entry in details.entries)
    assert library.paper("2505.00001").history == ()


def test_refused_summary_is_stored_and_not_found(library: Library, tmp_path: Path) -> None:
    refusal = "죄송하지만 제공된 링크를 열 수 없어 논문을 요약할 수 없습니다. 본문을 붙여 넣어 주시면 요약하겠습니다."
    library.ingest(write(tmp_path, p1=refusal, p2=DOG))
    assert texts(library) == {DOG}
    (entry,) = library.entries("refused")
    assert (entry.paper_id, entry.body) == ("2505.00001", refusal)
    answer = library.ask("2505.00001은 무엇에 대한 논문인가?")
    assert (answer.abstained, answer.reason) == (True, "no_text")


def test_invented_text_ranks_last_with_a_warning(library: Library, tmp_path: Path) -> None:
    invented = (
        "죄송하지만 논문을 열 수 없어 제목만 보고 추측하였습니다.\n\n## 주요 기여\n\n"
        "고양이가 이웃집 담장 위를 천천히 걷게 하는 보상 모델과 강화 학습 알고리즘을 제안합니다. "
        "로봇 고양이 실험에서 넘어지는 횟수가 줄어듭니다."
    )
    write(tmp_path, DAY, p1=invented)
    library.ingest(tmp_path)
    (entry,) = library.entries("invented")
    assert entry.trust is not None
    assert entry.trust.reasons
    answer = library.ask("2505.00001 고양이 담장")
    assert {citation.trust for citation in answer.citations} == {"invented"}
    assert "주의" in answer.answer
    write(tmp_path, NEXT, p1=CAT)
    library.ingest(tmp_path)
    answer = library.ask("2505.00001 고양이 담장")
    assert {citation.quote for citation in answer.citations} == {CAT}
    assert "주의" not in answer.answer
