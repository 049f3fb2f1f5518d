"""Posted entries: each a document of its own, with a text that is the same for the same entry."""

from __future__ import annotations

import json
from typing import Any

import pytest

from nonmun import InputError, Library
from nonmun.ingest.formats.jsonl import MAX_LINE, EntryRecord, parse_entries
from nonmun.ingest.formats.posted import is_posted, read_posted

DAY = "2025-03-03"
ENTRY: dict[str, Any] = {"paper_id": "2505.00002", "digest_date": DAY, "text": "# 고양이\n\n## 결과\n\n걷는다."}
SECTIONS: dict[str, Any] = {
    "paper_id": "math.GT/0309136v2",
    "digest_date": DAY,
    "sections": [{"heading": "한계", "text": "느리다."}],
}


def test_each_entry_is_a_document() -> None:
    documents = read_posted([ENTRY, SECTIONS, ENTRY | {"digest_date": "2025-03-02"}])
    assert [document.key for document in documents] == [
        ("2025-03-02", "posted:2505.00002"),
        ("2025-03-03", "posted:2505.00002"),
        ("2025-03-03", "posted:math.GT/0309136"),
    ]
    assert len({document.path for document in documents}) == 3
    assert all(is_posted(document.path) and len(document.digest.entries) == 1 for document in documents)
    assert not is_posted("/home/posted:x/2025-03-03.md")


@pytest.mark.parametrize("entry", [ENTRY, SECTIONS, ENTRY | {"lang": "ko", "title": "제목", "url": "https://x.org"}])
def test_a_document_parses_as_its_entry(entry: dict[str, Any]) -> None:
    (document,) = read_posted([entry])
    (of_record,) = read_posted([EntryRecord.model_validate_json(json.dumps(entry))])
    (reordered,) = read_posted([dict(reversed(entry.items())) | {"unknown": 1}])
    assert document == of_record == reordered
    ((digest, text),) = parse_entries(document.text, document.digest.name).digests
    assert (digest, text) == (document.digest, document.text)


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        ({}, "1.paper_id"),
        (ENTRY | {"digest_date": "2025-02-30"}, "1.digest_date"),
        (ENTRY | {"digest_date": "20250303"}, "1.digest_date"),
        (SECTIONS | {"sections": [{"text": ""}]}, "1.sections.0.text"),
        (SECTIONS | {"text": "x"}, "1"),
        (ENTRY | {"paper_id": "2505.00003", "text": "x" * MAX_LINE}, "1"),
        (ENTRY | {"paper_id": "arXiv:2505.00002v3"}, "1"),
    ],
)
def test_names_what_is_invalid(entry: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as raised:
        read_posted([ENTRY, entry])
    assert raised.value.field == field


def test_nothing_is_added_if_one_entry_is_invalid(library: Library) -> None:
    with pytest.raises(InputError, match="1: 2505"):
        library.add_entries([ENTRY, ENTRY])
    assert library.status().entries == 0
    assert library.add_entries([]).transactions == 0


def test_an_index_with_posted_entries_is_healthy(library: Library, samples: Any) -> None:
    library.ingest(samples / "digests", samples / "abstracts.jsonl")
    report = library.add_entries([ENTRY, SECTIONS])
    assert (report.entries, report.papers, report.new, report.transactions) == (2, 2, 2, 2)
    assert [finding.code for finding in library.examine(thorough=True) if finding.code != "disk-low"] == []
    assert library.digest("2025-03-03").entries
    library.remove("2025-03-03")
    assert "2025-03-03" not in library.status().days
    assert [finding.code for finding in library.examine(thorough=True) if finding.code != "disk-low"] == []


def test_an_entry_of_a_file_that_is_gone_can_be_posted(library: Library, tmp_path: Any) -> None:
    file = tmp_path / "entries.jsonl"
    file.write_text(json.dumps(ENTRY), "utf-8")
    library.ingest(file)
    edited = ENTRY | {"text": "다른 글."}
    assert len(library.add_entries([edited]).problems) == 1
    file.unlink()
    report = library.add_entries([edited])
    assert (report.changed, report.problems) == (1, [])
    assert [entry.body for entry in library.paper("2505.00002").entries] == ["다른 글."]
