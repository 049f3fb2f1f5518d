"""RIS, read back by rispy."""

from __future__ import annotations

import re
from typing import Any

import rispy
from hypothesis import given
from hypothesis import strategies as st

from nonmun import Paper
from nonmun.api.exports.text import plain, title_of

from .conftest import exported, paper, papers


def read(ris: str) -> list[dict[str, Any]]:
    return rispy.loads(ris, newline="\r\n")


def test_fields() -> None:
    [record] = read(
        exported(
            paper(
                title=r"WorldPM: 50\% of Preference",
                authors=("Binghai Wang", "Laurens van der Maaten", "Antonio Laverghetta Jr.", "김철수"),
                abstract="An abstract.",
                categories=("cs.CL", "cs.LG"),
                doi="10.1000/a_b",
                journal_ref="J. AI 3 (2025)",
            ),
            to="ris",
        )
    )
    assert record == {
        "type_of_reference": "UNPB",
        "id": "wang2025worldpm",
        "title": "WorldPM: 50% of Preference",
        "authors": ["Wang, Binghai", "van der Maaten, Laurens", "Laverghetta, Antonio, Jr.", "김철수"],
        "year": "2025",
        "date": "2025/05/15",
        "doi": "10.1000/a_b",
        "urls": ["https://arxiv.org/abs/2505.10527"],
        "accession_number": "arXiv:2505.10527",
        "publisher": "arXiv",
        "keywords": ["cs.CL", "cs.LG"],
        "abstract": "An abstract.",
        "notes": ["J. AI 3 (2025)"],
    }


def test_date_without_a_day() -> None:
    [record] = read(exported(paper("math/0309136", published=None), to="ris"))
    assert (record["year"], record["date"]) == ("2003", "2003/09/")


def test_lines_and_records_end_as_the_format_says() -> None:
    ris = exported(paper("2505.00001"), paper("2505.00002"), to="ris")
    assert ris.endswith("ER  - \r\n")
    assert re.findall("[^\r]\n", ris) == []
    assert exported(to="ris") == ""


@given(st.lists(papers, max_size=4, unique_by=lambda found: found.paper_id))
def test_hostile_text_begins_no_tag_and_no_record(found: list[Paper]) -> None:
    ris = exported(*found, to="ris")
    lines = ris.split("\r\n")[:-1]
    assert lines == ris.splitlines()  # no other line ends
    assert all(re.match(r"(?:TY|ID|TI|AU|PY|DA|DO|UR|AN|PB|KW|AB|N1|ER)  - ", line) for line in lines)
    records = read(ris)
    assert [record["accession_number"] for record in records] == [f"arXiv:{one.paper_id}" for one in found]
    assert [record["title"] for record in records] == [plain(title_of(one)) for one in found]
    assert {record["type_of_reference"] for record in records} <= {"UNPB"}
    assert all("*" not in name for record in records for name in record.get("authors", []))
