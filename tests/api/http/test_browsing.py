"""Routes that browse and explain: they return what the library returns, page by page, in every representation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from nonmun import Filter, Library
from nonmun.api.exports.formats import MEDIA_TYPES, SUFFIXES
from nonmun.index.domain.trust import LABELS

from ..conftest import served

QUESTION = "저랭크 행렬로 미세 조정하는 방법은?"
PAPER, OLD = "2106.09685", "math.GT/0309136"
EXPORTED = {"bibtex": f"arxiv.org/abs/{PAPER}", "ris": "TY  - ", "csl-json": '"type": "article"', "markdown": PAPER}


def plain(result: Any) -> Any:
    """Return a result as JSON, without its timings."""
    found = json.loads(json.dumps([asdict(item) for item in result] if isinstance(result, tuple) else asdict(result)))
    return untimed(found)


def untimed(found: Any) -> Any:
    if isinstance(found, dict):
        found.pop("timings", None)
    return found


def got(client: httpx.Client, path: str, **query: Any) -> Any:
    response = client.get(path, params=query)
    assert response.status_code == 200, response.text
    return untimed(response.json())


def field_of(response: httpx.Response) -> str:
    assert response.status_code == 422, response.text
    assert response.headers["content-type"] == "application/problem+json"
    return response.json()["field"]


@pytest.fixture
def old(scratch: Library) -> Iterator[httpx.Client]:
    """A service with a paper whose arXiv id holds a slash."""
    text = "# 매듭과 곡면\n\n## 실험 결과\n\n매듭의 덮개 공간을 곡면으로 나눕니다."
    scratch.add_entries([{"paper_id": OLD, "digest_date": "2025-03-04", "text": text}])
    with served(scratch) as client:
        yield client


# Lists


def test_days(client: httpx.Client, sample_library: Library) -> None:
    assert got(client, "/v1/digests") == plain(sample_library.digests())
    for day in sample_library.status().days:
        assert got(client, f"/v1/digests/{day}") == plain(sample_library.digest(day))
    assert client.get("/v1/digests/2020-01-01").json()["code"] == "not_found"
    assert field_of(client.get("/v1/digests/yesterday")) == "digest_date"


def test_papers_by_page(client: httpx.Client, sample_library: Library) -> None:
    assert got(client, "/v1/papers") == plain(sample_library.list_papers())
    whole = got(client, "/v1/papers", limit=200)
    pages = [got(client, "/v1/papers", limit=5, offset=offset) for offset in range(0, whole["total"] + 5, 5)]
    assert [paper for page in pages for paper in page["papers"]] == whole["papers"]
    assert (pages[-1]["papers"], pages[1]["offset"]) == ([], 5)


def test_papers_by_filter(client: httpx.Client, sample_library: Library) -> None:
    filters: list[tuple[dict[str, Any], Filter]] = [
        ({"since": "2025-03-05", "until": "2025-03-06"}, Filter(date(2025, 3, 5), date(2025, 3, 6))),
        ({"since": "2020-01-01", "by": "published"}, Filter(date(2020, 1, 1), by="published")),
        ({"papers": [PAPER, "arXiv:1706.03762v5"]}, Filter(papers=(PAPER, "1706.03762"))),
        ({"sections": ["results", "limitations"]}, Filter(sections=("results", "limitations"))),
        ({"lang": "en"}, Filter(lang="en")),
        ({"source": "abstract"}, Filter(source="abstract")),
        ({"trust": ["invented"], "source": "summary"}, Filter(trust=("invented",), source="summary")),
        ({"authors": "Nobody"}, Filter(authors=("Nobody",))),
        ({"categories": ["cs.CL", "stat"]}, Filter(categories=("cs.CL", "stat"))),
    ]
    for query, where in filters:
        expected = sample_library.list_papers(where=where, limit=200)
        assert got(client, "/v1/papers", limit=200, **query) == plain(expected)
    totals = {got(client, "/v1/papers", **query)["total"] for query, _ in filters}
    assert len(totals) > 3


@pytest.mark.parametrize("path", ["/v1/papers", f"/v1/papers/{PAPER}/similar"])
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"since": "last week"}, "since"),
        ({"since": "2025-03-06", "until": "2025-03-05"}, "since"),
        ({"by": "day"}, "by"),
        ({"papers": "x"}, "papers"),
        ({"sections": "limits"}, "sections"),
        ({"lang": "fr"}, "lang"),
        ({"source": "title"}, "source"),
        ({"trust": "unknown"}, "trust.0"),
        ({"authors": "..."}, "authors"),
        ({"categories": "?"}, "categories"),
        ({"wher": "x"}, "wher"),
    ],
)
def test_rejects_an_invalid_filter(client: httpx.Client, path: str, query: dict[str, Any], field: str) -> None:
    assert field_of(client.get(path, params=query)) == field


@pytest.mark.parametrize("path", ["/v1/papers", "/v1/trust"])
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 201}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"offset": -1}, "offset"),
        ({"offset": 10**9}, "offset"),
        ({"offset": 10**30}, "offset"),
        ({"page": 1}, "page"),
    ],
)
def test_rejects_an_invalid_page(client: httpx.Client, path: str, query: dict[str, Any], field: str) -> None:
    assert field_of(client.get(path, params=query)) == field


def test_entries_by_trust_label(client: httpx.Client, sample_library: Library) -> None:
    counts = sample_library.status().labels
    for label in (None, *LABELS):
        query = {} if label is None else {"label": label}
        entries = got(client, "/v1/trust", limit=200, **query)
        assert entries["entries"] == plain(sample_library.entries(label))
        assert entries["total"] == len(entries["entries"]) == (counts.get(label, 0) if label else sum(counts.values()))
    one = got(client, "/v1/trust", limit=1, offset=2)
    assert one["entries"] == plain(sample_library.entries())[2:3]
    assert field_of(client.get("/v1/trust", params={"label": "good"})) == "label"


# One paper, and papers like it


def test_similar_papers(client: httpx.Client, sample_library: Library) -> None:
    path = f"/v1/papers/{PAPER}/similar"
    assert got(client, path) == plain(sample_library.similar(PAPER))
    assert got(client, path, k=3) == plain(sample_library.similar(PAPER, 3))
    only = sample_library.similar(PAPER).hits[-1].paper_id
    assert [hit["paper_id"] for hit in got(client, path, papers=only)["hits"]] == [only]
    assert client.get("/v1/papers/2101.00001/similar").json()["code"] == "not_found"
    assert field_of(client.get("/v1/papers/x/similar")) == "paper_id"
    for k in (0, 101, "five"):
        assert field_of(client.get(path, params={"k": k})) == "k"


@pytest.mark.parametrize("written", [OLD, quote(OLD, safe=""), f"arXiv:{OLD}v2", quote(f"arXiv:{OLD}", safe="")])
def test_an_old_arxiv_id_holds_a_slash(old: httpx.Client, written: str) -> None:
    assert got(old, f"/v1/papers/{written}")["paper"]["paper_id"] == OLD
    similar = got(old, f"/v1/papers/{written}/similar", k=2)
    assert len(similar["hits"]) == 2
    assert OLD not in {hit["paper_id"] for hit in similar["hits"]}
    assert similar["interpretation"]["papers"] == [OLD]
    exported = old.get(f"/v1/papers/{written}.bib")
    assert (exported.status_code, OLD in exported.text) == (200, True)
    assert old.delete(f"/v1/papers/{written}").json()["removed"] == 1
    assert old.get(f"/v1/papers/{written}/similar").status_code == 404


def test_no_paper_is_named_similar(client: httpx.Client) -> None:
    assert client.delete(f"/v1/papers/{PAPER}/similar").status_code == 405
    for path in ("/v1/papers/similar", "/v1/papers//similar", "/v1/papers/similar/similar"):
        assert client.get(path).status_code in {404, 422}


# Explanations and translations


def test_explanations(client: httpx.Client, sample_library: Library) -> None:
    body = {"question": QUESTION, "papers": [PAPER, "1706.03762", "2101.00001"], "where": {"lang": "en"}}
    response = client.post("/v1/explain", json=body)
    assert response.status_code == 200, response.text
    expected = sample_library.explain(QUESTION, body["papers"], where=Filter(lang="en"))
    assert response.json() == plain(expected)
    assert [explanation["paper_id"] for explanation in response.json()] == [PAPER, "1706.03762"]
    assert response.json()[0]["rank"] == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"question": ""}, "question"),
        ({"papers": []}, "papers"),
        ({"papers": ["x"]}, "papers"),
        ({"papers": PAPER}, "papers"),
        ({"papers": [PAPER] * 101}, "papers"),
        ({"papers": [PAPER] * 1_001}, "papers"),
        ({"k": 5}, "k"),
        ({"where": {"lang": "fr"}}, "where.lang"),
        ({"as_of": "today"}, "as_of"),
    ],
)
def test_rejects_an_invalid_request_to_explain(client: httpx.Client, body: dict[str, Any], field: str) -> None:
    assert field_of(client.post("/v1/explain", json={"question": QUESTION, "papers": [PAPER]} | body)) == field


def test_translations(client: httpx.Client, sample_library: Library) -> None:
    found = got(client, "/v1/lexicon", words="강화 학습 attention")
    assert found == plain(sample_library.translations("강화 학습 attention"))
    assert found["terms"]
    for words in ("", "  ", "가" * 2_001):
        assert field_of(client.get("/v1/lexicon", params={"words": words})) == "words"
    assert field_of(client.get("/v1/lexicon")) == "words"


# Exports


@pytest.mark.parametrize("export_format", MEDIA_TYPES)
def test_results_are_exported_as_accept_says(client: httpx.Client, sample_library: Library, export_format: Any) -> None:
    media_type = MEDIA_TYPES[export_format]
    accept = {"accept": f"{media_type}, */*;q=0.5"}
    question = {"question": QUESTION, "k": 3}
    responses = {
        "ask": client.post("/v1/ask", json=question, headers=accept),
        "search": client.post("/v1/search", json=question, headers=accept),
        "paper": client.get(f"/v1/papers/{PAPER}", headers=accept),
        "similar": client.get(f"/v1/papers/{PAPER}/similar", headers=accept),
        "papers": client.get("/v1/papers", params={"papers": PAPER}, headers=accept),
        "digest": client.get("/v1/digests/2025-03-03", headers=accept),
    }
    for name, response in responses.items():
        assert response.status_code == 200, (name, response.text)
        assert response.headers["content-type"].split(";")[0] == media_type, name
        assert "Accept" in response.headers["vary"]
        wanted = EXPORTED[export_format] if name != "similar" else EXPORTED[export_format].replace(PAPER, "")
        assert wanted in response.text, name
    details = sample_library.paper(PAPER)
    assert responses["paper"].text == sample_library.export(details, export_format)


@pytest.mark.parametrize("export_format", SUFFIXES)
def test_a_suffix_precedes_accept(client: httpx.Client, sample_library: Library, export_format: Any) -> None:
    suffix, media_type = SUFFIXES[export_format], MEDIA_TYPES[export_format]
    for path, result in (
        (f"/v1/papers/{PAPER}", sample_library.paper(PAPER)),
        ("/v1/digests/2025-03-03", sample_library.digest("2025-03-03")),
    ):
        response = client.get(f"{path}{suffix}", headers={"accept": "application/json"})
        assert response.headers["content-type"].split(";")[0] == media_type
        assert response.content.decode() == sample_library.export(result, export_format)
        assert got(client, f"{path}.json") == got(client, path)


def test_json_is_the_default_and_says_that_accept_decides(client: httpx.Client) -> None:
    for accept in ("*/*", "application/json", "text/html,*/*;q=0.8", "image/png", "", "text/csv"):
        response = client.get(f"/v1/papers/{PAPER}", headers={"accept": accept})
        assert response.headers["content-type"] == "application/json", accept
        assert response.headers["vary"] == "Accept"


def test_a_stream_is_no_export(client: httpx.Client) -> None:
    accept = {"accept": "text/markdown"}
    response = client.post("/v1/ask", json={"question": QUESTION, "stream": True}, headers=accept)
    assert response.headers["content-type"].startswith("text/event-stream")


def test_an_error_is_a_problem_whatever_is_accepted(client: httpx.Client) -> None:
    for path in ("/v1/papers/2101.00001.bib", "/v1/digests/2020-01-01.md"):
        response = client.get(path, headers={"accept": "application/x-bibtex"})
        assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")
