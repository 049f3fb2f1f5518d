"""The representation that a request asks for, by suffix or by `Accept`."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun.api.exports.formats import FORMATS, MEDIA_TYPES, SUFFIXES
from nonmun.api.exports.negotiation import Representation, content_type, negotiate, negotiate_accept, split_suffix

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        ("", "json"),
        ("*/*", "json"),
        (BROWSER, "json"),
        ("application/json", "json"),
        ("application/*", "json"),
        ("text/html", "json"),
        ("application/x-bibtex", "bibtex"),
        ("APPLICATION/X-BibTeX", "bibtex"),
        ("application/x-research-info-systems", "ris"),
        ("application/vnd.citationstyles.csl+json", "csl-json"),
        ("application/citeproc+json", "csl-json"),
        ("text/markdown; charset=utf-8; variant=GFM", "markdown"),
        ("text/x-bibtex", "bibtex"),
        ("text/*", "markdown"),
        # qualities
        ("application/json;q=0.5, text/markdown", "markdown"),
        ("application/json, text/markdown;q=0.9", "json"),
        ("text/markdown;q=0.1, application/x-bibtex;q=0.2, */*;q=0.15", "bibtex"),
        ("text/markdown;q=0", "json"),
        ("text/markdown;q=0, text/*", "json"),
        ("text/*;q=0.9, text/markdown;q=0.2, application/x-bibtex;q=0.5", "bibtex"),
        ("application/json;q=0, */*", "bibtex"),
        ("*/*;q=0", "json"),
        ("text/markdown ; q=1.000 , application/x-bibtex;Q=0.999", "markdown"),
        # ties: a named type before a range, then the order of the header, then JSON
        ("*/*, application/x-bibtex", "bibtex"),
        ("application/x-bibtex, application/json", "bibtex"),
        ("application/json, application/x-bibtex", "json"),
        ("text/*, application/*", "markdown"),
        # malformed elements are skipped
        ("nonsense, ;, text/markdown;q=2, application/x-bibtex;q=0.3", "bibtex"),
        ("text/markdown;q=high", "json"),
        ('text/markdown;title="a, application/x-bibtex;q=1";q=0.5', "markdown"),
        ("text/markdown;q=", "json"),
        ('"', "json"),
    ],
)
def test_accept(accept: str, chosen: Representation) -> None:
    assert negotiate_accept(accept) == chosen


@given(st.text(st.sampled_from('tex/markdown*;q=.019, "\\bi')) | st.text())
def test_any_header_gives_a_representation(accept: str) -> None:
    assert negotiate_accept(accept) in {"json", *FORMATS}


def test_long_headers_are_cut() -> None:
    assert negotiate_accept('\\"' * 500_000) == "json"
    assert negotiate_accept("text/html, " * 100_000 + "text/markdown") == "json"


@pytest.mark.parametrize(
    ("path", "bare", "representation"),
    [
        ("2505.10527", "2505.10527", None),
        ("2505.10527v2", "2505.10527v2", None),
        ("2505.10527.bib", "2505.10527", "bibtex"),
        ("math.GT/0309136.ris", "math.GT/0309136", "ris"),
        ("2505.10527.csl.json", "2505.10527", "csl-json"),
        ("2505.10527.json", "2505.10527", "json"),
        ("2025-05-16.MD", "2025-05-16", "markdown"),
        (".bib", ".bib", None),
        ("2505.10527.pdf", "2505.10527.pdf", None),
        ("", "", None),
    ],
)
def test_suffix(path: str, bare: str, representation: Representation | None) -> None:
    assert split_suffix(path) == (bare, representation)


def test_a_suffix_precedes_the_header() -> None:
    assert negotiate("2505.10527.ris", "text/markdown") == ("2505.10527", "ris")
    assert negotiate("2505.10527.json", "text/markdown") == ("2505.10527", "json")
    assert negotiate("2505.10527", "text/markdown") == ("2505.10527", "markdown")
    assert negotiate("2505.10527") == ("2505.10527", "json")


@pytest.mark.parametrize("export_format", FORMATS)
def test_every_format_can_be_asked_for(export_format: Representation) -> None:
    assert export_format != "json"
    assert negotiate_accept(MEDIA_TYPES[export_format]) == export_format
    assert split_suffix(f"x{SUFFIXES[export_format]}") == ("x", export_format)
    media_type, _, charset = content_type(export_format).partition("; ")
    assert negotiate_accept(media_type) == export_format
    assert charset == ("" if media_type.endswith("json") else "charset=utf-8")


def test_tables_cover_every_format() -> None:
    assert FORMATS == tuple(MEDIA_TYPES) == tuple(SUFFIXES)
    assert get_args(Representation) == ("json", *FORMATS)
