"""The JSONL format: entries of any summarizer, and reports of invalid lines."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from nonmun.ingest.formats.jsonl import MAX_LINE, EntryRecord, entries_schema, parse_entries

LINE: dict[str, Any] = {"paper_id": "2505.00001", "digest_date": "2025-03-03", "text": "고양이가 걷는다."}


def parse(*records: Any) -> tuple[list[Any], list[str]]:
    lines = [record if isinstance(record, str) else json.dumps(record, ensure_ascii=False) for record in records]
    parsed = parse_entries("\n".join(lines), "made.jsonl")
    return [digest for digest, _ in parsed.digests], [str(problem) for problem in parsed.problems]


def test_divides_text_into_sections_like_a_digest() -> None:
    (digest,), problems = parse(
        LINE | {"text": "# 걷는 고양이\n\n## 실험 결과\n\n빠르다.", "lang": "ko", "url": "https://x.org"}
    )
    (entry,) = digest.entries
    assert problems == []
    assert (digest.date, digest.name, entry.title, entry.lang, entry.url) == (
        "2025-03-03",
        "made.jsonl",
        "걷는 고양이",
        "ko",
        "https://x.org",
    )
    assert [(section.name, entry.text(section)) for section in entry.sections] == [("results", "빠르다.")]


def test_accepts_named_sections() -> None:
    sections = [
        {"heading": "한계점", "text": "느리다."},
        {"name": "results", "heading": "표", "text": "빠르다."},
        {"text": "그 밖."},
    ]
    record = {key: value for key, value in LINE.items() if key != "text"} | {"sections": sections, "title": "고양이"}
    (digest,), problems = parse(record)
    (entry,) = digest.entries
    assert problems == []
    assert entry.title == "고양이"
    assert [(section.name, section.heading, entry.text(section)) for section in entry.sections] == [
        ("limitations", "한계점", "느리다."),
        ("results", "표", "빠르다."),
        ("other", "", "그 밖."),
    ]


def test_makes_one_digest_per_day() -> None:
    other = LINE | {"digest_date": "2025-03-04"}
    digests, problems = parse(other, LINE, LINE | {"paper_id": "arXiv:2505.00002v3"})
    assert problems == []
    days = [
        (digest.date, [(entry.paper_id, entry.version, entry.line) for entry in digest.entries]) for digest in digests
    ]
    assert days == [
        ("2025-03-03", [("2505.00001", None, 2), ("2505.00002", 3, 3)]),
        ("2025-03-04", [("2505.00001", None, 1)]),
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("no json", "made.jsonl:2: is not an entry: Invalid JSON"),
        ("[]", "made.jsonl:2: is not an entry: Input should be an object"),
        (LINE | {"paper_id": "2513.00001"}, "made.jsonl:2: paper_id: '2513.00001' is not a valid arXiv id"),
        (LINE | {"digest_date": "2025-02-30"}, "made.jsonl:2: digest_date: Input should be a valid date"),
        (LINE | {"digest_date": 20250303}, "made.jsonl:2: digest_date: Input should be a valid date"),
        (LINE | {"lang": "de"}, "made.jsonl:2: lang: Input should be 'ko' or 'en'"),
        (LINE | {"text": ""}, "made.jsonl:2: text: String should have at least 1 character"),
        (
            LINE | {"sections": [{"text": "x"}]},
            "made.jsonl:2: is not an entry: either `text` or `sections` has to be given",
        ),
        (LINE | {"text": "x" * MAX_LINE}, f"made.jsonl:2: has {MAX_LINE + 67:,} characters"),
        (LINE, "made.jsonl:2: 2505.00001 of 2025-03-03 is already at line 1"),
    ],
)
def test_reports_an_invalid_line(line: Any, message: str) -> None:
    digests, problems = parse(LINE, line)
    assert [len(digest.entries) for digest in digests] == [1]
    assert len(problems) == 1
    assert problems[0].startswith(message)


def test_text_of_a_digest_is_its_lines() -> None:
    first, second = json.dumps(LINE), json.dumps(LINE | {"digest_date": "2025-03-04"})
    parsed = parse_entries(f"{first}\n\n{second}\nbad\n", "made.jsonl")
    assert ([text for _, text in parsed.digests], parsed.damaged) == ([first, second], True)
    assert not parse_entries(f"{first}\n{first}\n", "made.jsonl").damaged


def test_schema_describes_every_field() -> None:
    schema = entries_schema()
    assert set(schema["properties"]) == set(EntryRecord.model_fields)
    assert set(schema["required"]) == {"paper_id", "digest_date"}
    assert all(field.get("description") for field in schema["properties"].values())
    EntryRecord.model_validate_json(json.dumps(LINE))
    with pytest.raises(ValidationError):
        EntryRecord.model_validate_json("{}")


@given(st.text(max_size=400))
def test_parses_or_reports_any_text(text: str) -> None:
    parsed = parse_entries(text, "any")
    assert parsed.digests == []
    assert len(parsed.problems) == sum(bool(line.strip()) for line in text.split("\n"))


@given(st.lists(st.tuples(st.text("가나 다a#\n*", min_size=1, max_size=60), st.text("결과b", max_size=12)), min_size=1))
def test_keeps_the_text_of_sections(parts: list[tuple[str, str]]) -> None:
    record = {key: value for key, value in LINE.items() if key != "text"}
    (digest,), problems = parse(record | {"sections": [{"heading": head, "text": text} for text, head in parts]})
    assert problems == []
    entry = digest.entries[0]
    assert [(entry.text(section), section.heading) for section in entry.sections] == parts


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "arxiv.org/abs/1"])
def test_a_url_that_is_no_web_address_is_invalid(url: str) -> None:
    record = {"paper_id": "2505.00001", "digest_date": "2025-05-16", "text": "요약"}
    EntryRecord.model_validate_json(json.dumps(record | {"url": "https://arxiv.org/abs/2505.00001"}))
    with pytest.raises(ValidationError, match="https://"):
        EntryRecord.model_validate_json(json.dumps(record | {"url": url}))
