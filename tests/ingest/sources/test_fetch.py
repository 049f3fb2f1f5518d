"""Fetching from a real server over a real network: what is found, what is retried, what is given up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from nonmun.index.domain.papers import Abstract
from nonmun.ingest.sources.fetch import Upstream, fetch_abstracts

IDS = [f"2505.{number:05}" for number in range(1, 46)]


@pytest.fixture(autouse=True)
def papers(server: Any, fake: Any) -> None:
    server.papers = {paper_id: fake.paper(number) for number, paper_id in enumerate(IDS, start=1)}


def statuses(found: dict[str, Any]) -> dict[str, str]:
    return {paper_id: outcome.status for paper_id, outcome in found.items()}


def test_batches_of_twenty_each_paper_once(server: Any, upstream: Callable[..., Upstream], time: Any) -> None:
    batches = list(fetch_abstracts(IDS + IDS[:3], upstream(), sleep=time.sleep, clock=time.clock))
    assert [len(batch) for batch in batches] == [20, 20, 5]
    assert [one.paper_id for batch in batches for one in batch] == IDS
    first = batches[0][0].abstract
    assert first == Abstract(
        IDS[0],
        "Paper 1 on made-up things",
        "We make up thing 1. It holds & is < than others.",
        "arxiv",
        1,
        "2025-05-14",
    )
    queries = [parse_qs(urlsplit(request.target).query) for request in server.log]
    assert [(len(query["id_list"][0].split(",")), query["max_results"]) for query in queries] == [
        (20, ["20"]),
        (20, ["20"]),
        (5, ["5"]),
    ]
    assert all(request.agent.startswith("nonmun") for request in server.log)
    assert all("somebody@example.org" in request.agent for request in server.log)
    assert time.slept == pytest.approx([3.0, 3.0], abs=0.01)


def test_nothing_is_asked_before_the_first_list_is_wanted(server: Any, upstream: Callable[..., Upstream]) -> None:
    fetch_abstracts(IDS, upstream())
    assert list(fetch_abstracts([], upstream())) == []
    assert server.log == []


def test_what_arxiv_lacks_is_asked_of_hugging_face(server: Any, fake: Any, fetch: Any) -> None:
    del server.papers[IDS[1]], server.papers[IDS[2]]
    server.hf_papers[IDS[1]] = fake.Paper(
        "Hard\n  wrapped", "One\nline.", published="2024-12-13T18:53:24.000Z", more={"withdrawnAt": "2025-01-01"}
    )
    found = fetch(*IDS[:3])
    assert statuses(found) == {IDS[0]: "found", IDS[1]: "found", IDS[2]: "not_found"}
    assert found[IDS[1]].abstract == Abstract(IDS[1], "Hard wrapped", "One line.", "huggingface", None, "2024-12-13")
    assert found[IDS[2]].reason == "arXiv does not have it; Hugging Face does not have it"
    assert [request.ids for request in server.asked("hf")] == [[IDS[1]], [IDS[2]]]


def test_hard_wrapped_versioned_old_and_withdrawn_papers(server: Any, fake: Any, fetch: Any) -> None:
    server.papers = {
        IDS[0]: fake.Paper("A title\n  over lines", "  An abstract\n  over\n lines. ", version=12),
        "hep-th/9901001": fake.paper(2, published="1999-01-01T00:00:00Z"),
        IDS[1]: fake.Paper("Withdrawn", "This paper has been withdrawn by its made-up author.", version=3),
        IDS[2]: fake.Paper("   ", "No title."),
        IDS[3]: fake.Paper("No abstract", " \n "),
        IDS[4]: fake.paper(5, version=None, published="soon"),
    }
    found = fetch("hep-th/9901001", *IDS[:5])
    assert found[IDS[0]].abstract == Abstract(
        IDS[0], "A title over lines", "An abstract over lines.", "arxiv", 12, "2025-05-14"
    )
    assert found["hep-th/9901001"].abstract.published == "1999-01-01"
    assert found[IDS[1]].abstract.version == 3
    assert [found[one].status for one in IDS[2:4]] == ["not_found", "not_found"]
    assert (found[IDS[4]].abstract.version, found[IDS[4]].abstract.published) == (None, None)


def test_an_old_id_matches_with_and_without_its_subject_class(server: Any, fake: Any, fetch: Any) -> None:
    body = fake.feed(fake.entry("math/0309136", fake.paper(1)))
    server.arxiv.append(fake.raw(body))
    assert fetch("math.GT/0309136")["math.GT/0309136"].abstract.paper_id == "math.GT/0309136"


@pytest.mark.parametrize("total", [0, 1, 9_999])
def test_a_total_that_lies_changes_nothing(server: Any, fetch: Any, total: int) -> None:
    server.total = total
    del server.papers[IDS[3]]
    assert statuses(fetch(*IDS[:5])) == dict.fromkeys(IDS[:5], "found") | {IDS[3]: "not_found"}


def test_an_empty_feed_for_many_is_asked_for_again(server: Any, fake: Any, fetch: Any) -> None:
    server.arxiv.append(fake.raw(fake.feed("", 20)))
    assert set(statuses(fetch(*IDS[:20])).values()) == {"found"}
    assert len(server.asked("arxiv")) == 2


def test_what_is_no_id_is_never_sent(server: Any, fetch: Any) -> None:
    found = fetch("2505.00001v2", "1,2", "", "../etc", IDS[0])
    assert [one.status for one in found.values()].count("not_found") == 4
    assert [request.ids for request in server.log] == [[IDS[0]]]


PASSING = ["truncated_xml", "short_body", "truncated_gzip", "dropped", "hung_up"]


@pytest.mark.parametrize("name", PASSING)
def test_broken_answers_are_retried(server: Any, fake: Any, fetch: Any, time: Any, name: str) -> None:
    server.arxiv += [getattr(fake, name)] * 4
    assert statuses(fetch(*IDS[:2])) == dict.fromkeys(IDS[:2], "found")
    assert len(server.log) == 5
    assert time.slept == [1.5, 1.5, 3.0, 6.0, 12.0]  # three quarters of 2, 4, 8, 16; the second is the pause's rest


@pytest.mark.parametrize("code", [406, 408, 429, 500, 502, 503, 504])
def test_statuses_that_pass_are_retried(server: Any, fake: Any, fetch: Any, code: int) -> None:
    server.arxiv += [fake.status(code)] * 2
    assert statuses(fetch(IDS[0])) == {IDS[0]: "found"}
    assert len(server.log) == 3


@pytest.mark.parametrize("code", [204, 304, 401, 403, 404, 410, 451])
def test_other_statuses_are_not_retried(server: Any, fake: Any, fetch: Any, code: int) -> None:
    server.always = {"arxiv": fake.status(code, b"")}
    found = fetch(IDS[0])[IDS[0]]
    assert (found.status, len(server.asked("arxiv"))) == ("failed", 1)
    assert f"HTTP {code}" in found.reason


@pytest.mark.parametrize(
    "body", [b"<html><body>Down for maintenance</body></html>", b"Rate exceeded, says a proxy.", b""]
)
def test_pages_that_are_no_feed_are_retried(server: Any, fake: Any, fetch: Any, body: bytes) -> None:
    server.arxiv.append(fake.raw(body))
    assert statuses(fetch(IDS[0])) == {IDS[0]: "found"}


def test_retry_after_is_obeyed(server: Any, fake: Any, fetch: Any, time: Any) -> None:
    server.arxiv += [fake.throttled(Retry_After="41"), fake.status(503, Retry_After="Fri, 15 Jan 2027 08:02:00 GMT")]
    assert statuses(fetch(IDS[0])) == {IDS[0]: "found"}
    date = 1_800_000_120.0
    assert 41.5 in time.slept
    assert time.now >= date


def test_a_long_retry_after_ends_the_asking_for_this_and_the_next_run(
    server: Any, fake: Any, fetch: Any, time: Any
) -> None:
    server.arxiv.append(fake.throttled(Retry_After="900"))
    found = fetch(*IDS[:41])
    assert set(statuses(found).values()) == {"failed"}
    assert "HTTP 429; it asks to come back in 900 s" in found[IDS[0]].reason
    assert len(server.asked("arxiv")) == 1
    assert "not to be asked for another 9" in fetch(IDS[0])[IDS[0]].reason.replace("899", "900")
    assert len(server.asked("arxiv")) == 1
    time.now += 900
    assert statuses(fetch(IDS[0])) == {IDS[0]: "found"}


def test_hugging_face_says_its_limit_in_another_header(server: Any, fake: Any, fetch: Any, time: Any) -> None:
    server.papers = {}
    server.hf_papers = {IDS[0]: fake.paper(1), IDS[1]: fake.paper(2)}
    server.hf += [fake.throttled(RateLimit='"api";r=0;t=77'), fake.status(500, RateLimit='"api";r=400;t=250')]
    assert statuses(fetch(IDS[0])) == {IDS[0]: "found"}
    assert 77.5 in time.slept
    assert 250.5 not in time.slept
    server.hf.append(fake.throttled(RateLimit='"api";r=0;t=299'))
    assert "come back in 299 s" in fetch(IDS[1])[IDS[1]].reason


@pytest.mark.parametrize(("status", "words"), [(200, "incorrect id format for x"), (400, "incorrect id format for x")])
def test_one_bad_id_does_not_sink_the_others(server: Any, fetch: Any, status: int, words: str) -> None:
    server.poison, server.poison_status, server.poison_words = {IDS[7]}, status, words
    found = fetch(*IDS[:20])
    assert statuses(found) == dict.fromkeys(IDS[:20], "found") | {IDS[7]: "not_found"}
    assert words in found[IDS[7]].reason
    assert len(server.asked("arxiv")) <= 11


def test_an_error_that_is_not_about_the_id_is_a_failure(server: Any, fetch: Any) -> None:
    server.poison, server.poison_words = {IDS[0]}, "the database sleeps"
    found = fetch(IDS[0])[IDS[0]]
    assert (found.status, "the database sleeps" in found.reason) == ("failed", True)


def test_an_error_among_entries_has_the_rest_asked_again(server: Any, fake: Any, fetch: Any) -> None:
    mixed = fake.entry(IDS[0], server.papers[IDS[0]]) + "<entry><id>http://arxiv.org/api/errors#x</id></entry>"
    server.arxiv.append(fake.raw(fake.feed(mixed)))
    assert set(statuses(fetch(*IDS[:4])).values()) == {"found"}
    assert [len(request.ids) for request in server.asked("arxiv")] == [4, 1, 2]


def test_splitting_is_bounded(server: Any, fetch: Any) -> None:
    server.poison = set(IDS)
    found = fetch(*IDS[:20])
    assert len(server.asked("arxiv")) == 24
    assert set(statuses(found).values()) == {"not_found", "failed"}
    assert any("too many parts" in one.reason for one in found.values())


def test_a_refusing_server_is_given_up(server: Any, fake: Any, fetch: Any) -> None:
    server.always = {"arxiv": fake.status(400, fake.error_feed("incorrect id format"))}
    fetch(*(f"2506.{number:05}" for number in range(80)))
    assert len(server.asked("arxiv")) == 3 * 24


def test_hugging_face_stands_in_while_arxiv_is_down(server: Any, fake: Any, fetch: Any) -> None:
    many = [f"2505.{number:05}" for number in range(1, 101)]
    server.always = {"arxiv": fake.status(503)}
    server.hf_papers = {paper_id: fake.paper(number) for number, paper_id in enumerate(many[:99])}
    found = fetch(*many, attempts=2)
    assert statuses(found) == dict.fromkeys(many[:99], "found") | {many[99]: "failed"}
    assert "given up after 3 failures in a row" in found[many[99]].reason
    assert "HTTP 503" in found[many[99]].reason
    assert len(server.asked("arxiv")) == 6


def test_both_down_ends_soon(server: Any, fake: Any, fetch: Any, time: Any) -> None:
    many = [f"2505.{number:05}" for number in range(1, 1_001)]
    server.always = {"arxiv": fake.status(503), "hf": fake.dropped}
    start = time.now
    found = fetch(*many)
    assert set(statuses(found).values()) == {"failed"}
    assert (len(server.asked("arxiv")), len(server.asked("hf"))) == (15, 15)
    assert time.now - start < 300
    assert "given up" in found[many[-1]].reason
    server.always = {}
    assert statuses(fetch(IDS[0])) == {IDS[0]: "found"}


def test_a_source_that_comes_back_is_not_given_up(server: Any, fake: Any, fetch: Any) -> None:
    server.arxiv += [fake.status(403), fake.status(403)]
    many = [f"2505.{number:05}" for number in range(1, 141)]
    server.papers = {paper_id: fake.paper(1) for paper_id in many}
    assert list(statuses(fetch(*many)).values()) == ["failed"] * 40 + ["found"] * 100


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{not json", "is no JSON"),
        (b"\xff\xfe\x00", "is no JSON"),
        (b"[" * 200_000, "is no JSON"),
        (b"{'id': '2505.00001', 'title': None}", "is no JSON"),
        (b"1", "no JSON object"),
        (b'["{}"]', "no JSON object"),
        (b"null", "no JSON object"),
        (b'{"id": "2505.00002", "title": "T", "summary": "S"}', "is about '2505.00002'"),
        (b'{"title": "T", "summary": "S"}', "is about 'None'"),
        (b'{"id": "2505.00001", "title": ["T"], "summary": "S"}', "is no text"),
        (b'{"id": ' + b"9" * 5_000 + b"}", "is no JSON"),
    ],
)
def test_what_hugging_face_should_not_say(server: Any, fake: Any, fetch: Any, body: bytes, words: str) -> None:
    server.papers = {}
    server.always = {"hf": fake.raw(body)}
    found = fetch(IDS[0], attempts=2)[IDS[0]]
    assert (found.status, words in found.reason, len(found.reason) < 400) == ("failed", True, True)


def test_hugging_face_without_an_abstract(server: Any, fake: Any, fetch: Any) -> None:
    server.papers = {}
    server.hf_papers = {IDS[0]: fake.Paper("T", ""), IDS[1]: fake.Paper("T \ud800", "S", published="?")}
    found = fetch(*IDS[:2])
    assert (found[IDS[0]].status, found[IDS[1]].abstract.published) == ("not_found", None)
    found[IDS[1]].abstract.title.encode()


def test_an_interrupt_passes_and_leaves_no_lock(
    server: Any, fake: Any, upstream: Callable[..., Upstream], time: Any, fetch: Any
) -> None:
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    server.arxiv.append(fake.status(503))
    with pytest.raises(KeyboardInterrupt):
        list(fetch_abstracts(IDS, upstream(), sleep=interrupt, clock=time.clock))
    assert statuses(fetch(IDS[0])) == {IDS[0]: "found"}
