"""The examples of docs/exports.md are what the exports give."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from nonmun import Library, Paper
from nonmun.api.exports.export import export
from nonmun.api.exports.formats import MEDIA_TYPES, SUFFIXES, ExportFormat

PAGE = (Path(__file__).parents[3] / "docs" / "exports.md").read_text("utf-8")


@pytest.fixture(scope="module")
def lora(sample_library: Library) -> Paper:
    return sample_library.paper("2106.09685").paper


def example(language: str) -> str:
    [block] = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    return block


@pytest.mark.parametrize(("export_format", "language"), [("bibtex", "bibtex"), ("ris", "ris"), ("csl-json", "json")])
def test_example_of_a_paper(lora: Paper, export_format: ExportFormat, language: str) -> None:
    given = export([lora], export_format, lambda _: {})
    if export_format == "csl-json":
        assert json.loads(example(language)) == json.loads(given)
    else:
        assert example(language).split() == given.split()


def test_example_of_an_answer(sample_library: Library) -> None:
    given = sample_library.export(sample_library.ask("LoRA가 뭐야?", 1), "markdown")
    position = 0
    for line in example("markdown").splitlines():
        if line and line != "…" and not line.startswith("date: "):
            assert line in given[position:], line
            position = given.index(line, position)


def test_table_of_formats() -> None:
    rows = re.findall(r"^\| `([\w-]+)` \| `(\S+)` \| `(\S+)` \|", PAGE, re.MULTILINE)
    assert rows == [(name, SUFFIXES[name], MEDIA_TYPES[name]) for name in MEDIA_TYPES]
