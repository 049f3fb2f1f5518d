"""The client of a language model's server: bounded replies, and messages without the key or a password."""

from __future__ import annotations

import base64
import gzip
import html
import json
import logging
from collections.abc import Callable
from urllib.parse import quote

import pytest

from nonmun import ConfigError, LLMError
from nonmun.api.llm import ChatModel, ReplyError
from nonmun.api.llm.base import MAX_REPLY

from ..model_server import Behaviour, Exchange, ModelServer, sending, status

KEY = 'sk-top/secret+key=&<1>"'
PASSWORD = "p4ss/w@rd"
QUESTION = [{"role": "user", "content": "?"}]
BASIC = base64.b64encode(f"kim:{PASSWORD}".encode()).decode()
ECHOED = {  # what a server may echo, and a part that no message may hold
    KEY: "sk-t",
    quote(KEY, safe=""): "sk-t",
    html.escape(KEY): "sk-t",
    PASSWORD: "p4ss",
    quote(PASSWORD, safe=""): "p4ss",
    BASIC: BASIC[:4],
    f"http://kim:{PASSWORD}@127.0.0.1/v1": "kim",
}


def completion(content: object) -> bytes:
    return json.dumps({"choices": [{"message": {"role": "assistant", "content": content}}]}).encode()


def json_reply(body: bytes) -> Behaviour:
    return sending(body, content_type="application/json")


def with_credentials(url: str) -> str:
    return url.replace("http://", f"http://kim:{quote(PASSWORD, safe='')}@")


def complete(chat: ChatModel) -> str:
    return chat.complete(QUESTION, max_tokens=7)


def stream(chat: ChatModel) -> str:
    return "".join(chat.open_reply(QUESTION))


def fill(exchange: Exchange, head: bytes, piece: bytes) -> None:
    exchange.send(head)
    while True:
        exchange.send(piece)


def endless_completion(exchange: Exchange) -> None:
    exchange.begin(content_type="application/json")
    fill(exchange, b'{"choices": [{"message": {"content": "', b"x" * 65_536)


def endless_error(exchange: Exchange) -> None:
    exchange.begin(400, "text/plain")
    fill(exchange, b"no: ", b"x" * 65_536)


def endless_blank(exchange: Exchange) -> None:
    exchange.begin(content_type="text/html")
    fill(exchange, b"", b" " * 65_536)


def compressed(exchange: Exchange) -> None:
    exchange.begin(content_type="application/json", content_encoding="gzip")
    exchange.send(gzip.compress(b" " * 50_000_000 + completion("Well?")))


# --- bounds


@pytest.mark.parametrize(
    ("behave", "words"),
    [
        (endless_completion, "the reply exceeds 1,000,000 bytes"),
        (endless_blank, "the reply exceeds 1,000,000 bytes"),
        (endless_error, "400 no: xxx"),
    ],
)
def test_stops_reading_what_does_not_end(model_server: ModelServer, behave: Behaviour, words: str) -> None:
    model_server.behave = behave
    with pytest.raises(LLMError, match=words) as error:
        complete(ChatModel(model_server.url, "m", timeout=300))
    assert len(str(error.value)) < 500
    assert model_server.disconnected.wait(120), "the connection is closed"
    assert len(model_server.requests) == 1, "another attempt would not help"


def test_bounds_the_content_of_a_reply(model_server: ModelServer) -> None:
    model_server.behave = json_reply(completion("x" * MAX_REPLY))
    assert complete(ChatModel(model_server.url, "m")) == "x" * MAX_REPLY
    model_server.behave = json_reply(completion("x" * (MAX_REPLY + 1)))
    with pytest.raises(LLMError, match=f"exceeds {MAX_REPLY:,} characters"):
        complete(ChatModel(model_server.url, "m"))


@pytest.mark.parametrize("ask", [complete, stream])
def test_does_not_decompress_a_reply(model_server: ModelServer, ask: Callable[[ChatModel], str]) -> None:
    model_server.behave = compressed
    with pytest.raises(LLMError, match="compressed"):
        ask(ChatModel(model_server.url, "m", timeout=300))


def test_asks_for_replies_that_are_not_compressed(model_server: ModelServer) -> None:
    asked: list[str] = []

    def behave(exchange: Exchange) -> None:
        asked.append(exchange.handler.headers["accept-encoding"])
        json_reply(completion("Well?"))(exchange)

    model_server.behave = behave
    chat = ChatModel(model_server.url, "m")
    assert (complete(chat), stream(chat)) == ("Well?", "Well?")
    assert asked == ["identity", "identity"]


