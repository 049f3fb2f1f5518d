"""The parsers of feeds and papers: real ones, malicious ones, and arbitrary bytes."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun.index.domain.papers import Abstract, Bibliography
from nonmun.ingest.sources.atom import match_key, parse_feed
from nonmun.ingest.sources.errors import SourceError, TransientError
from nonmun.ingest.sources.huggingface import parse_paper
from nonmun.ingest.sources.text import iso_date


def entry(identifier: str, title: str = "T", summary: str = "S", prefix: str = "") -> str:
    tag = f"{prefix}:" if prefix else ""
    return (
        f"<{tag}entry><{tag}id>{identifier}</{tag}id><{tag}title>{title}</{tag}title>"
        f"<{tag}summary>{summary}</{tag}summary><{tag}published>2020-01-02T03:04:05Z</{tag}published></{tag}entry>"
    )


def feed(*entries: str, attributes: str = 'xmlns="http://www.w3.org/2005/Atom"', tag: str = "feed") -> bytes:
    return f"<?xml version='1.0' encoding='UTF-8'?><{tag} {attributes}>{''.join(entries)}</{tag}>".encode()


@pytest.mark.parametrize(
    "body",
    [
        feed(entry("http://arxiv.org/abs/2001.00001v2")),
        feed(entry("https://export.arxiv.org/abs/2001.00001v2")),
        feed(entry("2001.00001v2"), attributes=""),
        feed(
            entry("http://arxiv.org/abs/2001.00001v2", prefix="a"),
            attributes='xmlns:a="http://www.w3.org/2005/Atom"',
            tag="a:feed",
        ),
        feed(entry("http://arxiv.org/abs/2001.00001v2")).replace(b"UTF-8", b"ISO-8859-1"),
        feed(entry("http://arxiv.org/abs/2001.00001v2")).decode().replace("UTF-8", "UTF-16").encode("utf-16"),
        b"\xef\xbb\xbf" + feed(entry("http://arxiv.org/abs/2001.00001v2")),
    ],
)
def test_reads_all_spellings_of_a_feed(body: bytes) -> None:
    expected = Abstract("2001.00001", "T", "S", "arxiv", 2, "2020-01-02", Bibliography())
    assert parse_feed(body).papers == {"2001.00001": expected}


def test_ignores_other_namespaces_and_inner_markup() -> None:
    markup = entry("2001.00001", "A <i>b</i>\n c &lt; d &amp;amp;").replace(
        "<title>", '<x:title xmlns:x="urn:x">not this</x:title><title>'
    )
    assert parse_feed(feed(markup)).papers["2001.00001"].title == "A b c < d &amp;"


def test_reads_the_bibliography() -> None:
    stated = (
        '<author><name> Ada\n  Lovelace </name><x:affiliation xmlns:x="urn:x">London</x:affiliation></author>'
        "<author><name>김철수</name></author><author/>"
        '<category term="cs.LG"/><category term="cs.CL"/><category/><a:primary_category term="cs.CL"/>'
        "<a:doi>10.1/x</a:doi><a:journal_ref>Proc. X 1 (2025)</a:journal_ref>"
        "<a:comment>8 pages,\n 2 figures</a:comment>"
    )
    body = feed(
        entry("2001.00001").replace("</entry>", f"{stated}</entry>"),
        attributes='xmlns="http://www.w3.org/2005/Atom" xmlns:a="http://arxiv.org/schemas/atom"',
    )
    assert parse_feed(body).papers["2001.00001"].bibliography == Bibliography(
        ("Ada Lovelace", "김철수"), ("cs.CL", "cs.LG"), "10.1/x", "Proc. X 1 (2025)", "8 pages, 2 figures"
    )


def test_keeps_the_highest_version_of_a_repeated_paper() -> None:
    body = feed(*(entry(f"2001.00001{version}", summary=version or "none") for version in ("", "v2", "v10", "v9")))
    assert parse_feed(body).papers["2001.00001"].text == "v10"


def test_keeps_the_first_of_equal_versions() -> None:
    body = feed(entry("2001.00001v1", summary="first"), entry("2001.00001v1", summary="second"))
    assert parse_feed(body).papers["2001.00001"].text == "first"


def test_ignores_incomplete_entries() -> None:
    body = feed(entry("tag:x"), entry("2001.00001", title=" "), entry("2001.00002", summary=""), "<entry/>", "<other/>")
    assert parse_feed(body).papers == {}


def test_reads_an_error_entry() -> None:
    body = feed(entry("http://arxiv.org/api/errors#x", "Error", "wrong\n thing"))
    assert (parse_feed(body).error, parse_feed(body).papers) == ("wrong thing", {})


ENTITIES = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "ha"}">' for n in range(10))


@pytest.mark.parametrize(
    "body",
    [
        f"<!DOCTYPE feed [{ENTITIES}]><feed>&a9;</feed>".encode(),
        b'<!DOCTYPE feed [<!ENTITY x SYSTEM "file:///etc/passwd">]><feed>&x;</feed>',
        b'<!DOCTYPE feed SYSTEM "http://127.0.0.1/x.dtd"><feed/>',
        b"",
        b"Too quick.",
        b"<html/>",
        feed(entry("2001.00001"))[:-5],
        b"<?xml version='1.0' encoding='klingon'?><feed/>",
        b"<?xml version='1.0' encoding='utf-7'?><feed/>",
        b"<?xml version='1.0' encoding='cp949'?><feed/>",
        "<feed>가</feed>".encode("cp949"),
        b"<feed>\x00</feed>",
        b"<feed>" * 3,
    ],
)
def test_rejects_what_is_not_a_feed(body: bytes) -> None:
    with pytest.raises(TransientError):
        parse_feed(body)


def test_accepts_deep_nesting() -> None:
    depth = 300_000
    body = b"<feed><entry><id>" + b"<a>" * depth + b"</a>" * depth + b"</id></entry></feed>"
    assert parse_feed(body).papers == {}


@given(st.binary(max_size=300))
def test_rejects_arbitrary_bytes(body: bytes) -> None:
    with pytest.raises(TransientError):
        parse_feed(body)


@given(st.data())
def test_accepts_or_rejects_any_damage(data: st.DataObject) -> None:
    whole = feed(entry("2001.00001v1"), entry("2001.00002v1"))
    at = data.draw(st.integers(0, len(whole)))
    damaged = whole[:at] + data.draw(st.binary(max_size=8)) + whole[at + data.draw(st.integers(0, 8)) :]
    with suppress(TransientError):
        parse_feed(damaged)


@given(st.binary(max_size=200) | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_rejects_arbitrary_json(body: Any) -> None:
    with pytest.raises(SourceError):
        parse_paper(body if isinstance(body, bytes) else body.encode(), "2001.00001")


VISIBLE = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs", "Cc"], exclude_characters="￾￿"), min_size=1)


@given(
    st.dictionaries(
        st.from_regex(r"(2[0-5](0[1-9]|1[0-2])\.[0-9]{5}|hep-th/9[0-9]0[1-9][0-9]{3})", fullmatch=True),
        st.tuples(VISIBLE, VISIBLE, st.integers(1, 99), st.dates()),
        max_size=5,
    )
)
def test_round_trip(papers: dict[str, Any]) -> None:
    entries = [
        entry(f"http://arxiv.org/abs/{paper_id}v{version}", escape(title), escape(summary)).replace(
            "2020-01-02", published.isoformat()
        )
        for paper_id, (title, summary, version, published) in papers.items()
    ]
    expected = {
        paper_id: Abstract(
            paper_id,
            " ".join(title.split()),
            " ".join(text.split()),
            "arxiv",
            version,
            published.isoformat(),
            Bibliography(),
        )
        for paper_id, (title, text, version, published) in papers.items()
        if title.split() and text.split()
    }
    assert parse_feed(feed(*entries)).papers == expected


def test_match_keys_and_dates() -> None:
    assert match_key("math.GT/0309136") == match_key("math/0309136") == "math/0309136"
    assert match_key("2505.00001") == "2505.00001"
    assert [iso_date(text) for text in ("2025-05-14T00:00:00.000Z", "2025-05-14", "", "None", "2025-13-01")] == [
        "2025-05-14",
        "2025-05-14",
        None,
        None,
        None,
    ]


@pytest.mark.data
def test_real_feeds(shared_data: Path) -> None:
    folder = shared_data / "api" / "arxiv"
    feeds = {path.name: parse_feed(path.read_bytes()) for path in sorted(folder.glob("*.xml"))}
    assert {name: len(parsed.papers) for name, parsed in feeds.items()} == {
        "arxiv_empty.xml": 0,
        "arxiv_error.xml": 0,
        "arxiv_feed.xml": 1,
        "arxiv_rewritten_query.xml": 0,
        "rsxiv_query.xml": 10,
        "rsxiv_query_empty.xml": 0,
        "rsxiv_query_missing_id.xml": 1,
    }
    assert [name for name, parsed in feeds.items() if parsed.error] == ["arxiv_error.xml"]
    attention = feeds["arxiv_feed.xml"].papers["1706.03762"]
    assert (attention.version, attention.published, len(attention.text) > 1_000) == (7, "2017-06-12", True)
    assert list(feeds["rsxiv_query_missing_id.xml"].papers) == ["2201.13452"]
    for parsed in feeds.values():
        assert not any(re.search(r"\s\s|\n", paper.title + paper.text) for paper in parsed.papers.values())
    with pytest.raises(TransientError):
        parse_feed((folder / "arxiv_rate_limited.txt").read_bytes())


@pytest.mark.data
def test_real_papers(shared_data: Path) -> None:
    folder = shared_data / "api" / "huggingface"
    count = 0
    for path in sorted(folder.glob("daily_papers_*.json")):
        for item in json.loads(path.read_text("utf-8")):
            paper = item["paper"]
            abstract = parse_paper(json.dumps(paper).encode(), paper["id"])
            assert abstract
            assert abstract.published == paper["publishedAt"][:10]
            assert "\n" not in abstract.title + abstract.text
            count += 1
    assert count > 50
    for path in sorted(folder.glob("AS_STORED_*")):
        with pytest.raises(SourceError):
            parse_paper(path.read_bytes(), "2412.10360")
