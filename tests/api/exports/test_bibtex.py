"""BibTeX, read back by bibtexparser."""

from __future__ import annotations

import json
import re

import bibtexparser
import pytest
from bibtexparser import middlewares
from bibtexparser.model import Entry
from hypothesis import given
from hypothesis import strategies as st

from nonmun import Paper
from nonmun.api.exports.accents import render_accents
from nonmun.api.exports.latex import to_latex
from nonmun.api.exports.references import citation_keys

from .conftest import HOSTILE, exported, paper, papers, shown, text

COMMANDS = {"textbackslash", "textbraceleft", "textbraceright", "textasciitilde", "textasciicircum"}
FORMULAS = {"mathcal", "log"}  # those of the strategy


def read(bibtex: str) -> list[Entry]:
    parsed = bibtexparser.parse_string(bibtex)
    assert parsed.failed_blocks == []
    assert parsed.comments == []
    return parsed.entries


def read_names(bibtex: str) -> list[middlewares.NameParts]:
    layers = [middlewares.SeparateCoAuthors(), middlewares.SplitNameParts()]
    [entry] = bibtexparser.parse_string(bibtex, append_middleware=layers).entries
    return entry["author"]


def decode(latex: str) -> str:
    """Return what a value prints."""
    [entry] = bibtexparser.parse_string(
        f"@misc{{k, v = {{{latex}}}}}", append_middleware=[middlewares.LatexDecodingMiddleware()]
    ).entries
    return entry["v"].replace("\u02c6", "^")  # pylatexenc's choice for \textasciicircum


def depths(value: str) -> list[int]:
    """Return the depth after each brace, as BibTeX counts: escaped ones as well."""
    found: list[int] = []
    for brace in re.findall("[{}]", value):
        found.append((found or [0])[-1] + (1 if brace == "{" else -1))
    return found


def test_fields() -> None:
    [entry] = read(
        exported(
            paper(
                title="WorldPM: Scaling Human Preference",
                authors=("Binghai Wang", "Laurens van der Maaten", "김철수"),
                abstract="An abstract.",
                categories=("cs.CL", "cs.LG"),
                doi="doi:10.1000/a_b",
                journal_ref="J. of AI & Law 3 (2025) 1-9",
            ),
            to="bibtex",
        )
    )
    assert (entry.entry_type, entry.key) == ("misc", "wang2025worldpm")
    assert {field.key: field.value for field in entry.fields} == {
        "title": "{WorldPM: Scaling Human Preference}",
        "author": "Wang, Binghai and van der Maaten, Laurens and {김철수}",
        "year": "2025",
        "month": "may",
        "eprint": "2505.10527",
        "archivePrefix": "arXiv",
        "primaryClass": "cs.CL",
        "doi": "10.1000/a_b",
        "url": "https://arxiv.org/abs/2505.10527",
        "note": r"J. of AI \& Law 3 (2025) 1-9",
        "abstract": "An abstract.",
    }


@pytest.mark.parametrize(
    ("paper_id", "published", "year", "month"),
    [
        ("2505.10527", "2025-04-30", "2025", "apr"),
        ("2505.10527", None, "2025", "may"),
        ("math.GT/0309136", None, "2003", "sep"),
        ("cs/9901001", None, "1999", "jan"),
        ("2505.10527", "yesterday", "2025", "may"),
    ],
)
def test_dates(paper_id: str, published: str | None, year: str, month: str) -> None:
    [entry] = read(exported(paper(paper_id, published=published), to="bibtex"))
    assert (entry["year"], entry["month"], entry["eprint"]) == (year, month, paper_id)


@pytest.mark.parametrize("doi", ["", "in press", "10.1000/a}b", "10.1000/a%b", "10.1/x"])
def test_what_is_no_doi_is_left_out(doi: str) -> None:
    [entry] = read(exported(paper(doi=doi), to="bibtex"))
    assert "doi" not in entry


