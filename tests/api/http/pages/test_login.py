"""Signing in: with keys on, a browser is sent to a form, and its cookie counts for nothing that changes anything."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from nonmun import Library
from nonmun.api.keys import KeyStore

from ...conftest import served

BROWSER = {"accept": "text/html,application/xhtml+xml"}


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    return KeyStore(tmp_path / "keys.json")


@pytest.fixture
def client(sample_library: Library, store: KeyStore) -> Iterator[httpx.Client]:
    with served(sample_library, keys=store) as client:
        yield client


def sign_in(client: httpx.Client, secret: str, target: str = "/digests") -> httpx.Response:
    return client.post("/login", data={"key": secret, "next": target})


def test_a_browser_is_sent_to_the_form_and_back(client: httpx.Client, store: KeyStore) -> None:
    secret, _ = store.create("reader", ("read", "ask"))
    sent = client.get("/search?q=BERT", headers=BROWSER)
    assert sent.status_code == 303
    form = client.get(sent.headers["location"], headers=BROWSER)
    assert form.status_code == 200
    assert 'value="/search?q=BERT"' in form.text
    done = sign_in(client, secret, "/search?q=BERT")
    assert (done.status_code, done.headers["location"]) == (303, "/search?q=BERT")
    cookie = done.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert client.get("/search?q=BERT", headers=BROWSER).status_code == 200
    assert client.get("/static/style.css").status_code == 200
    client.get("/logout")
    assert client.get("/search?q=BERT", headers=BROWSER).status_code == 303


def test_programs_are_told_by_status(client: httpx.Client) -> None:
    assert client.get("/digests").status_code == 401
    assert client.get("/v1/digests", headers={"accept": "application/json"}).status_code == 401


def test_the_cookie_changes_nothing(client: httpx.Client, store: KeyStore) -> None:
    secret, _ = store.create("operator", ("read", "ask", "admin"))
    sign_in(client, secret)
    assert client.get("/v1/digests").status_code == 200
    assert client.post("/v1/search", json={"question": "BERT"}).status_code == 401
    assert client.delete("/v1/papers/1810.04805").status_code == 401


def test_wrong_and_revoked_keys_are_refused(client: httpx.Client, store: KeyStore) -> None:
    assert sign_in(client, "nm_wrong").status_code == 401
    secret, key = store.create("reader", ("read",))
    sign_in(client, secret)
    assert client.get("/digests").status_code == 200
    assert client.get("/", headers=BROWSER).status_code == 403  # asking needs another scope
    store.revoke(key.id)
    assert client.get("/digests").status_code == 401


@pytest.mark.parametrize("target", ["//example.org", "https://example.org", "/\\example.org", "", "/a\r\nx: y"])
def test_leads_to_no_other_site(client: httpx.Client, store: KeyStore, target: str) -> None:
    secret, _ = store.create("reader", ("read",))
    assert sign_in(client, secret, target).headers["location"] == "/"
