"""CSL-JSON, held against the rules of its schema."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun import Paper
from nonmun.api.exports.text import plain, title_of

from .conftest import exported, paper, papers

# The rules of csl-data.json 1.0.2 for the variables that papers need; it allows no others than its own.
NAME = {
    "type": "object",
    "properties": {
        part: {"type": "string", "minLength": 1}
        for part in ("family", "given", "non-dropping-particle", "dropping-particle", "suffix", "literal")
    },
    "anyOf": [{"required": ["family", "given"]}, {"required": ["literal"], "maxProperties": 1}],
    "additionalProperties": False,
}
PART = {"type": "array", "items": {"type": "integer", "minimum": 1}, "minItems": 1, "maxItems": 3}
DATE = {
    "type": "object",
    "properties": {"date-parts": {"type": "array", "items": PART, "minItems": 1, "maxItems": 1}},
    "required": ["date-parts"],
    "additionalProperties": False,
}
STRINGS = "id title publisher number DOI URL keyword abstract note".split()
SCHEMA = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "type": {"enum": ["article", "article-journal", "paper-conference"]},
            "author": {"type": "array", "items": NAME, "minItems": 1},
            "issued": DATE,
            **{variable: {"type": "string", "minLength": 1} for variable in STRINGS},
        },
        "required": ["type", "id", "title"],
        "additionalProperties": False,
    },
}


def read(csl: str) -> list[dict[str, Any]]:
    items = json.loads(csl)
    jsonschema.validate(items, SCHEMA)
    return items


def test_item() -> None:
    authors = "Binghai Wang", "Laurens van der Maaten", "Antonio Laverghetta Jr.", "김철수", "Gemini Team"
    [item] = read(
        exported(
            paper(
                title=r"WorldPM: 50\% of Preference",
                authors=authors,
                abstract="초록.",
                categories=("cs.CL", "cs.LG"),
                doi="10.1000/a_b",
                journal_ref="DOI: J. AI 3 (2025) {:DOI: 10.1/x}",
            ),
            to="csl-json",
        )
    )
    assert item == {
        "id": "wang2025worldpm",
        "type": "article",
        "title": "WorldPM: 50% of Preference",
        "author": [
            {"family": "Wang", "given": "Binghai"},
            {"family": "Maaten", "given": "Laurens", "non-dropping-particle": "van der"},
            {"family": "Laverghetta", "given": "Antonio", "suffix": "Jr."},
            {"literal": "김철수"},
            {"literal": "Gemini Team"},
        ],
        "issued": {"date-parts": [[2025, 5, 15]]},
        "publisher": "arXiv",
        "number": "arXiv:2505.10527",
        "DOI": "10.1000/a_b",
        "URL": "https://arxiv.org/abs/2505.10527",
        "keyword": "cs.CL, cs.LG",
        "abstract": "초록.",
        "note": "Published in DOI: J. AI 3 (2025) { :DOI: 10.1/x}",
    }


@pytest.mark.parametrize(
    ("published", "parts"), [("2025-05-15", [2025, 5, 15]), (None, [2025, 5]), ("0001-01-01", [1, 1, 1])]
)
def test_issued(published: str | None, parts: list[int]) -> None:
    [item] = read(exported(paper(published=published), to="csl-json"))
    assert item["issued"] == {"date-parts": [parts]}


@given(st.lists(papers, max_size=4, unique_by=lambda found: found.paper_id))
def test_any_papers_give_a_valid_file(found: list[Paper]) -> None:
    items = read(exported(*found, to="csl-json").encode().decode())
    assert [item["number"] for item in items] == [f"arXiv:{one.paper_id}" for one in found]
    assert [item["title"] for item in items] == [plain(title_of(one)) for one in found]
    assert not any("{:" in item.get("note", "") for item in items)
    assert not any("\n" in value for item in items for value in item.values() if isinstance(value, str))


def test_nothing_to_export() -> None:
    assert read(exported(to="csl-json")) == []
