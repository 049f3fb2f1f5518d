"""The store of API keys: one database of hashes, shared by threads and processes."""

from __future__ import annotations

import hashlib
import os
import sqlite3
import stat
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from nonmun import InputError, NotFoundError
from nonmun.api.keys import FILE, SCOPES, Key, KeyStore, Scope
from nonmun.index.domain.errors import ConfigError

START = datetime(2025, 3, 3, 12, tzinfo=UTC)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / FILE


@pytest.fixture
def clock() -> Clock:
    return Clock()


def stored_hashes(path: Path) -> list[bytes]:
    with closing(sqlite3.connect(path)) as connection:
        return [row[0] for row in connection.execute("SELECT hash FROM keys")]


def bytes_of(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.iterdir()))


def test_a_secret_is_returned_once_and_only_its_hash_is_stored(path: Path) -> None:
    with closing(KeyStore(path)) as store:
        secret, key = store.create("Kim", ["read"])
        assert store.check(secret) is not None
        assert secret.startswith("nm_")
        assert len(secret) > 40
        assert not hasattr(key, "secret")
        assert secret not in repr(store.all())
    assert stored_hashes(path) == [hashlib.sha256(secret.encode()).digest()]
    content = bytes_of(path.parent)
    assert secret.encode() not in content
    assert secret[7:-4].encode() not in content  # the hint has no more than the ends
    assert secret.removeprefix("nm_").encode("utf-16-le") not in content


def test_a_hint_shows_no_more_than_the_ends_of_a_secret(path: Path) -> None:
    with closing(KeyStore(path)) as store:
        secret, key = store.create("Kim", ["read"])
    start, end = key.hint.split("…")
    assert secret.startswith(start)
    assert secret.endswith(end)
    assert len(start) + len(end) < 12


def test_secrets_and_ids_are_unique(path: Path) -> None:
    with closing(KeyStore(path)) as store:
        made = [store.create("Kim", ["read"]) for _ in range(20)]
        assert len({secret for secret, _ in made}) == len({key.id for _, key in made}) == 20
        for secret, key in made:
            found = store.check(secret)
            assert found
            assert found.id == key.id


def test_listed_keys_are_the_ones_that_were_made(path: Path, clock: Clock) -> None:
    with closing(KeyStore(path, clock)) as store:
        _, first = store.create("  김연구  ", ["ask", "read"], timedelta(days=30))
        clock.now += timedelta(seconds=1)
        _, second = store.create("batch [v2]", ["admin"])
        assert store.all() == [first, second]
        assert (first.name, first.scopes, first.created) == ("김연구", {"read", "ask"}, START)
        assert (first.expires, first.last_used, second.expires) == (START + timedelta(days=30), None, None)
    with closing(KeyStore(path, clock)) as reopened:
        assert reopened.all() == [first, second]


WRONG: list[Callable[[str], str]] = [
    lambda secret: "",
    lambda secret: "nm_",
    lambda secret: secret[:-1],
    lambda secret: f"{secret}x",
    lambda secret: f" {secret}",
    lambda secret: secret.swapcase(),
    lambda secret: secret.removeprefix("nm_"),
    lambda secret: "비밀",
    lambda secret: "\ud800",
    lambda secret: "x" * 100_000,
]


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_secret_has_no_key(path: Path, wrong: Callable[[str], str]) -> None:
    with closing(KeyStore(path)) as store:
        secret, key = store.create("Kim", ["read"])
        assert store.check(wrong(secret)) is None
        assert store.check(key.id) is None
        assert store.check(key.hint) is None


def test_a_key_expires(path: Path, clock: Clock) -> None:
    with closing(KeyStore(path, clock)) as store:
        secret, key = store.create("Kim", ["read"], timedelta(hours=1))
        eternal, _ = store.create("Lee", ["read"])
        clock.now = START + timedelta(hours=1) - timedelta(seconds=1)
        assert store.check(secret)
        clock.now = START + timedelta(hours=1)
        assert store.check(secret) is None
        assert store.check(eternal)
        listed = store.all()
        assert key.id in {found.id for found in listed}  # it can still be revoked
        clock.now = START + timedelta(days=3_650)
        assert store.check(eternal)


def test_the_last_use_is_noted_once_a_minute(path: Path, clock: Clock) -> None:
    def last_used() -> datetime | None:
        with closing(KeyStore(path, clock)) as other:
            return other.all()[0].last_used

    with closing(KeyStore(path, clock)) as store:
        secret, _ = store.create("Kim", ["read"])
        assert last_used() is None
        store.check("nm_wrong")
        assert last_used() is None
        store.check(secret)
        assert last_used() == START
        clock.now += timedelta(seconds=59)
        store.check(secret)
        assert last_used() == START
        clock.now += timedelta(seconds=1)
        store.check(secret)
        assert last_used() == START + timedelta(minutes=1)


