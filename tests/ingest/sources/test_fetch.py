"""Fetching over loopback: what is found, retried, split and given up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from nonmun.index.domain.papers import Abstract, Bibliography
from nonmun.ingest.sources.base import FetchOutcome, FetchResult
from nonmun.ingest.sources.config import SourceConfig
from nonmun.ingest.sources.fetch import SOURCES, fetch_abstracts
from nonmun.ingest.sources.http.client import HttpClient
from nonmun.ingest.sources.http.timing import Timing

IDS = [f"2505.{number:05}" for number in range(1, 46)]


@pytest.fixture(autouse=True)
def papers(server: Any, fake: Any) -> None:
    server.papers = {paper_id: fake.paper(number) for number, paper_id in enumerate(IDS, start=1)}


# Authors as the API lists them, and what is not one.
HF_AUTHORS = [
    {"_id": "1", "name": "Zhiyuan\n Hu", "hidden": False},
    {"name": "김철수"},
    {"name": " "},
    {"name": 7},
    "x",
]
HF_MORE = {"withdrawnAt": "2025-01-01", "authors": HF_AUTHORS}


def statuses(outcomes: dict[str, Any]) -> dict[str, str]:
    return {paper_id: outcome.status for paper_id, outcome in outcomes.items()}


def test_batches_hold_twenty_papers_each_once(server: Any, config: Callable[..., SourceConfig], time: Any) -> None:
    batches = list(fetch_abstracts(IDS + IDS[:3], config(), timing=time.timing))
    assert [len(batch) for batch in batches] == [20, 20, 5]
    assert [outcome.paper_id for batch in batches for outcome in batch] == IDS
    first = batches[0][0].abstract
    assert first == Abstract(
        IDS[0],
        "Paper 1 on made-up things",
        "We make up thing 1. It holds & is < than others.",
        "arxiv",
        1,
        "2025-05-14",
        Bibliography(("Nobody",), comment="made up"),
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


def test_sends_nothing_before_the_first_batch_is_consumed(server: Any, config: Callable[..., SourceConfig]) -> None:
    fetch_abstracts(IDS, config())
    assert list(fetch_abstracts([], config())) == []
    assert server.log == []


def test_requests_papers_that_arxiv_lacks_from_hugging_face(server: Any, fake: Any, fetch: Any) -> None:
    del server.papers[IDS[1]], server.papers[IDS[2]]
    server.hf_papers[IDS[1]] = fake.Paper(
        "Hard\n  wrapped", "One\nline.", published="2024-12-13T18:53:24.000Z", more=HF_MORE
    )
    outcomes = fetch(*IDS[:3])
    assert statuses(outcomes) == {IDS[0]: "found", IDS[1]: "found", IDS[2]: "not_found"}
    assert outcomes[IDS[1]].abstract == Abstract(
        IDS[1], "Hard wrapped", "One line.", "huggingface", None, "2024-12-13", Bibliography(("Zhiyuan Hu", "김철수"))
    )
    assert outcomes[IDS[2]].reason == "arXiv does not have it; Hugging Face does not have it"
    assert [request.ids for request in server.requests("hf")] == [[IDS[1]], [IDS[2]]]


def test_reads_hard_wrapped_versioned_old_and_withdrawn_papers(server: Any, fake: Any, fetch: Any) -> None:
    server.papers = {
        IDS[0]: fake.Paper("A title\n  over lines", "  An abstract\n  over\n lines. ", version=12),
        "hep-th/9901001": fake.paper(2, published="1999-01-01T00:00:00Z"),
        IDS[1]: fake.Paper("Withdrawn", "This paper has been withdrawn by its made-up author.", version=3),
        IDS[2]: fake.Paper("   ", "No title."),
        IDS[3]: fake.Paper("No abstract", " \n "),
        IDS[4]: fake.paper(5, version=None, published="soon"),
    }
    outcomes = fetch("hep-th/9901001", *IDS[:5])
    assert outcomes[IDS[0]].abstract == Abstract(
        IDS[0],
        "A title over lines",
        "An abstract over lines.",
        "arxiv",
        12,
        "2025-05-14",
        Bibliography(("Nobody",), comment="made up"),
    )
    assert outcomes["hep-th/9901001"].abstract.published == "1999-01-01"
    assert outcomes[IDS[1]].abstract.version == 3
    assert [outcomes[key].status for key in IDS[2:4]] == ["not_found", "not_found"]
    assert (outcomes[IDS[4]].abstract.version, outcomes[IDS[4]].abstract.published) == (None, None)


def test_old_id_matches_without_its_subject_class(server: Any, fake: Any, fetch: Any) -> None:
    body = fake.feed(fake.entry("math/0309136", fake.paper(1)))
    server.arxiv.append(fake.raw(body))
    assert fetch("math.GT/0309136")["math.GT/0309136"].abstract.paper_id == "math.GT/0309136"


@pytest.mark.parametrize("total", [0, 1, 9_999])
def test_ignores_a_wrong_total(server: Any, fetch: Any, total: int) -> None:
    server.total = total
    del server.papers[IDS[3]]
    assert statuses(fetch(*IDS[:5])) == dict.fromkeys(IDS[:5], "found") | {IDS[3]: "not_found"}


def test_requests_an_empty_feed_for_many_again(server: Any, fake: Any, fetch: Any) -> None:
    server.arxiv.append(fake.raw(fake.feed("", 20)))
    assert set(statuses(fetch(*IDS[:20])).values()) == {"found"}
    assert len(server.requests("arxiv")) == 2


def test_never_sends_an_invalid_id(server: Any, fetch: Any) -> None:
    outcomes = fetch("2505.00001v2", "1,2", "", "../etc", IDS[0])
    assert [outcome.status for outcome in outcomes.values()].count("not_found") == 4
    assert [request.ids for request in server.log] == [[IDS[0]]]


TRANSIENT = ["truncated_xml", "short_body", "truncated_gzip", "dropped", "hung_up"]


@pytest.mark.parametrize("name", TRANSIENT)
def test_retries_incomplete_responses(server: Any, fake: Any, fetch: Any, time: Any, name: str) -> None:
    server.arxiv += [getattr(fake, name)] * 4
    assert statuses(fetch(*IDS[:2])) == dict.fromkeys(IDS[:2], "found")
    assert len(server.log) == 5
    assert time.slept == [1.5, 1.5, 3.0, 6.0, 12.0]  # three quarters of 2, 4, 8, 16; the second is the pause's rest


@pytest.mark.parametrize("code", [406, 408, 429, 500, 502, 503, 504])
def test_retries_transient_statuses(server: Any, fake: Any, fetch: Any, code: int) -> None:
    server.arxiv += [fake.status(code)] * 2
    assert statuses(fetch(IDS[0])) == {IDS[0]: "found"}
    assert len(server.log) == 3


@pytest.mark.parametrize("code", [204, 304, 401, 403, 404, 410, 451])
def test_does_not_retry_other_statuses(server: Any, fake: Any, fetch: Any, code: int) -> None:
    server.always = {"arxiv": fake.status(code, b"")}
    outcome = fetch(IDS[0])[IDS[0]]
    assert (outcome.status, len(server.requests("arxiv"))) == ("failed", 1)
    assert f"HTTP {code}" in outcome.reason


@pytest.mark.parametrize(
    "body", [b"<html><body>Down for maintenance</body></html>", b"Rate exceeded, says a proxy.", b""]
)
def test_retries_pages_that_are_not_a_feed(server: Any, fake: Any, fetch: Any, body: bytes) -> None:
    server.arxiv.append(fake.raw(body))
    assert statuses(fetch(IDS[0])) == {IDS[0]: "found"}


def test_waits_as_retry_after_requests(server: Any, fake: Any, fetch: Any, time: Any) -> None:
    server.arxiv += [fake.throttled(Retry_After="41"), fake.status(503, Retry_After="Fri, 15 Jan 2027 08:02:00 GMT")]
    assert statuses(fetch(IDS[0])) == {IDS[0]: "found"}
    date = 1_800_000_120.0
    assert 41.5 in time.slept
    assert time.now >= date


def test_long_retry_after_ends_this_run_and_holds_for_the_next(server: Any, fake: Any, fetch: Any, time: Any) -> None:
    server.arxiv.append(fake.throttled(Retry_After="900"))
    outcomes = fetch(*IDS[:41])
    assert set(statuses(outcomes).values()) == {"failed"}
    assert "HTTP 429; the server asks to wait 900 s" in outcomes[IDS[0]].reason
    assert len(server.requests("arxiv")) == 1
    assert "accepts no request for another 9" in fetch(IDS[0])[IDS[0]].reason.replace("899", "900")
    assert len(server.requests("arxiv")) == 1
    time.now += 900
    assert statuses(fetch(IDS[0])) == {IDS[0]: "found"}


def test_waits_as_the_limit_of_hugging_face_requests(server: Any, fake: Any, fetch: Any, time: Any) -> None:
    server.papers = {}
    server.hf_papers = {IDS[0]: fake.paper(1), IDS[1]: fake.paper(2)}
    server.hf += [fake.throttled(RateLimit='"api";r=0;t=77'), fake.status(500, RateLimit='"api";r=400;t=250')]
    assert statuses(fetch(IDS[0])) == {IDS[0]: "found"}
    assert 77.5 in time.slept
    assert 250.5 not in time.slept
    server.hf.append(fake.throttled(RateLimit='"api";r=0;t=299'))
    assert "asks to wait 299 s" in fetch(IDS[1])[IDS[1]].reason


@pytest.mark.parametrize(
    ("status", "message"), [(200, "incorrect id format for x"), (400, "incorrect id format for x")]
)
def test_invalid_id_does_not_fail_the_others(server: Any, fetch: Any, status: int, message: str) -> None:
    server.poison, server.poison_status, server.poison_message = {IDS[7]}, status, message
    outcomes = fetch(*IDS[:20])
    assert statuses(outcomes) == dict.fromkeys(IDS[:20], "found") | {IDS[7]: "not_found"}
    assert message in outcomes[IDS[7]].reason
    assert len(server.requests("arxiv")) <= 11


def test_error_that_is_not_about_the_id_is_a_failure(server: Any, fetch: Any) -> None:
    server.poison, server.poison_message = {IDS[0]}, "the database sleeps"
    outcome = fetch(IDS[0])[IDS[0]]
    assert (outcome.status, "the database sleeps" in outcome.reason) == ("failed", True)


def test_error_among_entries_requests_the_rest_again(server: Any, fake: Any, fetch: Any) -> None:
    mixed = fake.entry(IDS[0], server.papers[IDS[0]]) + "<entry><id>http://arxiv.org/api/errors#x</id></entry>"
    server.arxiv.append(fake.raw(fake.feed(mixed)))
    assert set(statuses(fetch(*IDS[:4])).values()) == {"found"}
    assert [len(request.ids) for request in server.requests("arxiv")] == [4, 1, 2]


def test_limits_the_requests_of_a_split_batch(server: Any, fetch: Any) -> None:
    server.poison = set(IDS)
    outcomes = fetch(*IDS[:20])
    assert len(server.requests("arxiv")) == 24
    assert set(statuses(outcomes).values()) == {"not_found", "failed"}
    assert any("too many parts" in outcome.reason for outcome in outcomes.values())


def test_gives_up_a_server_that_refuses_everything(server: Any, fake: Any, fetch: Any) -> None:
    server.always = {"arxiv": fake.status(400, fake.error_feed("incorrect id format"))}
    fetch(*(f"2506.{number:05}" for number in range(80)))
    assert len(server.requests("arxiv")) == 3 * 24


def test_falls_back_to_hugging_face_while_arxiv_is_down(server: Any, fake: Any, fetch: Any) -> None:
    many = [f"2505.{number:05}" for number in range(1, 101)]
    server.always = {"arxiv": fake.status(503)}
    server.hf_papers = {paper_id: fake.paper(number) for number, paper_id in enumerate(many[:99])}
    outcomes = fetch(*many, attempts=2)
    assert statuses(outcomes) == dict.fromkeys(many[:99], "found") | {many[99]: "failed"}
    assert "given up after 3 failures in a row" in outcomes[many[99]].reason
    assert "HTTP 503" in outcomes[many[99]].reason
    assert len(server.requests("arxiv")) == 6


def test_ends_soon_if_both_are_down(server: Any, fake: Any, fetch: Any, time: Any) -> None:
    many = [f"2505.{number:05}" for number in range(1, 1_001)]
    server.always = {"arxiv": fake.status(503), "hf": fake.dropped}
    start = time.now
    outcomes = fetch(*many)
    assert set(statuses(outcomes).values()) == {"failed"}
    assert (len(server.requests("arxiv")), len(server.requests("hf"))) == (15, 15)
    assert time.now - start < 300
    assert "given up" in outcomes[many[-1]].reason
    server.always = {}
    assert statuses(fetch(IDS[0])) == {IDS[0]: "found"}


def test_does_not_give_up_a_source_that_recovers(server: Any, fake: Any, fetch: Any) -> None:
    server.arxiv += [fake.status(403), fake.status(403)]
    many = [f"2505.{number:05}" for number in range(1, 141)]
    server.papers = {paper_id: fake.paper(1) for paper_id in many}
    assert list(statuses(fetch(*many)).values()) == ["failed"] * 40 + ["found"] * 100


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{not json", "not valid JSON"),
        (b"\xff\xfe\x00", "not valid JSON"),
        (b"[" * 200_000, "not valid JSON"),
        (b"{'id': '2505.00001', 'title': None}", "not valid JSON"),
        (b"1", "not a JSON object"),
        (b'["{}"]', "not a JSON object"),
        (b"null", "not a JSON object"),
        (b'{"id": "2505.00002", "title": "T", "summary": "S"}', "is about '2505.00002'"),
        (b'{"title": "T", "summary": "S"}', "is about 'None'"),
        (b'{"id": "2505.00001", "title": ["T"], "summary": "S"}', "is not a string"),
        (b'{"id": ' + b"9" * 5_000 + b"}", "not valid JSON"),
    ],
)
def test_reports_unintelligible_replies_of_hugging_face(
    server: Any, fake: Any, fetch: Any, body: bytes, message: str
) -> None:
    server.papers = {}
    server.always = {"hf": fake.raw(body)}
    outcome = fetch(IDS[0], attempts=2)[IDS[0]]
    assert (outcome.status, message in outcome.reason, len(outcome.reason) < 400) == ("failed", True, True)


def test_papers_of_hugging_face_without_an_abstract(server: Any, fake: Any, fetch: Any) -> None:
    server.papers = {}
    server.hf_papers = {IDS[0]: fake.Paper("T", ""), IDS[1]: fake.Paper("T \ud800", "S", published="?")}
    outcomes = fetch(*IDS[:2])
    assert (outcomes[IDS[0]].status, outcomes[IDS[1]].abstract.published) == ("not_found", None)
    outcomes[IDS[1]].abstract.title.encode()


def test_interrupt_propagates_and_releases_the_lock(
    server: Any, fake: Any, config: Callable[..., SourceConfig], time: Any, fetch: Any
) -> None:
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    server.arxiv.append(fake.status(503))
    with pytest.raises(KeyboardInterrupt):
        list(fetch_abstracts(IDS, config(), timing=Timing(interrupt, time.timing.clock)))
    assert statuses(fetch(IDS[0])) == {IDS[0]: "found"}


class MirrorSource:
    """A source as an extension would add it: three papers per request, from an API of its own."""

    name = "Mirror"
    batch_size = 3

    def __init__(self, config: SourceConfig, http: HttpClient) -> None:
        self.batches: list[list[str]] = []

    def fetch(self, paper_ids: Sequence[str]) -> FetchResult:
        self.batches.append(list(paper_ids))
        if len(self.batches) > 1:
            return FetchResult([FetchOutcome(key, "failed", reason="Mirror: down") for key in paper_ids], "down")
        found = FetchOutcome(paper_ids[0], "found", Abstract(paper_ids[0], "T", "S"))
        return FetchResult(
            [found, *(FetchOutcome(key, "not_found", reason="Mirror does not have it") for key in paper_ids[1:])]
        )


def test_adds_a_source_to_the_chain(server: Any, config: Callable[..., SourceConfig], time: Any) -> None:
    server.papers = {}
    mirrors: list[MirrorSource] = []

    def make(config: SourceConfig, http: HttpClient) -> MirrorSource:
        mirrors.append(MirrorSource(config, http))
        return mirrors[0]

    (batch, _) = fetch_abstracts(IDS[:35], config(), sources=[*SOURCES[:1], make], timing=time.timing)
    assert [len(part) for part in mirrors[0].batches] == [3, 3, 3, 3]  # given up after three failures
    assert [outcome.status for outcome in batch[:4]] == ["found", "not_found", "not_found", "failed"]
    assert batch[1].reason == "arXiv does not have it; Mirror does not have it"
    assert batch[-1].reason == "arXiv does not have it; Mirror: given up after 3 failures in a row: down"
