"""The words of the pages: reasons for trust labels, failures, lists by conditions, and feeds under conditions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from nonmun import Filter, Library
from nonmun.api.keys import KeyStore
from nonmun.api.web.texts import TEXTS

from ...conftest import bearer, served

KOREAN = {"accept-language": "ko"}
ENGLISH = {"accept-language": "en"}
BROWSER = {"accept": "text/html,application/xhtml+xml"}
LANGUAGES = [(0, KOREAN), (1, ENGLISH)]
HOSTILE = '<script>alert(1)</script>"onmouseover="x'

ABSTRACT = "We generate 1.6 billion long caption-image pairs. Our network has two encoders & improves retrieval."
SUMMARY = """# 2025-05-12

## 2505.05071
**Summary**:
# FG-CLIP: 세밀한 정렬

## 주요 기여
FG-CLIP은 1.6억 개의 긴 캡션-이미지 쌍을 만듭니다. 이 논문은 1.6억 개의 쌍으로 <b>검색</b>을 개선합니다.
"""


@pytest.fixture(scope="module")
def pages(sample_library: Library) -> Iterator[httpx.Client]:
    with served(sample_library) as client:
        yield client


@pytest.fixture(scope="module")
def contradicted(tmp_path_factory: pytest.TempPathFactory, hash_embedder: Any) -> Iterator[httpx.Client]:
    folder = tmp_path_factory.mktemp("contradicted")
    (folder / "2025-05-12.md").write_text(SUMMARY, "utf-8")
    record = {"id": "2505.05071", "title": "FG-CLIP: Fine-Grained Alignment", "abstract": ABSTRACT}
    (folder / "abstracts.jsonl").write_text(json.dumps(record), "utf-8")
    with Library.open(folder / "data", embedding=hash_embedder()) as library:
        library.ingest(folder / "2025-05-12.md", folder / "abstracts.jsonl")
        assert [entry.trust.label for entry in library.entries() if entry.trust] == ["contradicted"]
        with served(library) as client:
            yield client


def text_of(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", "", page)).split())


def attributes(page: str, name: str) -> list[str]:
    return [unescape(value) for value in re.findall(rf'\s{name}="([^"]*)"', page)]


# Reasons for trust labels


@pytest.mark.parametrize(("at", "headers"), LANGUAGES)
def test_reasons_are_in_the_language_of_the_page(contradicted: httpx.Client, at: int, headers: dict[str, str]) -> None:
    page = contradicted.get("/papers/2505.05071", headers=headers).text
    shown = text_of(page)
    assert shown.count(TEXTS["doubt_number"][at].format(words="1.6억 개")) == 1  # said once, of two places
    assert TEXTS["legend_doubt"][at] in shown
    assert TEXTS["legend_agree"][at] not in shown
    assert "the summary has" not in page
    assert "not checkable" not in page
    assert all(title.count("1.6억 개") == 1 for title in attributes(page, "title") if "1.6억" in title)
    ids = attributes(page, "id")
    assert len(ids) == len(set(ids))
    linked = {link[1:] for link in attributes(page, "href") if link.startswith("#") and link != "#content"}
    assert len([link for link in linked if link.startswith("reason-")]) == 2
    assert len([link for link in linked if link.startswith("abstract-")]) == 1
    assert linked <= set(ids)


@pytest.mark.parametrize(("at", "headers"), LANGUAGES)
def test_reasons_of_every_label_lead_to_their_marks(
    pages: httpx.Client, sample_library: Library, at: int, headers: dict[str, str]
) -> None:
    legends = {"supported": "legend_agree", "invented": "legend_admission", "refused": "legend_admission"}
    for label in ("supported", "invented", "refused", "unchecked"):
        entry = sample_library.entries(label)[0]
        page = pages.get(f"/papers/{entry.paper_id}", headers=headers).text
        assert TEXTS["reasons"][at] in text_of(page)
        linked = {link[1:] for link in attributes(page, "href") if re.match("#(?:reason|abstract)-", link)}
        assert linked <= set(attributes(page, "id"))
        assert bool(linked) == (label != "unchecked")
        if label in legends:
            assert TEXTS[legends[label]][at] in text_of(page)
        for reason in entry.trust.reasons if entry.trust and at == 0 else ():
            assert reason.message not in page  # in English


@pytest.mark.parametrize(("at", "headers"), LANGUAGES)
def test_places_have_the_same_reasons(contradicted: httpx.Client, at: int, headers: dict[str, str]) -> None:
    place = {"start": 0, "end": 5}
    said = TEXTS["doubt_number"][at].format(words="1.6억 개")
    summary = contradicted.get("/places/2505.05071", params=place | {"entry": "2025-05-12"}, headers=headers).json()
    assert [reason.startswith(said) for reason in summary["reasons"]] == [True]
    assert "1.6 billion" in summary["reasons"][0]
    abstract = contradicted.get("/places/2505.05071", params=place | {"entry": "abstract"}, headers=headers).json()
    assert (abstract["reasons"], abstract["label"]) == ([said], None)


def test_a_quotation_that_starts_at_a_mark_is_found(contradicted: httpx.Client) -> None:
    start = ABSTRACT.index("We generate")
    page = contradicted.get(f"/papers/2505.05071?entry=abstract&start={start}&end={start + 20}").text
    assert {"quote", f"abstract-{start}-{ABSTRACT.index(' Our')}"} <= set(attributes(page, "id"))


# Failures


@pytest.mark.parametrize(("at", "headers"), LANGUAGES)
@pytest.mark.parametrize(
    ("path", "status", "key"),
    [
        ("/papers/adaptclip", 422, "invalid_paper_id"),
        ("/papers/2001.00001", 404, "failed_not_found_papers"),
        ("/search?q=a&since=2025-06-01&until=2025-05-01", 422, "invalid_window"),
        ("/?q=a&paper=adaptclip", 422, "invalid_paper"),
        ("/?q=a&since=soon", 422, "invalid_since"),
        ("/search?q=a&category=%3F", 422, "invalid_category"),
        ("/search?q=a&trust=none", 422, "invalid_trust"),
        (f"/?q={'x' * 2_001}", 422, "invalid_q"),
        ("/search?trust=refused&offset=x", 422, "invalid_offset"),
        ("/digests/soon", 422, "invalid_digest_date"),
        ("/digests/2001-01-01", 404, "failed_not_found_digests"),
        ("/weeks/2001-W01", 404, "failed_not_found_weeks"),
        ("/weeks/2001-W99", 422, "invalid_week"),
        ("/answers/none", 404, "failed_not_found_answers"),
        ("/nope", 404, "failed_not_found"),
        ("/nope/%3Cscript%3E", 404, "failed_not_found"),
    ],
)
def test_failures_are_in_the_language_of_the_page(
    pages: httpx.Client, path: str, status: int, key: str, at: int, headers: dict[str, str]
) -> None:
    response = pages.get(path, headers=headers | BROWSER)
    assert (response.status_code, response.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert f'<html lang="{("ko", "en")[at]}">' in response.text
    main = response.text.partition('role="alert"')[2]
    assert TEXTS[key][at] in text_of(main)
    assert TEXTS["error_detail"][at] not in main  # the words say it all
    assert {"/", "/search", "/digests"} <= set(attributes(main, "href"))
    assert "<script>" not in response.text


def test_a_wrong_condition_can_be_taken_back(pages: httpx.Client) -> None:
    page = pages.get("/search", params={"q": "BERT", "trust": "supported", "paper": "x"}, headers=KOREAN).text
    link = next(link for link in attributes(page.partition('role="alert"')[2], "href") if link.startswith("?"))
    assert dict(parse_qsl(link[1:])) == {"q": "BERT", "trust": "supported"}
    assert pages.get(f"/search{link}").status_code == 200


def test_where_no_words_fit_the_message_is_a_detail(pages: httpx.Client) -> None:
    page = pages.get("/", params={"q": "BERT", "ignore": HOSTILE}, headers=KOREAN).text
    assert TEXTS["error_detail"][0] in page
    assert "expected any of spelling" in page
    assert "<script>alert" not in page
    value = pages.get("/search", params={"q": "BERT", "trust": HOSTILE}, headers=KOREAN).text
    assert HOSTILE[:20] in unescape(value)
    assert "<script>alert" not in value


def test_programs_get_problem_details(pages: httpx.Client) -> None:
    for path, headers in (("/nope", {}), ("/nope", {"accept": "application/json"}), ("/v1/nope", BROWSER)):
        response = pages.get(path, headers=headers)
        assert response.status_code == 404
        assert response.headers["content-type"] == "application/problem+json"
        assert "accept" in response.headers["vary"]
    assert pages.get("/feed.rss", headers=KOREAN | BROWSER).headers["content-type"].startswith("text/html")
    assert pages.post("/nope", headers=BROWSER).headers["content-type"] == "application/problem+json"


# Lists by conditions


@pytest.mark.parametrize("label", ["refused", "invented", "unchecked", "supported"])
def test_papers_of_a_trust_label_are_listed_without_words(
    pages: httpx.Client, sample_library: Library, label: str
) -> None:
    status = pages.get("/status", headers=KOREAN).text
    assert f"/search?trust={label}" in attributes(status, "href")
    page = pages.get("/search", params={"trust": label}, headers=KOREAN).text
    expected = {entry.paper_id for entry in sample_library.entries(label)}  # pyright: ignore[reportArgumentType]
    found = {link.removeprefix("/papers/") for link in attributes(page, "href") if link.startswith("/papers/")}
    assert found == expected
    assert TEXTS["passing"][0].format(count=len(expected)) in text_of(page)


def test_a_list_is_what_the_library_lists(pages: httpx.Client, sample_library: Library) -> None:
    day = sample_library.status().days[0]
    page = pages.get("/search", params={"since": day, "until": day}, headers=ENGLISH).text
    where = Filter(since=date.fromisoformat(day), until=date.fromisoformat(day))
    expected = [paper.paper_id for paper in sample_library.list_papers(where=where).papers]
    links = [link.removeprefix("/papers/") for link in attributes(page, "href") if link.startswith("/papers/")]
    assert links == expected
    assert TEXTS["none_passing"][1] in pages.get("/search?author=Nobody", headers=ENGLISH).text
    assert "passing" not in pages.get("/search").text
    beyond = pages.get("/search", params={"since": day, "offset": "1000"}, headers=ENGLISH).text
    assert 'rel="prev"' in beyond
    assert 'rel="next"' not in beyond


@pytest.mark.parametrize(("at", "headers"), LANGUAGES)
def test_a_search_tells_that_the_nearest_are_shown(pages: httpx.Client, at: int, headers: dict[str, str]) -> None:
    page = pages.get("/search?q=BERT&section=results", headers=headers).text
    count = page.count("<li>\n<h2>")
    assert TEXTS["nearest"][at].format(count=count) in text_of(page)
    assert f'<label for="q">{TEXTS["search_for"][at]}</label>' in page
    assert " required" not in page  # conditions alone are enough
    assert " required" in pages.get("/", headers=headers).text


@pytest.mark.parametrize(("at", "headers"), LANGUAGES)
def test_days_and_weeks_can_be_asked_about(
    pages: httpx.Client, sample_library: Library, at: int, headers: dict[str, str]
) -> None:
    day = sample_library.status().days[0]
    page = pages.get(f"/digests/{day}", headers=headers).text
    assert TEXTS["ask_about_day"][at] in page
    assert re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page) == [("since", day), ("until", day)]
    week = next(link for link in attributes(page, "href") if link.startswith("/weeks/"))
    page = pages.get(week, headers=headers).text
    assert TEXTS["ask_about_week"][at] in page
    (_, since), (_, until) = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page)
    assert since <= day <= until


def test_only_who_may_is_offered_more(sample_library: Library, keys: KeyStore) -> None:
    reader, asker = keys.create("reader", ["read"])[0], keys.create("asker", ["read", "ask", "status"])[0]
    day = sample_library.status().days[0]
    with served(sample_library, keys) as client:
        for secret, is_offered in ((reader, False), (asker, True)):
            assert ('href="/status"' in client.get("/digests", headers=bearer(secret)).text) == is_offered
            assert ('name="since"' in client.get(f"/digests/{day}", headers=bearer(secret)).text) == is_offered


# Feeds


def test_feeds_tell_their_encoding(pages: httpx.Client) -> None:
    assert pages.get("/feed.atom").headers["content-type"] == "application/atom+xml; charset=utf-8"
    assert pages.get("/feed.json").headers["content-type"] == "application/feed+json; charset=utf-8"
    assert 'type="application/atom+xml"' in pages.get("/feed.atom").text


def test_the_feed_of_a_question_takes_its_conditions(pages: httpx.Client, sample_library: Library) -> None:
    days = sample_library.status().days
    query = {"q": "트랜스포머", "since": days[0], "until": days[0], "ignore": "window", "lang": "ko"}
    document = pages.get("/feed.json", params=query).json()
    day = sample_library.digest(days[0])
    papers = {item["id"].rpartition(":")[2] for item in document["items"]}
    assert papers
    assert papers <= {entry.paper.paper_id for entry in day.entries}
    shown = dict(parse_qsl(urlsplit(document["home_page_url"]).query))
    assert shown == {key: value for key, value in query.items() if key != "lang"}
    assert dict(parse_qsl(urlsplit(document["feed_url"]).query)) == query
    assert pages.get("/feed.atom", params=query | {"since": "soon"}).status_code == 422
    assert pages.get("/feed.atom", params=query | {"ignore": "all"}).status_code == 422


def test_a_feed_leaves_out_what_is_removed_meanwhile(scratch: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    day = scratch.status().days[0]
    stale = scratch.digest(day)
    entry, paper, *others = [entry.paper.paper_id for entry in stale.entries]
    scratch.remove([f"{entry}@{day}", paper])
    monkeypatch.setattr(scratch, "digest", lambda _: stale)  # as read before the removal
    with served(scratch) as client:
        for query in ({"day": day}, {}):
            items = client.get("/feed.json", params=query).json()["items"]
            assert {item["id"] for item in items if day in item["id"]} == {
                f"urn:nonmun:entry:{day}:{other}" for other in others
            }


def test_the_newest_feed_outlives_the_removal_of_a_day(scratch: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    status = scratch.status()
    gone, *others = status.days
    scratch.remove(gone)
    monkeypatch.setattr(scratch, "status", lambda: status)  # as read before the removal
    with served(scratch) as client:
        items = client.get("/feed.json").json()["items"]
        assert {item["id"].split(":")[3] for item in items} == set(others)
        assert client.get("/feed.json", params={"day": gone}).status_code == 404