@pytest.mark.parametrize(
    ("name", "first", "von", "last", "jr"),
    [
        ("Geoffrey E. Hinton", "Geoffrey E.", "", "Hinton", ""),
        ("Laurens van der Maaten", "Laurens", "van der", "Maaten", ""),
        ("Antonio Laverghetta Jr.", "Antonio", "", "Laverghetta", "Jr."),
        ("Blaise Agüera y Arcas", "Blaise", "", "{Agüera y Arcas}", ""),
        ("Jia li", "Jia", "", "li", ""),
        ("김 철수", "", "", "{김 철수}", ""),
        ("Gemini Team", "", "", "{Gemini Team}", ""),
        ("Barnes and Noble", "", "", "{Barnes and Noble}", ""),
        ("others", "", "", "{others}", ""),
    ],
)
def test_names_are_divided_as_bibtex_divides_them(name: str, first: str, von: str, last: str, jr: str) -> None:
    [parts] = read_names(exported(paper(authors=(name,)), to="bibtex"))
    assert [" ".join(part) for part in (parts.first, parts.von, parts.last, parts.jr)] == [first, von, last, jr]


def test_long_lists_of_authors_are_complete() -> None:
    authors = tuple(f"Given{number} Family{number}" for number in range(3_000))
    parts = read_names(exported(paper(authors=authors), to="bibtex"))
    assert [[*part.first, *part.last] for part in parts] == [name.split() for name in authors]


@pytest.mark.parametrize(
    ("title", "latex"),
    [
        ("100% of R&D #1 snake_case", r"100\% of R\&D \#1 snake\_case"),
        (r"27.8\% for \$5", r"27.8\% for \$5"),
        ("H^{3}DP", r"H\textasciicircum{}\{3\}DP"),
        ("a } b {", r"a \textbraceright{} b \textbraceleft{}"),
        (r"$\mathcal{O}(n \log n)$ time, 50%", r"$\mathcal{O}(n \log n)$ time, 50\%"),
        ("from $5 to $10", r"from \$5 to \$10"),
        ("Earn $1 Million for $2", r"Earn \$1 Million for \$2"),
        (r"$\input{x}$", r"\$\textbackslash{}input\{x\}\$"),
        ("$^^5cinput$", r"\$\textasciicircum{}\textasciicircum{}5cinput\$"),
        (r"$a\\b$", r"\$a\textbackslash{}\textbackslash{}b\$"),
        ("$a} {b$", r"\$a\textbraceright{} \textbraceleft{}b\$"),
        ("$a % b$", r"\$a \% b\$"),
        ("한국어 논문 100%", r"한국어 논문 100\%"),
    ],
)
def test_latex(title: str, latex: str) -> None:
    assert to_latex(title) == latex


@pytest.mark.parametrize(
    ("latex", "name"),
    [
        (r"Jos\'e Mart\'{\i}nez", "Martínez, José"),
        (r"Jos{\'e} Mart\'\i nez", "Martínez, José"),
        (r"J{\"{u}}rgen Schm\"idhuber", "Schmïdhuber, Jürgen"),
        (r"\c{S}ule G\"ok", "Gök, Şule"),
        (r"Paul Erd\H{o}s", "Erdős, Paul"),
        (r"{\L}ukasz K\l os", "Kłos, Łukasz"),
        (r"S\o ren Gro{\ss}e", "Große, Søren"),
        (r"Mu\~noz de la Pe\~{n}a", "de la Peña, Muñoz"),
    ],
)
def test_accents_of_latex_are_letters_in_every_format(latex: str, name: str) -> None:
    one = paper(authors=(latex,), title=rf"{latex}: $\v{{x}}$")
    parts = read_names(exported(one, to="bibtex"))[0]
    assert f"{' '.join([*parts.von, *parts.last])}, {' '.join(parts.first)}" == name
    letters = render_accents(latex)
    for export_format in ("bibtex", "ris", "csl-json", "markdown"):
        found = exported(one, to=export_format)
        assert f"{letters}: " in found if export_format != "markdown" else letters in found
    assert f"AU  - {name}\r\n" in exported(one, to="ris")
    [item] = json.loads(exported(one, to="csl-json"))
    assert item["title"] == rf"{letters}: $\v{{x}}$"