def test_a_revoked_key_fails_at_once_in_every_store(path: Path) -> None:
    with closing(KeyStore(path)) as store, closing(KeyStore(path)) as other:
        secret, key = store.create("Kim", ["read"])
        kept, _ = store.create("Lee", ["read"])
        assert store.check(secret)
        assert other.check(secret)
        assert store.revoke(key.id).id == key.id
        assert other.check(secret) is None
        assert store.check(secret) is None
        assert other.check(kept)
        assert stored_hashes(path) == [hashlib.sha256(kept.encode()).digest()]


def test_a_new_key_is_valid_at_once_in_every_store(path: Path) -> None:
    with closing(KeyStore(path)) as store, closing(KeyStore(path)) as other:
        assert other.all() == []
        secret, key = store.create("Kim", ["read"])
        found = other.check(secret)
        assert found
        assert found.id == key.id
        with pytest.raises(NotFoundError, match=f"no key {key.id}"):
            other.revoke(other.revoke(key.id).id)
        assert store.check(secret) is None


def test_an_unknown_key_cannot_be_revoked(path: Path) -> None:
    with closing(KeyStore(path)) as store:
        with pytest.raises(NotFoundError, match="nonmun keys list"):
            store.revoke("0123abcd")
        assert not path.exists()
        secret, _ = store.create("Kim", ["read"])
        for wrong in ("0123abcd", "", secret, "' OR 1=1 --"):
            with pytest.raises(NotFoundError):
                store.revoke(wrong)
        assert store.check(secret)


def test_a_closed_store_opens_again_with_the_current_keys(path: Path) -> None:
    with closing(KeyStore(path)) as store, closing(KeyStore(path)) as other:
        secret, key = store.create("Kim", ["read"])
        assert store.check(secret)
        store.close()
        store.close()
        other.revoke(key.id)
        assert store.check(secret) is None


def test_scopes_allow_what_they_name_and_admin_everything() -> None:
    def key(*scopes: Scope) -> Key:
        return Key("1", "Kim", "nm_…", frozenset(scopes), START)

    assert SCOPES == ("read", "ask", "feedback", "metrics", "status", "admin")
    for scope in SCOPES:
        assert [allowed for allowed in SCOPES if key(scope).allows(allowed)] == (
            list(SCOPES) if scope == "admin" else [scope]
        )
    assert [scope for scope in SCOPES if key("read", "ask").allows(scope)] == ["read", "ask"]


INVALID = [
    ("", ["read"], None, "name"),
    (" \t", ["read"], None, "name"),
    ("x" * 101, ["read"], None, "name"),
    ("a\nb", ["read"], None, "name"),
    ("a\x1b[31mb", ["read"], None, "name"),
    ("\u202ea", ["read"], None, "name"),
    ("a\ud800", ["read"], None, "name"),
    ("Kim", [], None, "scopes"),
    ("Kim", ["write"], None, "scopes"),
    ("Kim", ["read", "Ask"], None, "scopes"),
    ("Kim", ["read,ask"], None, "scopes"),
    ("Kim", ["read"], timedelta(0), "expires"),
    ("Kim", ["read"], timedelta(seconds=-1), "expires"),
]


@pytest.mark.parametrize(("name", "scopes", "valid_for", "field"), INVALID)
def test_invalid_keys_are_not_made(
    path: Path, name: str, scopes: list[str], valid_for: timedelta | None, field: str
) -> None:
    with closing(KeyStore(path)) as store:
        with pytest.raises(InputError) as caught:
            store.create(name, cast("list[Scope]", scopes), valid_for)
        assert caught.value.field == field
        assert str(caught.value).startswith(f"{field}: ")
    assert not path.parent.exists()


def test_a_period_beyond_the_calendar_is_an_invalid_one(path: Path) -> None:
    with closing(KeyStore(path)) as store, pytest.raises(InputError, match=r"^expires: "):
        store.create("Kim", ["read"], timedelta(days=365 * 9_000))


def test_names_of_100_characters_are_kept(path: Path) -> None:
    with closing(KeyStore(path)) as store:
        for name in ("가" * 100, "O'Neil; DROP TABLE keys", "[bold]%s{}"):
            assert store.create(name, ["read"])[1].name == name
        listed = store.all()
        assert {key.name for key in listed} == {"가" * 100, "O'Neil; DROP TABLE keys", "[bold]%s{}"}


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_only_the_owner_can_read_the_database(path: Path) -> None:
    previous = os.umask(0)
    try:
        with closing(KeyStore(path)) as store:
            store.create("Kim", ["read"])
            store.create("Lee", ["read"])
    finally:
        os.umask(previous)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}