def test_bounds_the_time_of_a_reply_that_never_pauses(model_server: ModelServer) -> None:
    def drip(exchange: Exchange) -> None:
        exchange.begin(content_type="application/json")
        while not exchange.wait_for_disconnect(0.05):
            exchange.send(b" ")
        model_server.disconnected.set()

    model_server.behave = drip
    with pytest.raises(LLMError, match=r"more than 0\.5 s \(llm_timeout\)"):
        complete(ChatModel(model_server.url, "m", timeout=0.5, retries=0))
    assert model_server.disconnected.wait(120)


# --- secrets


@pytest.mark.parametrize("ask", [complete, stream])
@pytest.mark.parametrize(("secret", "part"), ECHOED.items())
@pytest.mark.parametrize("before", [0, 195], ids=["whole", "at the cut"])
def test_masks_the_secrets_that_a_server_echoes(
    model_server: ModelServer, ask: Callable[[ChatModel], str], secret: str, part: str, before: int
) -> None:
    chat = ChatModel(with_credentials(model_server.url), "m", KEY)
    padding = "x" * before + " "
    for body in ({"error": {"message": f"{padding}{secret} is wrong"}}, {"detail": f"{padding}{secret} is wrong"}):
        model_server.behave = status(401, body)
        with pytest.raises(LLMError) as error:
            ask(chat)
        assert "401" in str(error.value)
        assert part not in str(error.value)


def test_masks_the_secrets_in_an_error_in_mid_stream(model_server: ModelServer) -> None:
    event = {"error": {"message": f"the key {KEY} has expired"}}
    model_server.behave = sending(f"data: {json.dumps(event)}\n\n".encode())
    with pytest.raises(ReplyError, match=r"the key \*\*\* has expired"):
        stream(ChatModel(model_server.url, "m", KEY))


def test_keeps_what_is_not_secret(model_server: ModelServer) -> None:
    message = "no model m at http://127.0.0.1/v1, ask admin@example.org; a key is x"
    model_server.behave = status(404, {"error": {"message": message}})
    with pytest.raises(LLMError) as error:
        complete(ChatModel(model_server.url, "m", "x"))
    assert message in str(error.value)
    assert f"{model_server.url}: m did not reply (404 " in str(error.value)


@pytest.mark.parametrize("behave", [sending(b"<html>", content_type="text/html"), json_reply(completion(" "))])
def test_no_message_holds_the_password_of_the_url(model_server: ModelServer, behave: Behaviour) -> None:
    model_server.behave = behave
    with pytest.raises(LLMError) as error:
        complete(ChatModel(with_credentials(model_server.url), "m"))
    assert model_server.url in str(error.value)
    assert "kim" not in str(error.value)
    assert "p4ss" not in str(error.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://kim:p4ss/w@rd@127.0.0.1/v1",
        "http://kim:p4ss@",
        "htp://kim:p4ss@127.0.0.1/v1",
        "kim:p4ss@127.0.0.1/v1",
        "p4ss-token@127.0.0.1",
        "http://p4ss-token@",
    ],
)
def test_an_invalid_url_is_named_without_its_password(url: str) -> None:
    with pytest.raises(ConfigError, match=r"llm_url is '.*\*\*\*.*', no HTTP URL") as error:
        ChatModel(url, "m")
    assert "p4ss" not in str(error.value)


def test_a_password_that_looks_like_a_path_is_not_shown() -> None:
    """`1` is a valid port, so that the rest of the password is a valid path."""
    with pytest.raises(LLMError, match=r"http://\*\*\*@127\.0\.0\.1/v1: m did not reply") as error:
        complete(ChatModel("http://localhost:1/p4ss@127.0.0.1/v1", "m", retries=0))
    assert "p4ss" not in str(error.value)


def test_sends_the_credentials_of_the_url_and_logs_none(
    model_server: ModelServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    model_server.behave = json_reply(completion("Well?"))
    chat = ChatModel(with_credentials(model_server.url), "m")
    assert (complete(chat), stream(chat)) == ("Well?", "Well?")
    assert model_server.keys == [f"Basic {BASIC}"] * 2
    assert any(record.name == "httpx" for record in caplog.records)
    for secret in ("p4ss", BASIC):
        assert secret not in caplog.text
