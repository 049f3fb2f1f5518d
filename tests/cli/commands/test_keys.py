"""The commands `nonmun keys create`, `list` and `revoke`."""

from __future__ import annotations

import hashlib
import json
import sqlite3
import stat
import subprocess
from collections.abc import Callable
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from nonmun.api.keys import FILE, KeyStore

Run = Callable[..., "subprocess.CompletedProcess[str]"]
FIELDS = ["id", "name", "hint", "scopes", "created", "expires", "last_used"]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def keys(run: Run, data: Path) -> Run:
    """Run a command of `nonmun keys` on a data directory of its own."""
    return lambda *args, **more: run("keys", *args, **({"NONMUN_DATA": str(data)} | more))


def ran(done: subprocess.CompletedProcess[str]) -> str:
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


def refused(done: subprocess.CompletedProcess[str], *parts: str) -> None:
    assert (done.returncode, done.stdout) == (1, ""), done
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert done.stderr.startswith("nonmun: ")
    for part in parts:
        assert part in done.stderr


def listed(keys: Run) -> list[dict[str, Any]]:
    return json.loads(ran(keys("list", "--json")))


def test_a_key_is_created_listed_and_revoked(keys: Run, data: Path) -> None:
    lines = ran(keys("create", "김연구", "--scope", "ask", "--scope", "read", "--expires", "30d")).splitlines()
    secret, (_, key_id, *_) = lines[0], lines[1].split()
    assert len(lines) == 2
    assert "김연구: ask, read" in lines[1]
    with closing(KeyStore(data / FILE)) as store:
        found = store.check(secret)
    assert found
    assert (found.id, found.name, found.scopes) == (key_id, "김연구", {"ask", "read"})
    assert found.expires == found.created + timedelta(days=30)
    shown = ran(keys("list"))
    assert shown.splitlines() == [shown.strip()]
    for part in (key_id, found.hint, "김연구", "ask,read", f"expires {found.expires:%Y-%m-%d %H:%M}", "last used 20"):
        assert part in shown
    assert secret not in shown
    assert ran(keys("revoke", key_id)) == f"revoked key {key_id} of 김연구\n"
    assert ran(keys("list")) == "there are no keys\n"
    with closing(KeyStore(data / FILE)) as store:
        assert store.check(secret) is None


def test_keys_as_json(keys: Run, data: Path) -> None:
    made = json.loads(ran(keys("create", "batch [v2]", "--json")))
    secret = made.pop("key")
    assert list(made) == FIELDS
    assert (made["name"], made["scopes"], made["expires"], made["last_used"]) == (
        "batch [v2]",
        ["ask", "read"],
        None,
        None,
    )
    assert datetime.fromisoformat(made["created"]).utcoffset() == timedelta(0)
    assert listed(keys)[0] | {"created": made["created"]} == made
    assert secret not in ran(keys("list", "--json"))
    with closing(sqlite3.connect(data / FILE)) as connection:
        assert connection.execute("SELECT hash FROM keys").fetchone() == (hashlib.sha256(secret.encode()).digest(),)
    assert secret.encode() not in b"".join(file.read_bytes() for file in data.iterdir())
    assert stat.S_IMODE((data / FILE).stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("text", "hours"), [("12h", 12), ("30d", 720), ("8w", 1_344), ("1y", 8_760), (" 2 d ", 48), ("001h", 1)]
)
def test_periods(keys: Run, text: str, hours: int) -> None:
    made = json.loads(ran(keys("create", "Kim", "--expires", text, "--json")))
    period = datetime.fromisoformat(made["expires"]) - datetime.fromisoformat(made["created"])
    assert period == timedelta(hours=hours)


def test_listing_makes_nothing(keys: Run, data: Path) -> None:
    assert ran(keys("list")) == "there are no keys\n"
    assert listed(keys) == []
    assert not data.exists()


def test_data_directories_have_keys_of_their_own(keys: Run, tmp_path: Path) -> None:
    other = tmp_path / "other"
    ran(keys("create", "Kim", "--data", other))
    assert listed(keys) == []
    assert [key["name"] for key in json.loads(ran(keys("list", "--data", other, "--json")))] == ["Kim"]


def test_names_cannot_control_the_terminal(keys: Run) -> None:
    refused(keys("create", "a\x1b[31mb"), "name: ", "printable")
    made = json.loads(ran(keys("create", "[red]Kim[/red]", "--json")))
    assert "[red]Kim[/red]" in ran(keys("list"))
    assert "[red]Kim[/red]" in ran(keys("revoke", made["id"]))


@pytest.mark.parametrize(
    ("args", "parts"),
    [
        (["create", ""], ["name: "]),
        (["create", " "], ["name: "]),
        (["create", "x" * 101], ["name: ", "100"]),
        (["create", "a\nb"], ["name: "]),
        (["create", "Kim", "--scope", "write"], ["scopes: ", "read, ask, feedback, metrics, status, admin"]),
        (["create", "Kim", "--scope", "read", "--scope", ""], ["scopes: "]),
        (["create", "Kim", "--expires", "tomorrow"], ["expires: ", "'tomorrow'", "30d"]),
        (["create", "Kim", "--expires", "0d"], ["expires: "]),
        (["create", "Kim", "--expires", "-1d"], ["expires: "]),
        (["create", "Kim", "--expires", "30"], ["expires: "]),
        (["create", "Kim", "--expires", "9999999d"], ["expires: "]),
        (["revoke", "0123abcd"], ["no key 0123abcd", "nonmun keys list"]),
        (["revoke", "[red]"], ["no key [red]"]),
    ],
)
def test_errors_are_one_line(keys: Run, data: Path, args: list[str], parts: list[str]) -> None:
    refused(keys(*args), *parts)
    assert not data.exists()


def test_a_period_beyond_the_calendar_is_an_error_of_one_line(keys: Run) -> None:
    refused(keys("create", "Kim", "--expires", "9000y"), "expires: ")


def test_an_empty_period_is_an_error(keys: Run) -> None:
    refused(keys("create", "Kim", "--expires", ""), "expires: ")


def test_a_relative_data_directory(keys: Run, folder: Path) -> None:
    ran(keys("create", "Kim", "--data", "relative"))
    assert (folder / "relative" / FILE).is_file()
    assert "Kim" in ran(keys("list", "--data", "relative"))


def test_a_damaged_database_is_an_error_of_one_line(keys: Run, data: Path) -> None:
    data.mkdir()
    (data / FILE).write_bytes(b"no database at all" * 100)
    for args in (["list"], ["list", "--json"], ["revoke", "0123abcd"], ["create", "Kim"]):
        refused(keys(*args), str(data / FILE))


@pytest.mark.parametrize("args", [["create"], ["revoke"], ["create", "Kim", "--scopes", "read"], ["delete", "x"]])
def test_wrong_usage_is_status_2(keys: Run, args: list[str]) -> None:
    done = keys(*args)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
