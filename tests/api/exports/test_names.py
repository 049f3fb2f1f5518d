"""The parts of authors' names."""

from __future__ import annotations

import pytest

from nonmun.api.exports.names import AuthorName, parse_name, parse_names

from .conftest import exported, paper


@pytest.mark.parametrize(
    ("name", "family", "given", "particle", "suffix"),
    [
        ("Geoffrey E. Hinton", "Hinton", "Geoffrey E.", "", ""),
        ("Laurens van der Maaten", "Maaten", "Laurens", "van der", ""),
        ("Guy Van den Broeck", "Broeck", "Guy", "Van den", ""),
        ("Fernando De la Torre", "Torre", "Fernando", "De la", ""),
        ("Emily de Oliveira Santos", "Oliveira Santos", "Emily", "de", ""),
        ("Antonio Laverghetta Jr.", "Laverghetta", "Antonio", "", "Jr."),
        ("Hal Daumé III", "Daumé", "Hal", "", "III"),
        ("Martin Luther King, Jr.", "King", "Martin Luther", "", "Jr."),
        ("King, Jr., Martin Luther", "King", "Martin Luther", "", "Jr."),
        ("van der Maaten, Laurens", "Maaten", "Laurens", "van der", ""),
        ("Hinton, Geoffrey E.", "Hinton", "Geoffrey E.", "", ""),
        ("Blaise Agüera y Arcas", "Agüera y Arcas", "Blaise", "", ""),
        ("Antoine d'Andigné", "d'Andigné", "Antoine", "", ""),
        ("Qingyao Ai", "Ai", "Qingyao", "", ""),
        ("Jia li", "li", "Jia", "", ""),
        ("haiping Zhu", "Zhu", "haiping", "", ""),
        ("Jean-Luc   Le\tCun", "Cun", "Jean-Luc Le", "", ""),
    ],
)
def test_parts(name: str, family: str, given: str, particle: str, suffix: str) -> None:
    assert parse_name(name) == AuthorName(family, given, particle, suffix)


@pytest.mark.parametrize(
    "name",
    [
        "김철수",
        "김 철수",
        "남궁 민수",
        "李飞飞",
        "Chris",
        "Gemini Team",
        "Mistral AI",
        "o3 contributors",
        "A and B",
        "A, B, C, D",
    ],
)
def test_whole_names(name: str) -> None:
    assert parse_name(name) == AuthorName(name)
    assert parse_name(name).is_whole


def test_marks_are_no_part_of_a_name() -> None:
    names = parse_names(["Shuhan Song§*", "Juan-Manuel~Pérez-Rúa", " , ", "", "†"])
    assert [name.last_first for name in names] == ["Song, Shuhan", "Pérez-Rúa, Juan-Manuel"]


def test_last_first() -> None:
    assert parse_name("Laurens van der Maaten").last_first == "van der Maaten, Laurens"
    assert parse_name("Antonio Laverghetta Jr.").last_first == "Laverghetta, Antonio, Jr."
    assert parse_name("김철수").last_first == "김철수"


def test_a_group_has_no_given_name() -> None:
    """In RIS, a comma precedes given names; BibTeX and CSL-JSON have a notation of their own for groups."""
    group = paper(authors=("Gemini Team, Google",))
    assert "\r\nAU  - Gemini Team Google\r\n" in exported(group, to="ris")
    assert "author = {{Gemini Team, Google}}," in exported(group, to="bibtex")
    assert '"literal": "Gemini Team, Google"' in exported(group, to="csl-json")
