"""`nonmun receipts list`, `show` and `remove`, and `nonmun eval make --from feedback`."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nonmun import Library
from nonmun.api.feedback import FeedbackStore, Vote
from nonmun.api.receipts.checks import paper_finder
from nonmun.api.receipts.model import Made, Receipt
from nonmun.api.receipts.store import ReceiptStore
from nonmun.api.requests import AskRequest

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
    return ReceiptStore(library.settings.data).add(receipt, paper_finder(library.paper))


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
    assert listed == {"id": receipt_id, "created": receipt.created, "question": QUESTION}
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


def test_a_damaged_receipt_is_an_error_of_one_line(run: Run, folder: Path, receipt_id: str) -> None:
    file = folder / "data" / "receipts" / f"{receipt_id}.json"
    file.write_text("{}")
    refused(run("receipts", "show", receipt_id), str(file), "remove it")
    refused(run("receipts", "list"), str(file))
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
    refused(run("eval", "make", folder / "x", "--from", "feedback", "--across"), "from:")
