"""The store of feedback: whole lines, from several processes, within a limit."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from nonmun import ConfigError, InputError
from nonmun.api.feedback import FILE, FeedbackRequest, FeedbackStore, Vote
from nonmun.api.receipts.storing import StoreFullError

APPEND = """
import sys
from pathlib import Path
from nonmun.api.feedback import FeedbackRequest, FeedbackStore, Vote
for number in range(20):
    FeedbackStore(Path(sys.argv[1])).add(Vote.of(FeedbackRequest(f"{sys.argv[2]} {number} " + "질문" * 300, "useful")))
"""


def vote(question: str = "BERT가 뭐야?", **fields: object) -> Vote:
    return Vote.of(FeedbackRequest.from_input(question, "useful", **fields), "key")


def test_votes_come_back_as_they_were(tmp_path: Path) -> None:
    store = FeedbackStore(tmp_path)
    assert store.all() == []
    votes = [
        vote(ignore=["spelling", "window"]),
        vote("which?", papers=["2505.09264"], note="a\u2028b\n\x00", where={"since": "2025-05-01"}),
    ]
    for each in votes:
        store.add(each)
    assert store.all() == votes
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600


def test_processes_append_at_once(tmp_path: Path) -> None:
    command = [sys.executable, "-c", APPEND, str(tmp_path)]
    processes = [subprocess.Popen([*command, str(number)]) for number in range(3)]
    assert [process.wait(120) for process in processes] == [0, 0, 0]
    assert len({each.question for each in FeedbackStore(tmp_path).all()}) == 60


@pytest.mark.parametrize("torn", [b'{"vote_id": "x", "que', b"\xff\xfe", b"[1]", b"null", b"[" * 50_000])
def test_a_line_that_a_kill_left_is_passed_over(tmp_path: Path, torn: bytes) -> None:
    store = FeedbackStore(tmp_path)
    first, second = vote("first"), vote("second")
    store.add(first)
    with (tmp_path / FILE).open("ab") as file:
        file.write(torn)
    store.add(second)
    assert store.all() == [first, second]


def test_the_file_has_a_limit(tmp_path: Path) -> None:
    first = vote()
    FeedbackStore(tmp_path).add(first)
    size = (tmp_path / FILE).stat().st_size
    with pytest.raises(StoreFullError, match=r"feedback takes"):
        FeedbackStore(tmp_path, limit=size).add(vote())
    assert FeedbackStore(tmp_path).all() == [first]


def test_a_folder_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot be written"):
        FeedbackStore(tmp_path / "file").add(vote())
    os.mkdir(tmp_path / FILE)  # noqa: PTH102
    with pytest.raises(ConfigError, match="cannot be read"):
        FeedbackStore(tmp_path).all()


@pytest.mark.parametrize(
    ("arguments", "field"),
    [(("", "useful"), "question"), (("q", "bad"), "kind"), (("q", "useful", ["x"]), "papers"), (("q", None), "kind")],
)
def test_requests_name_the_wrong_field(arguments: tuple[object, ...], field: str) -> None:
    with pytest.raises(InputError) as error:
        FeedbackRequest.from_input(*arguments)
    assert error.value.field == field
