"""`Library.export` of every result, in every format, read back."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import bibtexparser
import pytest
import rispy
import yaml

from nonmun import InputError, Library, Paper
from nonmun.api.exports.formats import FORMATS, ExportFormat
from nonmun.api.exports.text import plain, title_of

from ..conftest import SAMPLES
from .conftest import exported, paper

KO = "저랭크 행렬로 미세 조정하는 방법은?"


def ids_of_bibtex(text: str) -> list[str]:
    library = bibtexparser.parse_string(text)
    assert library.failed_blocks == []
    return [entry["eprint"] for entry in library.entries]


def ids_of_ris(text: str) -> list[str]:
    return [record["accession_number"].removeprefix("arXiv:") for record in rispy.loads(text, newline="\r\n")]


def ids_of_csl(text: str) -> list[str]:
    return [item["number"].removeprefix("arXiv:") for item in json.loads(text)]


def ids_of_markdown(text: str) -> list[str]:
    front = yaml.safe_load(text.split("\n---\n")[0])
    return front.get("papers", [front["arxiv"]] if "arxiv" in front else [])


READERS: dict[ExportFormat, Callable[[str], list[str]]] = {
    "bibtex": ids_of_bibtex,
    "ris": ids_of_ris,
    "csl-json": ids_of_csl,
    "markdown": ids_of_markdown,
}


@pytest.fixture(scope="session")
def results(sample_library: Library) -> dict[str, tuple[Any, list[str]]]:
    """Results of every kind, with the ids of their papers in the order of the export."""
    answer = sample_library.ask(KO)
    cited = list(dict.fromkeys(citation.paper_id for citation in answer.citations))
    assert cited
    found = sample_library.search(KO, 5)
    details = sample_library.paper("1706.03762")
    day = sample_library.digest(sample_library.status().days[-1])
    page = sample_library.list_papers(limit=4)
    return {
        "answer": (answer, cited),
        "search": (found, [hit.paper_id for hit in found.hits]),
        "paper": (details, ["1706.03762"]),
        "day": (day, [entry.paper.paper_id for entry in day.entries]),
        "page": (page, [one.paper_id for one in page.papers]),
        "papers": (page.papers[1:], [one.paper_id for one in page.papers[1:]]),
    }


@pytest.mark.parametrize("export_format", FORMATS)
@pytest.mark.parametrize("kind", ["answer", "search", "paper", "day", "page", "papers"])
def test_every_result_in_every_format(
    sample_library: Library, results: dict[str, tuple[Any, list[str]]], kind: str, export_format: ExportFormat
) -> None:
    result, paper_ids = results[kind]
    assert READERS[export_format](sample_library.export(result, export_format)) == paper_ids


def test_titles_and_abstracts_are_those_of_the_catalog(sample_library: Library) -> None:
    found = sample_library.search(KO, 3)
    items = json.loads(sample_library.export(found, "csl-json"))
    for item, hit in zip(items, found.hits, strict=True):
        stored = sample_library.paper(hit.paper_id).paper
        assert (item["title"], item.get("abstract", "")) == (plain(title_of(stored)), plain(stored.abstract))


def test_a_title_of_a_digest_is_called_one_in_every_format(empty_library: Library) -> None:
    """Where no source gave a title, that of a summary stands for it, often a translation."""
    empty_library.ingest(SAMPLES / "digests")
    details = empty_library.paper("2106.09685")
    note = "title as in the digest"
    [entry] = bibtexparser.parse_string(empty_library.export(details, "bibtex")).entries
    assert (entry["title"], entry["note"]) == (f"{{{details.paper.title}}}", note)
    [record] = rispy.loads(empty_library.export(details, "ris"), newline="\r\n")
    assert record["notes"] == [note]
    [item] = json.loads(empty_library.export(details, "csl-json"))
    assert item["note"] == "Title as in the digest"
    markdown = empty_library.export(details, "markdown")
    assert yaml.safe_load(markdown.split("\n---\n")[0])["title_note"] == note
    days = empty_library.digest(details.paper.digest_dates[0])
    for listed in (details, days, empty_library.search(KO, 3), empty_library.list_papers(limit=3)):
        assert f" · {note}" in empty_library.export(listed, "markdown")


@pytest.mark.parametrize("export_format", FORMATS)
def test_a_title_of_a_source_has_no_note(sample_library: Library, export_format: ExportFormat) -> None:
    for result in (sample_library.paper("2106.09685"), [Paper("2505.00001", "", "", "", ("2025-05-16",)), paper()]):
        assert "as in the digest" not in sample_library.export(result, export_format)


def test_quotations_of_an_answer_are_notes(sample_library: Library) -> None:
    answer = sample_library.ask(KO)
    records = rispy.loads(sample_library.export(answer, "ris"), newline="\r\n")
    notes = [note for record in records for note in record.get("notes", [])]
    assert len(notes) == len(answer.citations)
    assert any("(digest 2025-03-0" in note and "trust: supported)" in note for note in notes)
    assert any(note.endswith("(abstract)") for note in notes)
    bibtex = bibtexparser.parse_string(sample_library.export(answer, "bibtex")).entries
    assert sum(entry["annote"].count("“") for entry in bibtex if "annote" in entry) == len(answer.citations)
    assert "notes" not in rispy.loads(sample_library.export(sample_library.search(KO, 1), "ris"), newline="\r\n")[0]


def test_answer_in_markdown_holds_its_text_and_exact_quotations(sample_library: Library) -> None:
    answer = sample_library.ask(KO)
    markdown = sample_library.export(answer, "markdown")
    front = yaml.safe_load(markdown.split("\n---\n")[0])
    assert (front["question"], front["confidence"], front["writer"]) == (KO, answer.confidence, "extracted")
    assert answer.answer.split("\n")[0] in markdown
    assert "## 인용" in markdown
    assert markdown.count("\n> — [\\[") == len(answer.citations)
    for number, paper_id in enumerate(front["papers"], start=1):
        assert f"[\\[{number}\\]](https://arxiv.org/abs/{paper_id})" in markdown
        assert f"[{paper_id}]" not in markdown


def test_abstention(sample_library: Library) -> None:
    answer = sample_library.ask("recipe for kimchi stew")
    assert answer.abstained
    assert [sample_library.export(answer, export_format) for export_format in ("bibtex", "ris", "csl-json")] == [
        "",
        "",
        "[]\n",
    ]
    markdown = sample_library.export(answer, "markdown")
    front = yaml.safe_load(markdown.split("\n---\n")[0])
    assert (front["confidence"], front["reason"]) == ("none", "nothing_relevant")
    assert "papers" not in front
    assert answer.answer.splitlines()[0] in markdown


def test_unknown_papers_of_a_question_are_not_invented(sample_library: Library) -> None:
    answer = sample_library.ask("2501.99999의 한계는?")
    assert answer.reason == "unknown_paper"
    assert sample_library.export(answer, "bibtex") == ""


def test_a_paper_that_was_removed_since_the_search_is_what_its_hit_states(sample_library: Library) -> None:
    found = sample_library.search(KO, 1)
    gone = replace(found.hits[0], paper_id="2001.00001", title="Gone", url="https://arxiv.org/abs/2001.00001")
    [item] = json.loads(sample_library.export(replace(found, hits=(gone,)), "csl-json"))
    assert (item["title"], item["number"]) == ("Gone", "arXiv:2001.00001")


def test_repeated_papers_are_exported_once() -> None:
    one, two = paper("2505.00001"), paper("2505.00002")
    assert ids_of_csl(exported(two, one, two, to="csl-json")) == ["2505.00002", "2505.00001"]


def test_unknown_format(sample_library: Library) -> None:
    with pytest.raises(InputError, match=r"format: 'docx' is unknown \(expected bibtex, ris, csl-json, markdown\)"):
        sample_library.export(sample_library.paper("1706.03762"), "docx")  # type: ignore[arg-type]


@pytest.mark.data
@pytest.mark.parametrize("export_format", FORMATS)
def test_real_papers(shared_data: Path, export_format: ExportFormat) -> None:
    with gzip.open(shared_data / "abstracts" / "hf_daily_papers.jsonl.gz", "rt", encoding="utf-8") as file:
        records = [json.loads(line) for line in file][::10]
    found = [
        Paper(
            record["id"],
            record["title"],
            record["text"],
            f"https://arxiv.org/abs/{record['id']}",
            published=record["published"],
            authors=tuple(record["authors"] or ()),
        )
        for record in records
    ]
    assert len(found) > 1_000
    text = exported(*found, to=export_format)
    assert READERS[export_format](text) == [one.paper_id for one in found]
    if export_format == "ris":
        read = rispy.loads(text, newline="\r\n")
        assert [record["title"] for record in read] == [plain(title_of(one)) for one in found]
        assert [len(record.get("authors", [])) for record in read] == [len(one.authors) for one in found]
