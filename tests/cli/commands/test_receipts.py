"""`nonmun receipts list`, `show` and `remove`, and `nonmun eval make --from feedback`."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from nonmun import Library
from nonmun.api.feedback import FeedbackRequest, FeedbackStore, Vote
from nonmun.api.receipts.model import Made, Receipt
from nonmun.api.receipts.store import ReceiptStore
from nonmun.api.requests import AskRequest
from nonmun.eval.annotation.judgments import open_judgments
from nonmun.eval.datasets.formats import open_dataset

Run = Callable[..., "subprocess.CompletedProcess[str]"]
QUESTION = "이미지를 패치로 잘라 트랜스포머에 넣는 논문은? [red]"

pytestmark = pytest.mark.usefixtures("ingested")


@pytest.fixture
def library(folder: Path) -> Iterator[Library]:
    with Library.open(folder / "data", create=False) as library:
        yield library


@pytest.fixture
def receipt(library: Library) -> Receipt:
    request = AskRequest.from_input(QUESTION, as_of="2025-03-06")
    return Receipt.of(library.answering.ask(request), request, Made("model", "0" * 64, "1"))


@pytest.fixture
def receipt_id(library: Library, receipt: Receipt) -> str:
    return ReceiptStore(library.settings.data).add(receipt, library.paper)


def ran(done: subprocess.CompletedProcess[str]) -> str:
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


def refused(done: subprocess.CompletedProcess[str], *parts: str) -> None:
    assert (done.returncode, done.stdout) == (1, ""), done
    assert len(done.stderr.splitlines()) == 1, done.stderr
    for part in parts:
        assert part in done.stderr


def test_shared_answers_are_listed_shown_and_removed(run: Run, receipt: Receipt, receipt_id: str) -> None:
    assert QUESTION in ran(run("receipts", "list"))
    (listed,) = json.loads(ran(run("receipts", "list", "--json")))
    assert listed == {"id": receipt_id, "created": receipt.created, "question": QUESTION, "damaged": False}
    shown = ran(run("receipts", "show", receipt_id))
    for citation in receipt.answer.citations:
        assert citation.text_hash in shown
    assert receipt.answer.segments[-1].text in shown
    fields = json.loads(ran(run("receipts", "show", receipt_id, "--json")))
    assert fields["answer"]["answer"] == receipt.answer.answer
    refused(run("receipts", "remove", receipt_id, "0" * 32), f"no shared answer {'0' * 32}", "nonmun receipts list")
    assert receipt_id in ran(run("receipts", "list"))
    assert ran(run("receipts", "remove", receipt_id)) == "removed 1 shared answer\n"
    assert ran(run("receipts", "list")) == "there are no shared answers\n"
    assert json.loads(ran(run("receipts", "list", "--json"))) == []
    refused(run("receipts", "show", receipt_id), "no shared answer")


def test_all_are_removed_when_told_to(run: Run, receipt_id: str) -> None:
    refused(run("receipts", "remove"), "--all")
    refused(run("receipts", "remove", receipt_id, "--all"), "--all")
    assert ran(run("receipts", "remove", "--all")) == "removed 1 shared answer\n"
    assert ran(run("receipts", "remove", "--all")) == "removed 0 shared answers\n"


@pytest.mark.parametrize("damage", ["{}", "[" * 100_000])
def test_a_damaged_receipt_is_named_and_stops_nothing_else(
    run: Run, folder: Path, library: Library, receipt: Receipt, receipt_id: str, damage: str
) -> None:
    other = ReceiptStore(folder / "data").add(replace(receipt, made=Made("other", "", "")), library.paper)
    file = folder / "data" / "receipts" / f"{receipt_id}.json"
    file.write_text(damage)
    refused(run("receipts", "show", receipt_id), str(file), "remove it")
    first, second = ran(run("receipts", "list")).splitlines()
    assert (first[:32], second[:42]) == (other, f"{receipt_id}  damaged:")
    assert json.loads(ran(run("receipts", "list", "--json")))[1] == {
        "id": receipt_id,
        "created": None,
        "question": None,
        "damaged": True,
    }
    refused(run("purge"), receipt_id, "nonmun receipts remove")
    found = run("doctor", "--json")
    assert (found.returncode, [finding["code"] for finding in json.loads(found.stdout)]) == (1, ["answers-damaged"])
    assert ran(run("receipts", "remove", receipt_id))
    assert ran(run("purge"))
    assert ran(run("receipts", "remove", "--all"))


@pytest.mark.parametrize("args", [("list",), ("remove", "--all"), ("remove", "0" * 32)])
def test_a_folder_that_is_no_data_directory_is_an_error(run: Run, folder: Path, args: tuple[str, ...]) -> None:
    missing = folder / "typo"
    refused(run("receipts", *args, "--data", missing), str(missing), "--data")
    assert not missing.exists()


def test_questions_and_times_of_receipts_are_shown_as_text(run: Run, folder: Path, receipt_id: str) -> None:
    file = folder / "data" / "receipts" / f"{receipt_id}.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"created": "[/red]\x1b[2J"}))
    assert "\x1b" not in ran(run("receipts", "list"))
    assert ran(run("receipts", "remove", receipt_id))


def test_feedback_becomes_a_dataset(run: Run, folder: Path, library: Library, receipt: Receipt) -> None:
    refused(run("eval", "make", folder / "set", "--from", "feedback"), "no feedback")
    assert not (folder / "set").exists()
    store = FeedbackStore(library.settings.data)
    store.add(Vote.on(receipt, "useful"))
    store.add(Vote.on(receipt, "other", note="slow"))
    counts = json.loads(ran(run("eval", "make", folder / "set", "--from", "feedback", "--json")))
    papers = {citation.paper_id for citation in receipt.answer.citations}
    assert counts == {
        "name": "set",
        "queries": 1,
        "unanswerable": 0,
        "judgments": len(papers),
        "review": 0,
        "skipped": {"other": 1},
    }
    refused(run("eval", "make", folder / "set", "--from", "feedback"), "--force")
    store.add(Vote.on(receipt, "should_have_refused", by="b"))
    shown = ran(run("eval", "make", folder / "set", "--from", "feedback", "--force"))
    assert "1 queries are left to review" in shown
    for option in (["--across"], ["--lang", "ko"], ["--count", "5"], ["--seed", "0"], ["--show-prompts"]):
        refused(run("eval", "make", folder / "x", "--from", "feedback", *option), "from:")


def test_what_people_judged_is_kept(run: Run, folder: Path, library: Library, receipt: Receipt) -> None:
    store, target = FeedbackStore(library.settings.data), folder / "judged"
    make = ("eval", "make", target, "--from", "feedback", "--force", "--json")
    file = library.settings.data / "feedback.jsonl"
    file.unlink(missing_ok=True)
    store.add(Vote.on(receipt, "should_have_refused"))
    store.add(Vote.of(FeedbackRequest.from_input("BERT가 뭐야?", "wrong_paper", ["1706.03762"])))
    with file.open("a") as votes:
        votes.write(json.dumps(json.loads(file.read_text().splitlines()[0]) | {"question": "", "vote_id": "x"}) + "\n")
    assert json.loads(ran(run(*make)))["skipped"] == {"unreadable": 1}
    by_text = {query.text: query.query_id for query in open_dataset(target).queries}
    first, second = by_text[receipt.request.question], by_text["BERT가 뭐야?"]
    with open_judgments(target, "Kim") as (_, judgments):
        judgments.add(first, "2010.11929", 3)
        judgments.add(second, "1810.04805", 1)
        judgments.add(second, "1706.03762", 2)  # against a vote
    with (target / "judgments.jsonl").open("a") as records:
        records.write('{"query": "torn')
    file.write_text(file.read_text().splitlines()[1] + "\n")  # the votes on the first question are gone
    made = json.loads(ran(run(*make)))
    assert (made["queries"], made["unanswerable"], made["judgments"], made["review"]) == (2, 0, 3, 0)
    dataset = open_dataset(target)
    assert dataset.qrels == {first: {"2010.11929": 3}, second: {"1810.04805": 1, "1706.03762": 2}}
    records = [json.loads(line) for line in (target / "judgments.jsonl").read_text().splitlines()]
    assert [record["judge"] for record in records] == ["feedback", "Kim", "Kim", "Kim"]
    assert ran(run(*make))
    assert open_dataset(target).qrels == dataset.qrels