def test_reading_makes_no_database(path: Path) -> None:
    with closing(KeyStore(path)) as store:
        assert store.all() == []
        assert store.check("nm_secret") is None
        with pytest.raises(NotFoundError):
            store.revoke("0123abcd")
    assert not path.parent.exists()


def test_a_relative_path_is_that_of_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with closing(KeyStore(Path("data") / FILE)) as store:
        secret, _ = store.create("Kim", ["read"])
        assert store.check(secret)
    assert (tmp_path / "data" / FILE).is_file()


def test_a_path_with_characters_of_a_uri(tmp_path: Path) -> None:
    path = tmp_path / "논문 #1?mode=memory%20&x" / FILE
    with closing(KeyStore(path)) as store:
        secret, _ = store.create("Kim", ["read"])
        assert path.is_file()
        assert store.check(secret)


def test_an_empty_file_holds_no_keys(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    with closing(KeyStore(path)) as store:
        assert store.all() == []
        assert store.check("nm_secret") is None
        secret, _ = store.create("Kim", ["read"])
        assert store.check(secret)


def test_a_file_that_is_no_database_is_an_error_that_names_it(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"no database at all, but long enough to be read" * 100)
    with closing(KeyStore(path)) as store:
        reading: list[Callable[[], Any]] = [store.all, lambda: store.check("nm_x"), lambda: store.revoke("0123abcd")]
        for read in reading:
            with pytest.raises(ConfigError, match="cannot be read") as caught:
                read()
            assert str(path) in str(caught.value)
        with pytest.raises(ConfigError, match="cannot be written"):
            store.create("Kim", ["read"])


def test_a_folder_that_cannot_be_made_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    path = tmp_path / "file" / FILE
    with closing(KeyStore(path)) as store, pytest.raises(ConfigError, match="cannot be written") as caught:
        store.create("Kim", ["read"])
    assert str(path) in str(caught.value)


def test_a_locked_database_still_lets_keys_in(path: Path, clock: Clock) -> None:
    with closing(KeyStore(path, clock)) as store:
        secret, _ = store.create("Kim", ["read"])
        assert store.check(secret)  # the use of this minute is noted
        with closing(sqlite3.connect(path, isolation_level=None)) as writer:
            writer.execute("BEGIN IMMEDIATE")
            assert store.check(secret)
            writer.execute("ROLLBACK")


def test_keys_of_the_same_second_are_listed_in_order(path: Path, clock: Clock) -> None:
    clock.now += timedelta(milliseconds=1)
    with closing(KeyStore(path, clock)) as store:
        made: list[Key] = []
        for _ in range(10):
            made.append(store.create("Kim", ["read"], timedelta(hours=1))[1])
            clock.now += timedelta(milliseconds=1)
        assert store.all() == made


def test_removing_the_database_revokes_all_keys(path: Path) -> None:
    with closing(KeyStore(path)) as store:
        secret, _ = store.create("Kim", ["read"])
        assert store.check(secret)
        path.unlink()
        assert store.check(secret) is None


def test_threads_share_a_store(path: Path) -> None:
    with closing(KeyStore(path)) as store:
        secret, kept = store.create("Kim", ["read"])
        meet = threading.Barrier(2, timeout=60)

        def check() -> list[bool]:
            meet.wait()
            return [store.check(secret) is not None for _ in range(100)]

        def change() -> list[bool]:
            meet.wait()
            outcomes: list[bool] = []
            for _ in range(10):
                other, key = store.create("Lee", ["ask"])
                outcomes.append(store.check(other) is not None)
                store.revoke(key.id)
                outcomes.append(store.check(other) is None)
            return outcomes

        with ThreadPoolExecutor(2) as pool:
            results = [future.result() for future in (pool.submit(check), pool.submit(change))]
        assert [all(result) for result in results] == [True, True]
        listed = store.all()
        assert [key.id for key in listed] == [kept.id]


def test_threads_with_stores_of_their_own_make_all_their_keys(path: Path) -> None:
    meet = threading.Barrier(2, timeout=60)

    def make(name: str) -> list[str]:
        with closing(KeyStore(path)) as store:
            meet.wait()
            return [store.create(name, ["read"])[0] for _ in range(10)]

    with ThreadPoolExecutor(2) as pool:
        made = [secret for secrets in pool.map(make, ["Kim", "Lee"]) for secret in secrets]
    with closing(KeyStore(path)) as store:
        assert len(store.all()) == 20
        assert all(store.check(secret) for secret in made)
