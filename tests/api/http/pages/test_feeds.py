"""Feeds of the index, of a day and of a question: valid, stable, and answered with 304 while nothing changes."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree

import httpx
import pytest

from nonmun import Library

from ...conftest import served

ATOM = {"a": "http://www.w3.org/2005/Atom"}
QUESTION = "이미지를 패치로 잘라 트랜스포머에 넣는 논문은?"


@pytest.fixture(scope="module")
def client(sample_library: Library) -> Iterator[httpx.Client]:
    with served(sample_library) as client:
        yield client


def entries(response: httpx.Response) -> list[dict[str, str]]:
    root = ElementTree.fromstring(response.content)
    found: list[dict[str, str]] = []
    for entry in root.findall("a:entry", ATOM):
        link = entry.find("a:link", ATOM)
        assert link is not None
        texts = {name: entry.findtext(f"a:{name}", "", ATOM) for name in ("id", "title", "updated", "content")}
        found.append(texts | {"href": link.attrib["href"]})
    return found


def test_feed_of_the_index_holds_the_newest_digests(client: httpx.Client, sample_library: Library) -> None:
    response = client.get("/feed.atom")
    assert response.headers["content-type"].startswith("application/atom+xml")
    root = ElementTree.fromstring(response.content)
    for required in ("id", "title", "updated"):  # RFC 4287, section 4.1.1
        assert root.findtext(f"a:{required}", "", ATOM)
    found = entries(response)
    expected = [
        f"urn:nonmun:entry:{day.digest_date}:{entry.paper.paper_id}"
        for day in sample_library.digests()
        for entry in sample_library.digest(day.digest_date).entries
    ]
    assert [entry["id"] for entry in found] == expected
    for entry in found[:3]:
        assert client.get(entry["href"]).status_code == 200


def test_feed_of_a_day(client: httpx.Client, sample_library: Library) -> None:
    day = sample_library.status().days[0]
    found = entries(client.get("/feed.atom", params={"day": day}))
    papers = {entry.paper.paper_id for entry in sample_library.digest(day).entries}
    assert {entry["id"].rpartition(":")[2] for entry in found} == papers
    assert client.get("/feed.atom", params={"day": "2001-01-01"}).status_code == 404


def test_feed_of_a_question_holds_the_papers_that_answer_it(client: httpx.Client, sample_library: Library) -> None:
    answer = sample_library.ask(QUESTION, 30)
    found = entries(client.get("/feed.atom", params={"q": QUESTION}))
    assert {entry["id"].rpartition(":")[2] for entry in found} == {item.paper_id for item in answer.citations}
    assert all(entry["content"] for entry in found)
    assert entries(client.get("/feed.atom", params={"q": "김치찌개 끓이는 법"})) == []


def test_json_feed_says_the_same(client: httpx.Client) -> None:
    response = client.get("/feed.json", params={"q": QUESTION})
    assert response.headers["content-type"].startswith("application/feed+json")
    document = response.json()
    assert document["version"] == "https://jsonfeed.org/version/1.1"
    atom = entries(client.get("/feed.atom", params={"q": QUESTION}))
    assert [(item["id"], item["url"], item["content_text"]) for item in document["items"]] == [
        (entry["id"], entry["href"], entry["content"]) for entry in atom
    ]


def test_unchanged_feed_is_not_sent_again(client: httpx.Client) -> None:
    tag = client.get("/feed.atom").headers["etag"]
    again = client.get("/feed.atom", headers={"if-none-match": tag})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/feed.atom", headers={"if-none-match": '"other"'}).status_code == 200


def test_unknown_format_is_refused(client: httpx.Client) -> None:
    assert client.get("/feed.rss").status_code == 422
