"""The pages without JavaScript: asking, follow-ups, quotations in their place, days, search, languages, errors."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qsl, urljoin, urlsplit

import httpx
import pytest

from nonmun import Library, Turn
from nonmun.api.web.texts import TEXTS, preferred_language

from ...conftest import served

KOREAN = {"accept-language": "ko-KR,ko;q=0.9,en;q=0.5"}
QUESTION = "이미지를 패치로 잘라 트랜스포머에 넣는 논문은?"


@pytest.fixture(scope="module")
def pages(sample_library: Library) -> Iterator[httpx.Client]:
    with served(sample_library) as client:
        client.headers.update(KOREAN)
        yield client


class Parsed(HTMLParser):
    """The elements of a page, and the fields of its form."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(response.text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def values(self, attribute: str) -> list[str]:
        return [value for _, attributes in self.elements if (value := attributes.get(attribute))]

    def form(self) -> list[tuple[str, str]]:
        """Return the fields that a browser sends, with their values."""
        return [
            (attributes["name"] or "", attributes.get("value") or "")
            for tag, attributes in self.elements
            if tag == "input" and attributes.get("name") and attributes.get("type") != "checkbox"
        ]


def text_of(response: httpx.Response) -> str:
    return unescape(re.sub(r"<[^>]+>", "", response.text))


def test_answers_as_the_library_does(pages: httpx.Client, sample_library: Library) -> None:
    response = pages.get("/", params={"q": QUESTION})
    answer = sample_library.ask(QUESTION)
    assert response.status_code == 200
    shown = " ".join(text_of(response).split())
    assert not answer.abstained
    for citation in answer.citations:
        assert f"papers/{citation.paper_id}" in response.text
    parsed = Parsed(response)
    numbers = [f"quotation-{number}" for number in range(1, len(answer.citations) + 1)]
    assert [value for value in parsed.values("id") if value.startswith("quotation-")] == numbers
    assert {f"#{number}" for number in numbers} <= set(parsed.values("href"))
    assert TEXTS[f"confidence_{answer.confidence}"][0] in shown


def test_a_quotation_is_marked_in_its_place(pages: httpx.Client, sample_library: Library) -> None:
    links = {link for link in Parsed(pages.get("/", params={"q": QUESTION})).values("href") if "start=" in link}
    assert links
    for link in links:
        response = pages.get(urljoin("/", link.partition("#")[0]))
        place = dict(parse_qsl(urlsplit(link).query))
        details = sample_library.paper(urlsplit(link).path.removeprefix("/papers/"))
        bodies = {entry.digest_date: entry.body for entry in details.entries} | {"abstract": details.paper.abstract}
        quote = bodies[place["entry"]][int(place["start"]) : int(place["end"])]
        marked = "".join(re.findall(r'<mark class="[^"]*\bquote\b[^"]*"[^>]*>(.*?)</mark>', response.text, re.DOTALL))
        marked = unescape(re.sub(r"<[^>]+>", "", marked))
        assert re.sub(r"\W|_", "", marked) == re.sub(r"\W|_", "", re.sub(r"^\s*[-*\d.]+\s", "", quote))
        assert 'id="quote"' in response.text


def test_a_conversation_gives_the_papers_of_the_library(pages: httpx.Client, sample_library: Library) -> None:
    questions = ["BERT가 뭐야?", "그 논문의 한계는?", "그 논문은 어떤 데이터로 실험했어?"]
    history: list[Turn] = []
    form: list[tuple[str, str]] = []
    for question in questions:
        response = pages.get("/", params=[*((key, value) for key, value in form if key != "q"), ("q", question)])
        answer = sample_library.ask(question, history=history)
        history.append(Turn.of(answer))
        form = Parsed(response).form()
        sent = [json.loads(value) for key, value in form if key == "turn"]
        assert [tuple(turn["papers"]) for turn in sent] == [turn.papers for turn in history]
        assert [turn["question"] for turn in sent] == questions[: len(history)]
    assert len({turn.papers for turn in history}) == 1  # they are about one paper


def test_filters_restrict_and_can_be_taken_back(pages: httpx.Client, sample_library: Library) -> None:
    day = sample_library.status().days[0]
    response = pages.get("/search", params={"q": "transformer", "since": day, "until": day, "section": "results"})
    found = sample_library.digest(day)
    papers = {link.removeprefix("/papers/") for link in Parsed(response).values("href") if link.startswith("/papers/")}
    assert papers
    assert papers <= {entry.paper.paper_id for entry in found.entries}
    removing = [link for link in Parsed(response).values("href") if link.startswith("?") and "lang=" not in link]
    removing = [link for link in removing if "ignore=" not in link and "why=" not in link]
    assert len(removing) == 3
    assert all("q=transformer" in link for link in removing)
    assert {len(parse_qsl(link[1:])) for link in removing} == {3}


def test_what_was_understood_can_be_taken_back(pages: httpx.Client) -> None:
    links = taking_back(pages.get("/", params={"q": "2020년에 나온 BERT의 한계는?"}))
    assert {"window", "section"} <= set(links)
    for inference, link in links.items():
        assert inference not in taking_back(pages.get(f"/{link}"))
    refused = pages.get("/", params={"q": "BERT", "ignore": "everything"})
    assert refused.status_code == 422
    assert "ignore" in text_of(refused)


