"""arXiv identifiers: parsed alone, and found within texts and URLs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun.index.domain.arxiv_ids import ArxivId, find_arxiv_ids, parse_arxiv_id

MONTHS = st.integers(1, 12).map("{:02}".format)
FIVE = st.builds("{:02}{}.{:05}".format, st.integers(15, 99), MONTHS, st.integers(0, 99_999))
FOUR = st.builds("{:02}{}.{:04}".format, st.integers(7, 14), MONTHS, st.integers(0, 9_999))
ARCHIVES = st.sampled_from(["math.GT", "hep-th", "cs.CL", "cond-mat", "q-alg", "astro-ph"])
OLD = st.builds("{}/{:02}{}{:03}".format, ARCHIVES, st.integers(0, 99), MONTHS, st.integers(0, 999))
IDS = st.one_of(FIVE, FOUR, OLD)
VERSIONS = st.one_of(st.none(), st.integers(1, 999))


def written(paper_id: str, version: int | None) -> str:
    return paper_id if version is None else f"{paper_id}v{version}"


@given(IDS, VERSIONS, st.sampled_from(["", "arXiv:", "arxiv: ", " ARXIV:"]))
def test_parses_what_it_formats(paper_id: str, version: int | None, prefix: str) -> None:
    assert parse_arxiv_id(f"{prefix}{written(paper_id, version)} ") == ArxivId(paper_id, version)


@given(IDS, VERSIONS, st.sampled_from([" ", "", "은", "에서", ".", ",", ")", "?", "\n"]))
def test_finds_an_id_in_a_text(paper_id: str, version: int | None, after: str) -> None:
    assert find_arxiv_ids(f"논문 {written(paper_id, version)}{after}") == (ArxivId(paper_id, version),)


@given(
    IDS,
    VERSIONS,
    st.sampled_from(
        ["https://arxiv.org/abs/", "http://arxiv.org/pdf/", "arxiv.org/html/", "https://huggingface.co/papers/"]
    ),
)
def test_finds_an_id_in_a_url(paper_id: str, version: int | None, url: str) -> None:
    assert find_arxiv_ids(f"({url}{written(paper_id, version)})") == (ArxivId(paper_id, version),)


@given(st.text())
def test_accepts_any_text(text: str) -> None:
    ids = find_arxiv_ids(text)
    assert len({arxiv_id.paper_id for arxiv_id in ids}) == len(ids)
    parse_arxiv_id(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2505",
        "2505.0926",
        "2505.092644",
        "1412.69801",
        "1501.0001",
        "2513.00001",
        "2500.00001",
        "2505.09264v0",
        "2505.09264 v2",
        "2505.09264v2 x",
        "math.GT/03091",
        "math.gt/0309136",
        "MATH/0309136",
        "math.GT/0313136",
        "２５05.０９２６４",
    ],
)
def test_rejects_invalid_identifiers(text: str) -> None:
    assert parse_arxiv_id(text) is None


@pytest.mark.parametrize(
    "text", ["12505.09264", "2505.092641", "x2505.09264", "v1.2505.09264", "2505.09264.1", "2505.09264x"]
)
def test_finds_none_inside_other_numbers(text: str) -> None:
    assert find_arxiv_ids(f"see {text} there") == ()


@pytest.mark.parametrize("text", ["https://arxiv.org/abs/2505.092641", "https://arxiv.org/abs/math/03091367"])
def test_finds_none_inside_longer_urls(text: str) -> None:
    assert find_arxiv_ids(text) == ()


def test_finds_valid_ids_in_an_upper_case_url() -> None:
    assert all(parse_arxiv_id(arxiv_id.paper_id) for arxiv_id in find_arxiv_ids("HTTPS://ARXIV.ORG/ABS/HEP-TH/9901001"))


def test_finds_each_paper_once_in_order() -> None:
    text = "2505.00002와 https://arxiv.org/abs/2505.00001v2, 그리고 2505.00002v3"
    assert find_arxiv_ids(text) == (ArxivId("2505.00002"), ArxivId("2505.00001", 2))


def test_finds_the_id_in_a_pdf_name() -> None:
    assert find_arxiv_ids("https://arxiv.org/pdf/2505.09264v1.pdf") == (ArxivId("2505.09264", 1),)
