"""The pages for reading: papers with their history, days as calendars, weeks by topic, explained searches, status."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from html import unescape
from itertools import pairwise
from pathlib import Path

import httpx
import pytest

from nonmun import DigestEntry, Library
from nonmun.api.keys import KeyStore
from nonmun.api.web.calendars import week_of
from nonmun.api.web.texts import TEXTS

from ...conftest import bearer, served

KOREAN, ENGLISH = {"accept-language": "ko"}, {"accept-language": "en"}
PAPER, DAY, OLD = "2503.77777", "2025-03-04", "math.GT/0309136"
HOSTILE = '<script>alert(1)</script> "><img src=x onerror=alert(1)>'
FIRST = "# 걷는 고양이\n\n## 결과\n\n고양이 보행 모델은 사족 로봇보다 두 배 빠르게 계단을 오릅니다.\n"
SECOND = f"{FIRST}\n## 한계점\n\n- **한계점**: 구체적인 한계점에 대한 정보는 제공되지 않았습니다.\n\n{HOSTILE}\n"


@pytest.fixture(scope="module")
def pages(sample_library: Library) -> Iterator[httpx.Client]:
    with served(sample_library) as client:
        client.headers.update(KOREAN)
        yield client


def text_of(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def links(page: str) -> list[str]:
    return [unescape(link) for link in re.findall(r'href="([^"]*)"', page)]


def section_of(page: str, key: str) -> str:
    """Return the section of a page that a heading with an id names."""
    return re.search(rf'<section aria-labelledby="{key}">.*?</section>', page, re.DOTALL)[0]  # pyright: ignore[reportOptionalSubscript]


# Papers


@pytest.fixture
def edited(scratch: Library) -> Library:
    """A library with a paper whose summary was edited."""
    for body in (FIRST, SECOND):
        scratch.add_entries([{"paper_id": PAPER, "digest_date": DAY, "text": body}])
    scratch.add_entries([{"paper_id": OLD, "digest_date": DAY, "text": FIRST}])
    return scratch


def test_an_earlier_version_shows_what_changed(edited: Library) -> None:
    with served(edited) as client:
        page = client.get(f"/papers/{PAPER}", headers=KOREAN).text
        history = section_of(page, "history")
        assert TEXTS["why_edited"][0] in history
        assert "계단을 오릅니다." in history
        inserted = " ".join(re.findall(r"<ins>(.*?)</ins>", history, re.DOTALL))
        assert "구체적인 한계점에" in inserted
        assert "alert(1)" in unescape(inserted)
        assert "<script" not in page
        assert "<img" not in page
        assert "<del>" not in history
        assert 'lang="ko"' in history
        english = client.get(f"/papers/{PAPER}", headers=ENGLISH).text
        assert TEXTS["history"][1] in english
        assert 'id="history"' not in client.get(f"/papers/{OLD}").text


def test_what_was_removed_by_hand_is_not_shown(edited: Library) -> None:
    edited.add_entries([{"paper_id": PAPER, "digest_date": "2025-03-05", "text": "고래의 노래를 다룹니다."}])
    edited.remove(f"{PAPER}@2025-03-05")
    with served(edited) as client:
        page = client.get(f"/papers/{PAPER}").text
        assert "고래" not in page
        edited.remove(PAPER)
        assert client.get(f"/papers/{PAPER}").status_code == 404
        assert client.get(f"/papers/{PAPER}.md").status_code == 404


def test_a_section_that_says_nothing_is_dimmed(edited: Library) -> None:
    with served(edited) as client:
        page = client.get(f"/papers/{PAPER}", headers=KOREAN).text
        dimmed = " ".join(re.findall(r'<mark class="empty">(.*?)</mark>', page))
        assert dimmed == ""  # markup follows in that section
        edited.add_entries([{"paper_id": PAPER, "digest_date": DAY, "text": SECOND.replace(HOSTILE, "")}])
        page = client.get(f"/papers/{PAPER}", headers=KOREAN).text
        dimmed = " ".join(re.findall(r'<mark class="empty">(.*?)</mark>', page))
        assert "구체적인 한계점에 대한 정보는 제공되지 않았습니다." in dimmed
        assert "고양이" not in dimmed
        assert TEXTS["empty_sections"][0] in text_of(page)


@pytest.mark.parametrize("suffix", [".md", ".bib", ".ris", ".csl.json"])
def test_a_paper_is_exported_as_by_the_api(pages: httpx.Client, suffix: str) -> None:
    page, exported = pages.get(f"/papers/1810.04805{suffix}"), pages.get(f"/v1/papers/1810.04805{suffix}")
    assert page.status_code == exported.status_code == 200
    assert page.text == exported.text
    assert page.headers["content-type"] == exported.headers["content-type"]
    assert f"/v1/papers/1810.04805{suffix}" in links(pages.get("/papers/1810.04805").text)


def test_exports_of_old_ids_versions_and_unknown_papers(edited: Library) -> None:
    with served(edited) as client:
        assert "고양이" in client.get(f"/papers/{OLD}.md").text
        assert f"/v1/papers/{OLD}.bib" in links(client.get(f"/papers/{OLD}").text)
        assert client.get(f"/papers/{PAPER}v2.md").text == client.get(f"/papers/{PAPER}.md").text
        for path, status in (("2001.00001.md", 404), ("x.md", 422), (".md", 422), (f"{PAPER}.json", 422)):
            response = client.get(f"/papers/{path}")
            assert (response.status_code, response.headers["content-type"][:9]) == (status, "text/html"), path


# Days and weeks


def has_words(entry: DigestEntry) -> bool:
    """Return whether anything of a paper can be quoted."""
    return entry.trust != "refused" or bool(entry.paper.abstract)


def test_the_calendar_links_every_day_and_week(pages: httpx.Client, sample_library: Library) -> None:
    page = pages.get("/digests").text
    found = set(links(page))
    for day in sample_library.digests():
        assert f"/digests/{day.digest_date}" in found
        assert f"/weeks/{week_of(date.fromisoformat(day.digest_date))}" in found
        named = TEXTS["day_papers"][0].format(count=day.papers, new=day.new)
        assert f'aria-label="{day.digest_date}, {named}"' in page
    assert page.count("<table") == page.count("<caption") == 1
    assert page.count('scope="col"') == 8
    assert "2025년 3월" in page
    assert "March 2025" in pages.get("/digests", headers=ENGLISH).text


def test_every_paper_of_a_day_has_a_sentence(pages: httpx.Client, sample_library: Library) -> None:
    for day in sample_library.status().days:
        page = pages.get(f"/digests/{day}").text
        entries = sample_library.digest(day).entries
        assert page.count('class="lead"') == sum(has_words(entry) for entry in entries)
        quoted = re.findall(r'class="lead" lang="(ko|en)" href="/papers/([^"?]+)\?entry=([^&"]+)&amp;start=', page)
        assert len(quoted) == page.count('class="lead"')
        # A summary that cannot be quoted is replaced by the abstract.
        assert {entry for _, _, entry in quoted} <= {day, "abstract"}


def test_a_week_shows_each_paper_once(pages: httpx.Client, sample_library: Library) -> None:
    days = sample_library.status().days
    week = week_of(date.fromisoformat(days[0]))
    entries = [
        entry
        for day in days
        if week_of(date.fromisoformat(day)) == week
        for entry in sample_library.digest(day).entries
    ]
    wanted = {entry.paper.paper_id for entry in entries}
    for headers in (KOREAN, ENGLISH):
        page = pages.get(f"/weeks/{week}", headers=headers).text
        titles = re.findall(r'<h3><a href="/papers/([^"]+)">', page)
        assert len(titles) == len(wanted)
        assert set(titles) == wanted
        assert page.count('class="lead"') == len({entry.paper.paper_id for entry in entries if has_words(entry)})
        sections = re.findall(r'<section aria-labelledby="(topic-\d+)">', page)
        assert len(sections) == len(set(sections)) >= 1
        assert {f"#{section}" for section in sections} <= {*links(page), "#topic-1"}
        for day in days:
            assert f"/digests/{day}" in links(page)


def test_weeks_follow_one_another(edited: Library) -> None:
    for day in ("2025-01-02", "2025-06-30"):
        edited.add_entries([{"paper_id": PAPER, "digest_date": day, "text": FIRST}])
    with served(edited) as client:
        middle = re.findall(r'rel="(prev|next)" href="([^"]*)"', client.get("/weeks/2025-W10").text)
        assert set(middle) == {("prev", "/weeks/2025-W01"), ("next", "/weeks/2025-W27")}
        first = client.get("/weeks/2025-W01").text
        assert re.findall(r'rel="(prev|next)" href="([^"]*)"', first)[0] == ("next", "/weeks/2025-W10")
        assert 'rel="prev"' not in first


@pytest.mark.parametrize(
    ("week", "status"), [("2001-W01", 404), ("2025-W54", 422), ("2025-20", 422), ("9999-W52", 422), ("<b>", 422)]
)
def test_a_week_without_digests_is_told_apart_from_none(pages: httpx.Client, week: str, status: int) -> None:
    response = pages.get(f"/weeks/{week}")
    assert response.status_code == status
    assert response.headers["content-type"].startswith("text/html")
    assert 'role="alert"' in response.text
    assert "<b>" not in response.text


# Searches


def test_an_explained_search_tells_channels_and_words(pages: httpx.Client, sample_library: Library) -> None:
    question = "이미지를 패치로 잘라 넣는 트랜스포머"
    plain = pages.get("/search", params={"q": question}).text
    assert 'class="why"' not in plain
    toggle = next(link for link in links(plain) if "why=1" in link)
    page = pages.get(f"/search{toggle}").text
    results = sample_library.search(question, 20)
    explanations = sample_library.explain(question, [hit.paper_id for hit in results.hits])
    assert page.count('<div class="why">') == len(explanations) > 0
    first = explanations[0]
    shown = text_of(page[page.index('<div class="why">') :].partition("</div>")[0])
    assert TEXTS["why_rank"][0].format(rank=1, score=f"{first.score:.3f}") in shown
    for channel in first.channels:
        assert TEXTS[f"channel_{channel.channel}"][0] in shown
        assert f"{channel.share:.3f}" in shown
    assert all(word in shown for word in first.matched)
    widths = [float(width) for width in re.findall(r'<rect width="([\d.]+)"', page)]
    assert len(widths) == sum(len(each.channels) for each in explanations)
    assert 0 < max(widths) <= 100
    assert min(widths) >= 0
    assert "style=" not in page
    assert not any("why=1" in link for link in links(page) if link.startswith("?q=") and "lang=" not in link)


def test_words_of_an_explanation_are_written_as_in_the_texts(pages: httpx.Client) -> None:
    page = pages.get("/search", params={"q": "translations of sequences", "why": "1"}, headers=ENGLISH).text
    assert TEXTS["channel_lexical"][1] in page
    found = text_of(" ".join(re.findall(rf"<dt>{TEXTS['matched'][1]}</dt><dd>(.*?)</dd>", page)))
    assert "translations" in found
    assert not re.search(r"\b(?:translat|sequenc)\b", found)


def test_an_explained_search_keeps_its_filters(pages: httpx.Client) -> None:
    query = {"q": "BERT", "section": "results", "why": "1"}
    page = pages.get("/search", params=query).text
    assert any("why=1" in link and "section=" not in link for link in links(page) if link.startswith("?q="))
    assert pages.get("/search", params={"why": "1"}).status_code == 200
    assert pages.get("/search", params={"q": "zzz", "paper": "2001.00001", "why": "1"}).status_code == 200


# Status


def test_status_tells_what_the_library_does(pages: httpx.Client, sample_library: Library) -> None:
    status = sample_library.status()
    for at, headers in enumerate((KOREAN, ENGLISH)):
        page = pages.get("/status", headers=headers).text
        shown = text_of(page)
        assert f"{status.papers}" in shown
        assert status.model_id
        assert status.model_id in shown
        for label, count in status.labels.items():
            assert f"{TEXTS[f'trust_{label}'][at]} {count}" in shown
        assert "catalog.sqlite" in shown
        assert TEXTS["keys_off"][at] in shown
        assert TEXTS["no_problems"][at] in shown
        assert str(sample_library.settings.data) not in page


def test_status_tells_the_problems_of_documents(scratch: Library, tmp_path: Path) -> None:
    file = tmp_path / "2025-04-01.md"
    file.write_text(f"# 2025-04-01\n\n## {HOSTILE}\n\n본문\n\n## 2505.00009\n**Summary**:\n{FIRST}", "utf-8")
    scratch.ingest(file)
    problems = scratch.problems()
    assert problems
    assert problems[0].digest_date == "2025-04-01"
    assert scratch.problems(1) == problems[:1]
    with served(scratch) as client:
        page = client.get("/status").text
    assert "<script" not in page
    shown = text_of(page)
    for item in problems:
        assert item.problem.file in shown
        assert f"{item.problem.line}" in shown
    assert " ".join(problems[0].problem.message.split())[:20] in shown


def test_status_names_keys_without_their_secrets(sample_library: Library, keys: KeyStore) -> None:
    secret, key = keys.create("<b>김</b>", ["admin"])
    reader, _ = keys.create("reader", ["read", "ask", "metrics"])
    watcher, _ = keys.create("watcher", ["status"])
    with served(sample_library, keys) as client:
        assert client.get("/status").status_code == 401
        assert client.get("/status", headers=bearer(reader)).status_code == 403
        for allowed in (secret, watcher):
            page = client.get("/status", headers=bearer(allowed)).text
            shown = text_of(page)
            assert "reader" in shown
            assert "ask, metrics, read" in shown
            assert "&lt;b&gt;김" in page
            assert not any(part in page for part in (secret, reader, watcher, key.hint))
        assert client.get("/v1/search", headers=bearer(watcher)).status_code in {403, 405}


def test_status_is_open_on_loopback_and_not_through_a_proxy(sample_library: Library, keys: KeyStore) -> None:
    with served(sample_library, keys, anonymous=("read", "ask", "metrics", "status")) as client:
        secret, _ = keys.create("김철수", ["status"])
        for at, headers in enumerate((KOREAN, ENGLISH)):
            page = client.get("/status", headers=headers)
            assert page.status_code == 200
            shown = text_of(page.text)
            assert TEXTS["keys_hidden"][at] in shown  # without a key, not even the names of keys
            assert f"{sample_library.status().papers}" in shown
            assert "김철수" not in shown
        assert "김철수" in text_of(client.get("/status", headers=bearer(secret)).text)
        assert client.get("/status", headers={"x-forwarded-for": "203.0.113.9"}).status_code == 401
        assert client.delete("/v1/papers/1810.04805").status_code == 401
    with served(sample_library, keys, anonymous=("read", "ask")) as client:
        assert client.get("/status").status_code == 401


@pytest.mark.parametrize("path", ["/weeks/2025-W10", "/status", "/search?q=BERT&why=1", "/digests"])
def test_pages_run_nothing_and_hold_their_headings_in_order(pages: httpx.Client, path: str) -> None:
    response = pages.get(path)
    assert "unsafe" not in response.headers["content-security-policy"]
    assert not re.search(r"<(?:script|img|iframe|style)\b| (?:style|on\w+)=", response.text)
    levels = [int(level) for level in re.findall(r"<h([1-6])\b", response.text)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
    ids = re.findall(r'\bid="([^"]+)"', response.text)
    assert len(ids) == len(set(ids))