def taking_back(response: httpx.Response) -> dict[str, str]:
    """Return the links that take back what was understood, by what each ignores."""
    links = [
        link
        for link in Parsed(response).values("href")
        if link.startswith("?") and "ignore=" in link and "lang=" not in link
    ]
    return {dict(parse_qsl(link[1:]))["ignore"]: link for link in links}


def test_a_turn_that_is_none_is_refused(pages: httpx.Client) -> None:
    for papers in ("3", "[1]", '"2505.09926"'):
        response = pages.get("/", params={"q": "BERT", "turn": f'{{"question": "a", "papers": {papers}}}'})
        assert response.status_code == 422, papers
    for turn in ("x", "[]", '{"papers": []}', "[" * 5000):
        response = pages.get("/", params={"q": "BERT", "turn": turn})
        assert response.status_code == 422, turn
        assert 'role="alert"' in response.text


def test_days_and_their_papers(pages: httpx.Client, sample_library: Library) -> None:
    response = pages.get("/digests")
    for day in sample_library.digests():
        assert f"/digests/{day.digest_date}" in response.text
    day = sample_library.digests()[0].digest_date
    response = pages.get(f"/digests/{day}")
    for entry in sample_library.digest(day).entries:
        assert f"/papers/{entry.paper.paper_id}" in response.text
    leads = [attributes for tag, attributes in Parsed(response).elements if attributes.get("class") == "lead"]
    assert len(leads) >= len(sample_library.digest(day).entries) - 1  # one summary is a refusal


def test_language_follows_link_cookie_and_browser(pages: httpx.Client) -> None:
    assert 'lang="ko"' in pages.get("/").text.partition("\n<body>")[0]
    assert 'lang="en"' in pages.get("/", headers={"accept-language": "de, en;q=0.3"}).text.partition("<body>")[0]
    chosen = pages.get("/", params={"lang": "en"})
    assert "httponly" in chosen.headers["set-cookie"].lower()
    remembered = pages.get("/", headers={"cookie": "lang=en"})
    assert '<html lang="en">' in remembered.text
    pages.cookies.clear()


@pytest.mark.parametrize(
    ("header", "lang"),
    [("", "en"), ("ko", "ko"), ("en;q=0.8, ko;q=0.9", "ko"), ("ko;q=0", "en"), ("fr, ko;q=x", "en"), ("*", "en")],
)
def test_preferred_language(header: str, lang: str) -> None:
    assert preferred_language(header) == lang


def test_both_languages_have_the_same_fields() -> None:
    for key, (korean, english) in TEXTS.items():
        assert re.findall(r"\{\w+", korean) == re.findall(r"\{\w+", english) or set(
            re.findall(r"\{\w+", korean)
        ) == set(re.findall(r"\{\w+", english)), key


@pytest.mark.parametrize(
    ("path", "status"),
    [("/papers/2001.00001", 404), ("/papers/x", 422), ("/digests/2001-01-01", 404), ("/?q=a&since=soon", 422)],
)
def test_errors_are_pages(pages: httpx.Client, path: str, status: int) -> None:
    response = pages.get(path)
    assert response.status_code == status
    assert response.headers["content-type"].startswith("text/html")
    assert 'role="alert"' in response.text


@pytest.mark.parametrize("path", ["/", "/?q=BERT", "/search?q=BERT", "/digests", "/papers/1810.04805"])
def test_pages_load_nothing_from_elsewhere(pages: httpx.Client, path: str) -> None:
    response = pages.get(path)
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for tag, attributes in Parsed(response).elements:
        assert tag not in {"img", "iframe", "object", "embed", "style", "base"}
        assert tag != "script" or attributes.get("src") == "/static/ask.js" or attributes["type"] == "application/json"
        assert not any(name.startswith("on") or name == "style" for name in attributes)
        if tag == "link":
            assert (attributes["href"] or "").startswith(("/static/", "/feed."))
            assert pages.get(attributes["href"] or "").status_code == 200


def test_hostile_digest_is_shown_as_text(tmp_path: Path, embedder) -> None:
    hostile = "<script>alert(1)</script> <img src=x onerror=alert(1)> ![x](https://e.org/x) [a](javascript:x) \u202e"
    text = f"# 2025-03-03\n\n## 2505.00001\n**Summary**:\n# {hostile}\n\n## Results\nIt improves accuracy. {hostile}\n"
    file = tmp_path / "2025-03-03.md"
    file.write_text(text, "utf-8")
    with Library.open(tmp_path / "data", embedding=embedder) as library:
        library.ingest(file)
        with served(library) as client:
            for path in ("/papers/2505.00001", "/digests/2025-03-03", "/?q=accuracy", "/search?q=accuracy"):
                response = client.get(path)
                assert response.status_code == 200
                for tag, attributes in Parsed(response).elements:
                    assert tag != "img"
                    assert tag != "script" or attributes.get("id") == "state" or attributes.get("src")
                    assert not any(name.startswith("on") for name in attributes)
                    assert not (attributes.get("href") or "").startswith("javascript")