@pytest.mark.parametrize("text", [r"a\=b", r"\alpha \lambda", r"\cite{x}", r"$\v{x} \'e$", r"\'", r"\url{x}", r"\x"])
def test_other_commands_are_no_accents(text: str) -> None:
    assert render_accents(text) == text


def test_formulas_are_kept_and_print() -> None:
    [entry] = read(exported(paper(title=r"A $\alpha \leq x^{2}$ bound & more"), to="bibtex"))
    assert entry["title"] == r"{A $\alpha \leq x^{2}$ bound \& more}"


@given(
    st.text('가나ABC abc 012 \\%&#_^=+./?!()[]<>:;*@"').filter(
        lambda title: title.strip() and render_accents(title) == title
    )
)
def test_escaped_text_prints_as_it_stands(title: str) -> None:
    expected = " ".join(re.sub(r"\\([%&#_])", r"\1", title).split())
    assert decode(to_latex(title)) == expected


@given(st.lists(papers, max_size=4, unique_by=lambda found: found.paper_id))
def test_hostile_text_stays_in_its_field(found: list[Paper]) -> None:
    bibtex = exported(*found, to="bibtex")
    entries = read(bibtex)
    assert [entry["eprint"] for entry in entries] == [one.paper_id for one in found]
    assert {entry.entry_type for entry in entries} <= {"misc"}
    assert all(re.fullmatch(r"[0-9A-Za-z.-]+", entry.key) for entry in entries)
    assert min([0, *depths(bibtex)]) == 0
    assert (depths(bibtex) or [0])[-1] == 0
    known = "title author year month eprint archivePrefix primaryClass doi url note abstract".split()
    assert {field.key for entry in entries for field in entry.fields} <= set(known)
    assert set(re.findall(r"\\([A-Za-z]+)", bibtex)) <= COMMANDS | FORMULAS
    assert "^^" not in bibtex
    assert "\ud800" not in bibtex


@pytest.mark.parametrize("fragment", HOSTILE)
def test_hostile_authors_stay_names(fragment: str) -> None:
    parts = read_names(exported(paper(authors=("Ada Lovelace", fragment, "Alan Turing")), to="bibtex"))
    assert parts[0].last == ["Lovelace"]
    assert parts[-1].last == ["Turing"]
    assert len(parts) <= 3


def test_keys() -> None:
    keys = citation_keys(
        [
            paper("2505.00001", title="The Scaling of Models", authors=("Aäron van den Oord",)),
            paper("2505.00002", title="한국어 제목", authors=("김철수",)),
            paper("2505.00003", title="State-of-the-Art: a Survey", authors=("Łukasz Kaiser",)),
            paper("math.GT/0309136", title="", published=None),
        ]
    )
    assert list(keys.values()) == ["vandenoord2025scaling", "arxiv2025", "kaiser2025stateoftheart", "arxiv2003"]


def test_shared_keys_depend_on_the_papers_and_not_on_their_order() -> None:
    one, two = (
        paper(paper_id, authors=("Ada Lovelace",), title="Notes") for paper_id in ("2505.00001", "math/2505002")
    )
    other = paper("2505.00003", authors=("Alan Turing",), title="Notes")
    keys = citation_keys([one, two, other])
    assert keys == citation_keys([two, other, one])
    assert list(keys.values()) == ["lovelace2025notes-2505.00001", "lovelace2025notes-math-2505002", "turing2025notes"]
    assert citation_keys([one])["2505.00001"] == "lovelace2025notes"


@given(text)
def test_one_line_of_untrusted_text(value: str) -> None:
    bibtex = exported(paper(title="x", abstract=f"{value}."), to="bibtex")
    assert len(bibtex.splitlines()) == len(exported(paper(title="x", abstract="."), to="bibtex").splitlines())
    assert shown(value).count("한국어") == bibtex.count("한국어")


def test_nothing_to_export() -> None:
    assert exported(to="bibtex") == ""
