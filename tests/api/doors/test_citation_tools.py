"""Exports in citation tools, each with the version in `requirements/`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nonmun import Paper
from nonmun.api.exports.export import export
from nonmun.api.exports.formats import FORMATS, ExportFormat

from .conftest import Run

pytestmark = [pytest.mark.clients, pytest.mark.timeout(1_800)]  # the first test of a tool installs it
AUTHORS = (
    "Binghai Wang",
    "Laurens van der Maaten",
    "Antonio Laverghetta Jr.",
    "김철수",
    "Blaise Agüera y Arcas",
    "Gemini Team",
)
HOSTILE = "}\n@misc{evil, title = {x}}\r\nER  - \r\nTY  - JOUR\r\n{:DOI: 10.1/evil} 50% & #1 _ ~ ^"


def write(folder: Path, export_format: ExportFormat) -> Path:
    papers = [
        Paper(
            "2505.00001",
            "WorldPM: Scaling 50% of Preference & More",
            HOSTILE,
            "https://arxiv.org/abs/2505.00001",
            published="2025-05-15",
            authors=AUTHORS,
            categories=("cs.CL",),
            doi="10.1000/a_b",
            journal_ref=HOSTILE,
        ),
        Paper("2505.00002", f"한국어 제목 {HOSTILE}", "", "https://arxiv.org/abs/2505.00002", authors=(HOSTILE,)),
    ]
    file = folder / export_format
    file.write_bytes(export(papers, export_format, lambda _: {}).encode())
    return file


def family_names(item: dict[str, Any]) -> list[str]:
    return [
        " ".join(filter(None, (name.get("non-dropping-particle"), name.get("family") or name.get("literal"))))
        for name in item["author"]
    ]


def test_citation_js(tmp_path: Path, run_node: Run) -> None:
    for export_format in FORMATS:
        write(tmp_path, export_format)
    read = run_node("citation-js", "citation_formats.mjs", str(tmp_path))
    assert set(read) == {"bibtex", "ris", "csl-json"}
    for export_format, found in read.items():
        first, second = found["items"]
        assert first["title"] == "WorldPM: Scaling 50% of Preference & More", export_format
        assert first["URL"] == "https://arxiv.org/abs/2505.00001"
        assert first["issued"]["date-parts"][0][:2] == [2025, 5]
        families = ["Wang", "van der Maaten", "Laverghetta", "김철수", "Agüera y Arcas", "Gemini Team"]
        assert family_names(first) == families, export_format
        assert second["title"].startswith("한국어 제목 }"), export_format
        assert second["title"].endswith("50% & #1 _ ~ ^"), export_format
        assert "김철수" in found["bibliography"]
    assert [item["id"] for item in read["csl-json"]["items"]] == [item["id"] for item in read["bibtex"]["items"]]


def test_citeproc(tmp_path: Path, run_python: Run) -> None:
    lines = run_python("citeproc", "citeproc_bibliography.py", str(write(tmp_path, "csl-json")))
    assert len(lines) == 2
    assert lines[0].startswith("Wang, B. et al. (2025) “WorldPM: Scaling 50% of Preference & More”. arXiv.")
    assert "한국어 제목 }" in lines[1]
