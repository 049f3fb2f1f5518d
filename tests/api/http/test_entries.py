"""Entries that are added over HTTP, and removed: jobs, identity, limits, and what is served afterwards."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from nonmun import Library
from nonmun.api.keys import KeyStore
from nonmun.index.catalog.lock import ingest_lock

from ..conftest import Failing, bearer, served, wait_until

DAY, PAPER, OLD = "2025-03-04", "2503.99999", "math.GT/0309136"
ENTRY = {
    "paper_id": PAPER,
    "digest_date": DAY,
    "text": "# 걷는 고양이\n\n## 실험 결과\n\n고양이 보행 모델은 사족 로봇보다 두 배 빠르게 계단을 오릅니다.",
}
IN_FILE = "2106.09685"  # in the digest of 2025-03-03


def job_of(client: httpx.Client, *entries: dict[str, Any], **query: Any) -> dict[str, Any]:
    """Add entries and return their job once it has ended."""
    response = client.post("/v1/entries", json=list(entries), params=query)
    assert response.status_code == 202, response.text
    location = response.headers["location"]
    wait_until(lambda: client.get(location).json()["status"] not in {"queued", "running"}, seconds=600)
    return client.get(location).json()


def report_of(client: httpx.Client, *entries: dict[str, Any], **query: Any) -> dict[str, Any]:
    job = job_of(client, *entries, **query)
    assert (job["status"], job["problem"]) == ("done", None), job
    return job["report"]


def problem(response: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["code"] == code
    return response.json()


def entries_of(library: Library, day: str) -> dict[str, str]:
    return {entry.paper_id: entry.body for entry in library.entries() if entry.digest_date == day}


# Adding


def test_an_added_entry_is_served_once_its_job_is_done(scratch: Library) -> None:
    with served(scratch) as client:
        response = client.post("/v1/entries", json=[ENTRY])
        job = response.json()
        assert (response.status_code, job["status"], job["entries"]) == (202, "queued", 1)
        assert response.headers["location"] == f"/v1/jobs/{job['job_id']}"
        assert response.headers["retry-after"] == "1"
        wait_until(lambda: client.get(response.headers["location"]).json()["status"] == "done", seconds=600)
        done = client.get(response.headers["location"]).json()
        assert job["created"] <= done["started"] <= done["ended"]
        assert (done["report"]["new"], done["report"]["chunks_added"] > 0, done["problem"]) == (1, True, None)
        (entry,) = client.get(f"/v1/papers/{PAPER}").json()["entries"]
        assert (entry["digest_date"], entry["title"], entry["body"]) == (DAY, "걷는 고양이", ENTRY["text"])
        papers = [entry["paper"]["paper_id"] for entry in client.get(f"/v1/digests/{DAY}").json()["entries"]]
        assert PAPER in papers
        hits = client.post("/v1/search", json={"question": "고양이 보행 모델 사족 로봇 계단"}).json()["hits"]
        assert hits[0]["paper_id"] == PAPER


def test_an_entry_replaces_no_other_entry(scratch: Library) -> None:
    days = {day: entries_of(scratch, day) for day in scratch.status().days}
    assert PAPER not in days[DAY]
    other = ENTRY | {"paper_id": OLD, "text": "다른 논문을 다룹니다."}
    with served(scratch) as client:
        report_of(client, ENTRY)
        report_of(client, other, ENTRY | {"digest_date": "2025-03-05"})
    assert entries_of(scratch, DAY) == days[DAY] | {PAPER: ENTRY["text"], OLD: other["text"]}
    assert entries_of(scratch, "2025-03-05") == days["2025-03-05"] | {PAPER: ENTRY["text"]}
    assert entries_of(scratch, "2025-03-03") == days["2025-03-03"]


def test_the_same_entry_again_changes_nothing(scratch: Library) -> None:
    with served(scratch) as client:
        report_of(client, ENTRY)
        before = scratch.status()
        again = report_of(client, {key: ENTRY[key] for key in reversed(ENTRY)})
    assert (again["new"], again["changed"], again["unchanged"], again["transactions"]) == (0, 0, 1, 0)
    assert scratch.status() == before


def test_another_text_edits_the_entry(scratch: Library) -> None:
    edited = ENTRY | {"text": "고양이가 이제는 물속에서 헤엄칩니다."}
    with served(scratch) as client:
        report_of(client, ENTRY)
        assert report_of(client, edited)["changed"] == 1
        details = client.get(f"/v1/papers/{PAPER}", params={"history": "true"}).json()
    assert [entry["body"] for entry in details["entries"]] == [edited["text"]]
    assert [(revision["body"], revision["why"]) for revision in details["history"]] == [(ENTRY["text"], "edited")]


def test_the_entry_of_a_file_is_kept(scratch: Library) -> None:
    before = entries_of(scratch, "2025-03-03")
    assert IN_FILE in before
    with served(scratch) as client:
        report = report_of(client, ENTRY | {"paper_id": IN_FILE, "digest_date": "2025-03-03"})
    assert entries_of(scratch, "2025-03-03") == before
    (reason,) = [found["message"] for found in report["problems"]]
    assert "is already in 2025-03-03.md" in reason


def test_ingesting_and_pruning_files_keep_added_entries(scratch: Library, samples: Path, tmp_path: Path) -> None:
    with served(scratch) as client:
        report_of(client, ENTRY)
    report = scratch.ingest(samples / "digests", samples / "abstracts.jsonl", prune="remove")
    assert report.pruned == []
    assert entries_of(scratch, DAY)[PAPER] == ENTRY["text"]
    file = tmp_path / "entries.jsonl"
    file.write_text(json.dumps(ENTRY | {"text": "다른 글."}), "utf-8")
    report = scratch.ingest(file)
    assert entries_of(scratch, DAY)[PAPER] == ENTRY["text"]
    (reported,) = report.problems
    assert f"{PAPER} of {DAY} is already in posted:{PAPER}" in reported.message


def test_a_paper_that_moves_to_another_day_stays_on_the_former_one(scratch: Library) -> None:
    """Unlike a file whose date is corrected: nobody says that the second entry replaces the first."""
    with served(scratch) as client:
        report_of(client, ENTRY)
        report_of(client, ENTRY | {"digest_date": "2025-03-06"})
    assert PAPER in entries_of(scratch, DAY)
    assert PAPER in entries_of(scratch, "2025-03-06")


def test_sections_and_all_fields_of_a_line_are_accepted(scratch: Library) -> None:
    record = {
        "paper_id": "arXiv:2503.99998v2",
        "digest_date": DAY,
        "lang": "en",
        "title": "Walking cats",
        "url": "https://example.org/cats",
        "sections": [{"heading": "Results", "text": "Cats walk."}, {"name": "limitations", "text": "Slowly."}],
        "unknown": True,
    }
    with served(scratch) as client:
        report_of(client, record)
        (entry,) = client.get("/v1/papers/2503.99998").json()["entries"]
    assert (entry["version"], entry["lang"], entry["title"]) == (2, "en", "Walking cats")
    assert entry["url"] == "https://example.org/cats"
    assert [section["name"] for section in entry["sections"]] == ["results", "limitations"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([], "body"),
        ({}, "body"),
        ([1], "0"),
        ([ENTRY, {}], "1.paper_id"),
        ([ENTRY | {"paper_id": "x"}], "0.paper_id"),
        ([ENTRY | {"digest_date": "2025-02-30"}], "0.digest_date"),
        ([ENTRY | {"digest_date": 20250304}], "0.digest_date"),
        ([ENTRY | {"digest_date": "20250304"}], "0.digest_date"),
        ([ENTRY | {"text": ""}], "0.text"),
        ([ENTRY | {"text": 5}], "0.text"),
        ([ENTRY | {"url": "javascript:alert(1)"}], "0.url"),
        ([ENTRY | {"sections": [{"text": "x"}]}], "0"),
        ([ENTRY | {"text": "가" * 1_000_000}], "0"),
        ([ENTRY, ENTRY | {"text": "다른 글"}], "1"),
        ([ENTRY, ENTRY | {"paper_id": f"{PAPER}v2"}], "1"),
        ([ENTRY] * 1_001, "body"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_an_invalid_entry_has_no_job(client: httpx.Client, sample_library: Library, body: Any, field: str) -> None:
    refused = problem(client.post("/v1/entries", json=body), 422, "invalid_input")
    assert refused["field"] == field
    assert refused["detail"].startswith(f"{field}: ")
    assert not (sample_library.settings.data / "jobs").exists()


def test_only_the_route_of_entries_takes_large_bodies(client: httpx.Client) -> None:
    large = json.dumps([ENTRY | {"text": "x" * 100_000, "paper_id": "x"}])
    json_type = {"content-type": "application/json"}
    problem(client.post("/v1/entries", content=large, headers=json_type), 422, "invalid_input")
    problem(client.post("/v1/search", content=large, headers=json_type), 413, "too_large")
    too_large = client.post("/v1/entries", content=b" " * (8 * 1024 * 1024 + 1), headers=json_type)
    assert "8,388,608" in problem(too_large, 413, "too_large")["detail"]


# Jobs


def test_jobs_wait_for_another_process_and_are_bounded(scratch: Library) -> None:
    with served(scratch, jobs=3) as client:
        with ingest_lock(scratch.settings.data, datetime.now(UTC)):
            jobs = [client.post("/v1/entries", json=[ENTRY | {"paper_id": f"2503.9999{n}"}]).json() for n in range(3)]
            assert {job["status"] for job in jobs} == {"queued"}
            refused = client.post("/v1/entries", json=[ENTRY])
            assert "3 jobs" in problem(refused, 503, "overloaded")["detail"]
            assert int(refused.headers["retry-after"]) > 0
            assert client.get(f"/v1/jobs/{jobs[0]['job_id']}").json() == jobs[0]
        paths = [f"/v1/jobs/{job['job_id']}" for job in jobs]
        wait_until(lambda: all(client.get(path).json()["status"] == "done" for path in paths), seconds=600)
        ended = [client.get(path).json() for path in paths]
        assert [job["ended"] for job in ended] == sorted(job["ended"] for job in ended)
        assert client.post("/v1/entries", json=[ENTRY]).status_code == 202


def test_a_job_is_known_to_every_worker(scratch: Library, hash_embedder: Any) -> None:
    with (
        Library.open(settings=scratch.settings, embedding=hash_embedder(), create=False) as second,
        served(scratch) as client,
        served(second) as other,
    ):
        with ingest_lock(scratch.settings.data, datetime.now(UTC)):
            path = client.post("/v1/entries", json=[ENTRY]).headers["location"]
            assert other.get(path).json()["status"] == "queued"
        wait_until(lambda: other.get(path).json()["status"] == "done", seconds=600)
        assert other.get(path).json() == client.get(path).json()
        assert other.get(f"/v1/papers/{PAPER}").status_code == 200


def test_the_end_of_a_service_interrupts_its_jobs(scratch: Library) -> None:
    with ingest_lock(scratch.settings.data, datetime.now(UTC)):
        with served(scratch) as client:
            paths = [client.post("/v1/entries", json=[ENTRY]).headers["location"] for _ in range(3)]
        with served(scratch) as client:
            for path in paths:
                job = client.get(path).json()
                assert (job["status"], job["report"], job["problem"]) == ("interrupted", None, None)
                assert job["ended"] >= job["created"]
    with served(scratch) as client:
        assert report_of(client, ENTRY)["new"] == 1


def test_a_job_that_fails_tells_why(scratch: Library, hash_embedder: Any, caplog: pytest.LogCaptureFixture) -> None:
    class Broken(Failing):
        def passages(self, texts: object) -> Any:
            raise self._error

    broken = Broken(hash_embedder(), RuntimeError("/secret/model.bin is gone"))
    with (
        Library.open(settings=scratch.settings, embedding=broken, create=False) as library,
        served(library) as client,
    ):
        job = job_of(client, ENTRY)
        assert (job["status"], job["report"]) == ("failed", None)
        assert (job["problem"]["code"], job["problem"]["status"]) == ("internal", 500)
        assert "secret" not in json.dumps(job)
        assert client.get(f"/v1/papers/{PAPER}").status_code == 404
    assert "/secret/model.bin is gone" in caplog.text
    assert job["job_id"] in caplog.text


@pytest.mark.parametrize("job_id", ["0" * 16, "x", "..%2fcatalog", "%00", "0" * 3_000])
def test_an_unknown_job_is_404(client: httpx.Client, job_id: str) -> None:
    assert client.get(f"/v1/jobs/{job_id}").status_code == 404


# Removing


def mentions(client: httpx.Client, paper_id: str) -> list[str]:
    """Return the requests whose response still holds a paper."""
    question = {"question": f"{paper_id}의 고양이 보행 모델", "k": 20}
    requests = {
        "search": client.post("/v1/search", json=question),
        "ask": client.post("/v1/ask", json=question),
        "papers": client.get("/v1/papers", params={"limit": 200}),
        "trust": client.get("/v1/trust", params={"limit": 200}),
        "digest": client.get(f"/v1/digests/{DAY}"),
        "chunk": client.get(f"/v1/chunks/{paper_id}:summary@{DAY}:results:0"),
        "paper": client.get(f"/v1/papers/{paper_id}", params={"history": "true"}),
    }
    return [name for name, response in requests.items() if response.is_success and served_in(response, paper_id)]


def served_in(response: httpx.Response, paper_id: str) -> bool:
    body = response.json()
    for name in ("question", "interpretation", "answer", "segments", "unsupported"):
        body.pop(name, None)  # they repeat what is asked
    return paper_id in json.dumps(body, ensure_ascii=False)


@pytest.mark.parametrize("paper_id", [PAPER, OLD])
def test_nothing_of_a_removed_entry_is_served(scratch: Library, paper_id: str) -> None:
    with served(scratch) as client:
        report_of(client, ENTRY | {"paper_id": paper_id})
        assert set(mentions(client, paper_id)) >= {"search", "papers", "trust", "digest", "paper", "chunk"}
        response = client.delete(f"/v1/entries/{DAY}/{paper_id}")
        assert (response.status_code, response.json()["removed"]) == (200, 1)
        assert mentions(client, paper_id) == []
        problem(client.delete(f"/v1/entries/{DAY}/{paper_id}"), 404, "not_found")


def test_nothing_of_a_removed_paper_is_served(scratch: Library) -> None:
    with served(scratch) as client:
        before = client.get(f"/v1/papers/{IN_FILE}").json()
        report = client.delete(f"/v1/papers/{IN_FILE}v1").json()
        assert report["removed"] == len(before["entries"]) > 0
        assert mentions(client, IN_FILE) == []
        problem(client.delete(f"/v1/papers/{IN_FILE}"), 404, "not_found")


def test_a_removed_entry_is_no_history(scratch: Library) -> None:
    edited = ENTRY | {"text": "고양이가 이제는 헤엄칩니다."}
    with served(scratch) as client:
        for entry in (ENTRY, edited, ENTRY | {"digest_date": "2025-03-06"}):
            report_of(client, entry)
        client.delete(f"/v1/entries/{DAY}/{PAPER}")
        details = client.get(f"/v1/papers/{PAPER}", params={"history": "true"}).json()
    assert [entry["digest_date"] for entry in details["entries"]] == ["2025-03-06"]
    assert [(revision["body"], revision["why"]) for revision in details["history"]] == [(ENTRY["text"], "edited")]


def test_nothing_of_a_removed_day_is_served(scratch: Library) -> None:
    papers = entries_of(scratch, DAY)
    with served(scratch) as client:
        assert client.delete(f"/v1/digests/{DAY}").json()["removed"] == len(papers)
        problem(client.get(f"/v1/digests/{DAY}"), 404, "not_found")
        assert DAY not in [day["digest_date"] for day in client.get("/v1/digests").json()]
        problem(client.delete(f"/v1/digests/{DAY}"), 404, "not_found")


def test_a_removed_entry_returns_only_if_readmitted(scratch: Library) -> None:
    with served(scratch) as client:
        report_of(client, ENTRY)
        client.delete(f"/v1/entries/{DAY}/{PAPER}")
        assert report_of(client, ENTRY)["held_back"] == 1
        problem(client.get(f"/v1/papers/{PAPER}"), 404, "not_found")
        assert report_of(client, ENTRY, readmit="true")["new"] == 1
        assert client.get(f"/v1/papers/{PAPER}").status_code == 200


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/v1/entries/yesterday/2503.99999", "digest_date"),
        ("/v1/entries/2025-03-04/x", "paper_id"),
        ("/v1/entries/2025-03-04/2503.99999@2025-03-04", "paper_id"),
        ("/v1/papers/2025-03-04", "paper_id"),
        ("/v1/papers/2106.09685@2025-03-03", "paper_id"),
        ("/v1/papers/2106.09685/extra", "paper_id"),
        ("/v1/digests/2106.09685", "digest_date"),
    ],
)
def test_an_invalid_target_is_named(client: httpx.Client, sample_library: Library, path: str, field: str) -> None:
    before = sample_library.status()
    assert problem(client.delete(path), 422, "invalid_input")["field"] == field
    assert sample_library.status() == before


@pytest.mark.parametrize("path", [f"/v1/papers/{IN_FILE}", f"/v1/entries/2025-03-03/{IN_FILE}", f"/v1/digests/{DAY}"])
def test_removal_is_refused_while_another_process_changes_the_index(scratch: Library, path: str) -> None:
    with served(scratch) as client:
        with ingest_lock(scratch.settings.data, datetime.now(UTC)):
            refused = client.delete(path)
            assert str(scratch.settings.data) not in problem(refused, 409, "busy")["detail"]
            assert int(refused.headers["retry-after"]) > 0
        assert client.delete(path).status_code == 200


# Scopes

CHANGES = (
    ("POST", "/v1/entries"),
    ("GET", f"/v1/jobs/{'0' * 16}"),
    ("DELETE", f"/v1/entries/{DAY}/{OLD}"),
    ("DELETE", f"/v1/papers/{IN_FILE}"),
    ("DELETE", f"/v1/papers/{OLD}"),
    ("DELETE", f"/v1/digests/{DAY}"),
)


@pytest.mark.parametrize(("method", "path"), CHANGES)
def test_changes_need_the_scope_admin(scratch: Library, keys: KeyStore, method: str, path: str) -> None:
    with served(scratch, keys) as client:
        assert client.request(method, path).status_code == 401
        for scope in ("read", "ask", "feedback"):
            secret, _ = keys.create(scope, [scope])  # type: ignore[list-item]
            refused = client.request(method, path, content=b"not even JSON", headers=bearer(secret))
            assert problem(refused, 403, "forbidden")["detail"].endswith("scope admin")
        secret, _ = keys.create("admin", ["admin"])
        assert client.request(method, path, headers=bearer(secret)).status_code in {200, 404, 422}
