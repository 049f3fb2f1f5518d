"""Sharing and judging answers: the pages' forms, who may send them from where, and the page of a shared answer."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
from filelock import FileLock
from jinja2 import Environment, FileSystemLoader

from nonmun import Library
from nonmun.api.feedback import FeedbackStore
from nonmun.api.http import create_app
from nonmun.api.http.guard import KEY_COOKIE
from nonmun.api.keys import KeyStore
from nonmun.api.receipts.model import Made, Receipt
from nonmun.api.receipts.seal import Sealer
from nonmun.api.receipts.store import ReceiptStore
from nonmun.api.requests import AskRequest
from nonmun.api.web import FOLDER
from nonmun.api.web.texts import TEXTS, Texts

from ...conftest import bearer, running, served

KOREAN = {"accept-language": "ko", "accept": "text/html"}
ENGLISH = {"accept-language": "en", "accept": "text/html"}
JSON = {"accept": "application/json"}
QUESTION = "이미지를 패치로 잘라 트랜스포머에 넣는 논문은?"
OWN = {"sec-fetch-site": "same-origin"}
HOSTILE = "<script>alert(1)</script>"


def seal_of(library: Library, question: str = QUESTION, **fields: Any) -> str:
    request = AskRequest.from_input(question, **({"as_of": "2025-03-06"} | fields))
    made = Made.of(library.embedder.model_id, library.settings)
    sealed = Sealer(library.settings.data).seal(Receipt.of(library.answering.ask(request), request, made))
    assert sealed
    return sealed


@pytest.fixture(scope="module")
def seal(sample_library: Library) -> str:
    return seal_of(sample_library)


@pytest.fixture(scope="module")
def pages(sample_library: Library) -> Iterator[httpx.Client]:
    with served(sample_library) as client:
        yield client


@pytest.fixture(scope="module")
def shared(pages: httpx.Client, seal: str) -> str:
    response = pages.post("/answers", data={"answer": seal}, headers=ENGLISH)
    assert response.status_code == 303
    return response.headers["location"]


def text_of(response: httpx.Response) -> str:
    return unescape(re.sub(r"<[^>]+>", "", response.text))


# sharing


def test_a_shared_answer_has_a_page_of_its_own(
    pages: httpx.Client, seal: str, shared: str, sample_library: Library
) -> None:
    again = pages.post("/answers", data={"answer": seal}, headers=JSON)
    assert again.status_code == 201
    assert again.json() == {"id": shared.removeprefix("/answers/"), "href": shared}
    assert again.headers["location"] == shared
    answer = sample_library.ask(QUESTION)
    for headers, at in ((KOREAN, 0), (ENGLISH, 1)):
        response = pages.get(shared, headers=headers)
        assert response.status_code == 200
        assert response.headers["cache-control"] == "no-cache"
        text = text_of(response)
        for key in ("shared_answer", "provenance", "configuration", "replay"):
            assert TEXTS[key][at] in text
        for number, citation in enumerate(answer.citations, start=1):
            assert f'id="quotation-{number}"' in response.text
            assert citation.text_hash in text
        assert QUESTION in text
        assert "2025-03-06" in text
        assert sample_library.embedder.model_id in text
        assert "<script" not in response.text
        assert " style=" not in response.text


def test_a_shared_answer_for_programs_and_as_markdown(pages: httpx.Client, shared: str) -> None:
    content = pages.get(shared, headers=JSON).json()
    assert content["id"] == shared.removeprefix("/answers/")
    assert {check["state"] for check in content["checks"]} == {"held"}
    assert content["request"]["as_of"] == "2025-03-06"
    markdown = pages.get(f"{shared}.md")
    assert markdown.headers["content-type"] == "text/markdown; charset=utf-8"
    assert QUESTION in markdown.text


@pytest.mark.parametrize(
    ("export_format", "media_type", "part"),
    [
        ("markdown", "text/markdown", QUESTION),
        ("bibtex", "application/x-bibtex", "@"),
        ("ris", "application/x-research-info-systems", "TY  - "),
        ("csl-json", "application/vnd.citationstyles.csl+json", '"id"'),
    ],
)
def test_an_answer_is_exported_as_a_file(
    pages: httpx.Client, seal: str, export_format: str, media_type: str, part: str
) -> None:
    response = pages.post("/answers/export", data={"answer": seal, "format": export_format})
    assert response.status_code == 200
    assert response.headers["content-type"].startswith(media_type)
    assert response.headers["content-disposition"].startswith("attachment")
    assert part in response.text


@pytest.mark.parametrize("fields", [{"format": "docx"}, {"format": "markdown", "answer": "forged.signature"}, {}])
def test_an_export_of_nothing_is_refused(pages: httpx.Client, seal: str, fields: dict[str, str]) -> None:
    response = pages.post("/answers/export", data={"answer": seal} | fields, headers=JSON)
    assert response.status_code == 422
    assert "format" in response.json()["detail"] or "answer" in response.json()["detail"]


def test_asking_again_gives_the_same_answer(pages: httpx.Client, shared: str) -> None:
    assert TEXTS["replay_same"][0] in text_of(pages.get(f"{shared}?replay=1", headers=KOREAN))
    assert pages.get(f"{shared}?replay=1", headers=JSON).json()["replay"]["verdict"] == "same"


def test_asking_again_says_what_differs(sample_library: Library) -> None:
    other = sample_library.settings.model_copy(
        update={"search": sample_library.settings.search.model_copy(update={"lexicon": False})}
    )
    request = AskRequest.from_input(QUESTION, as_of="2025-03-06")
    answer = sample_library.answering.ask(request)
    fewer = replace(answer, segments=answer.segments[:-1], citations=answer.citations[:-1])
    made = Made.of(sample_library.embedder.model_id, other)
    sealed = Sealer(sample_library.settings.data).seal(Receipt.of(fewer, request, made))
    with served(sample_library) as client:
        href = client.post("/answers", data={"answer": sealed}, headers=JSON).json()["href"]
        response = client.get(f"{href}?replay=1", headers=KOREAN)
        text = text_of(response)
        assert TEXTS["replay_changed"][0] in text
        assert TEXTS["difference_configuration"][0] in text
        assert TEXTS["difference_model"][0] not in text
        assert "<ins>" in response.text


def test_removed_words_are_not_served(scratch: Library) -> None:
    sealed = seal_of(scratch, "attention")
    with served(scratch) as client:
        href = client.post("/answers", data={"answer": sealed}, headers=JSON).json()["href"]
        before = client.get(href, headers=JSON).json()
        citation = before["answer"]["citations"][0]
        scratch.remove(citation["paper_id"])
        for suffix, headers in (("", KOREAN), ("", JSON), (".md", {}), ("?replay=1", ENGLISH), ("?replay=1", JSON)):
            response = client.get(f"{href}{suffix}", headers=headers)
            assert response.status_code == 200
            shown = text_of(response) if headers != JSON else response.text
            assert json.dumps(citation["quote"], ensure_ascii=False)[1:-1] not in shown
            assert citation["quote"] not in shown
        page = text_of(client.get(f"{href}?replay=1", headers=KOREAN))
        assert TEXTS["quotation_gone"][0] in page
        assert TEXTS["replay_gone"][0] in page
        assert TEXTS["line_withheld"][0] in page


def test_a_written_answer_is_shared_as_it_was_shown(written: Library, models: Any, model_server: Any) -> None:
    question = "보상 모델 없이 선호에 맞추는 학습은?"
    answer = written.ask(question)
    assert answer.writer == "generated"
    with served(written) as client:
        page = client.get("/", params={"q": question}, headers=KOREAN)
        sealed = re.search(r'name="answer" value="([^"]+)"', page.text)
        assert sealed
        href = client.post("/answers", data={"answer": sealed[1]}, headers=JSON).json()["href"]
        shown = client.get(href, headers=JSON).json()["answer"]
        assert (shown["writer"], shown["answer"]) == ("generated", answer.answer)
        assert TEXTS["written"][0] in text_of(client.get(href, headers=KOREAN))
        model_server.behave = models.status(500)
        replay = client.get(f"{href}?replay=1", headers=JSON).json()["replay"]
        assert (replay["verdict"], replay["answer"]["writer"]) == ("changed", "extracted")


def test_hostile_words_are_text(sample_library: Library, pages: httpx.Client) -> None:
    sealed = seal_of(sample_library, f"BERT {HOSTILE}", history=[{"question": HOSTILE}])
    href = pages.post("/answers", data={"answer": sealed}, headers=JSON).json()["href"]
    response = pages.get(f"{href}?replay=1", headers=KOREAN)
    assert HOSTILE not in response.text
    assert HOSTILE in text_of(response)


@pytest.mark.parametrize("answer", ["", "x", "a.b", "x" * 200_000])
@pytest.mark.parametrize("path", ["/answers", "/feedback"])
def test_what_was_not_sealed_here_is_refused(pages: httpx.Client, path: str, answer: str) -> None:
    page = pages.post(path, data={"answer": answer, "kind": "useful"}, headers=KOREAN)
    assert page.status_code == 422
    assert 'role="alert"' in page.text
    response = pages.post(path, data={"answer": answer, "kind": "useful"}, headers=JSON)
    assert response.status_code == 422
    assert (response.json()["code"], response.json()["field"]) == ("invalid_input", "answer")


def test_bodies_are_bounded(pages: httpx.Client) -> None:
    assert pages.post("/answers", data={"answer": "x" * 400_000}).status_code == 413
    many = {f"field-{number}": "x" for number in range(30)}
    assert pages.post("/answers", data=many, headers=JSON).status_code == 422


@pytest.mark.parametrize("receipt_id", ["x", "0" * 32, "..%2Fkeys.sqlite", "x.md"])
def test_other_addresses_lead_nowhere(pages: httpx.Client, receipt_id: str) -> None:
    assert pages.get(f"/answers/{receipt_id}", headers=KOREAN).status_code == 404


def test_full_stores_are_told(sample_library: Library, seal: str, tmp_path: Path) -> None:
    app = create_app(sample_library)
    app.state.receipts, app.state.feedback = ReceiptStore(tmp_path, limit=0), FeedbackStore(tmp_path, limit=10)
    with running(app, proxy_headers=False) as (_, port), httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        fields = {"answer": seal, "kind": "useful"}
        body = {"question": "BERT", "kind": "useful"}
        responses = [
            client.post("/answers", data=fields, headers=JSON),
            client.post("/feedback", data=fields, headers=JSON),
            client.post("/v1/feedback", json=body),
        ]
        page = client.post("/answers", data=fields, headers=KOREAN)
    assert [(response.status_code, response.json()["code"]) for response in responses] == [(507, "full")] * 3
    assert "nonmun receipts remove" in responses[0].json()["detail"]
    assert page.status_code == 507
    assert 'role="alert"' in page.text


@pytest.fixture(scope="module")
def kept(sample_library: Library, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[httpx.Client, Path]]:
    """A service that stores in a folder of its own, for tests that damage or lock it."""
    folder, app = tmp_path_factory.mktemp("kept"), create_app(sample_library)
    app.state.receipts = ReceiptStore(folder, wait=0)
    app.state.feedback = FeedbackStore(folder, wait=0)
    with running(app, proxy_headers=False) as (_, port), httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        yield client, folder


def test_stores_that_others_hold_are_busy_and_reading_is_not(kept: tuple[httpx.Client, Path], seal: str) -> None:
    client, folder = kept
    fields = {"answer": seal, "kind": "useful"}
    assert client.post("/answers", data=fields, headers=JSON).status_code == 201
    (file,) = (folder / "receipts").glob("*.json")
    file.unlink()
    with FileLock(folder / "receipts" / ".lock"), FileLock(folder / "feedback.lock"):
        refused = [
            client.post("/answers", data=fields, headers=JSON),
            client.post("/feedback", data=fields, headers=JSON),
            client.post("/v1/feedback", json={"question": "BERT", "kind": "useful"}),
        ]
        pages = [client.post("/answers", data=fields, headers=headers) for headers in (KOREAN, ENGLISH)]
    for response in refused:
        assert (response.status_code, response.json()["code"]) == (409, "busy")
        assert response.headers["retry-after"] == "1"
        assert "stored" in response.json()["detail"]
    for at, page in enumerate(pages):
        assert page.status_code == 409
        assert TEXTS["failed_busy_answers"][at] in text_of(page)


def test_lookups_do_not_wait_behind_what_is_stored(sample_library: Library, seal: str, tmp_path: Path) -> None:
    app, held = create_app(sample_library), threading.Event()

    class Waiting(ReceiptStore):
        def add(self, receipt: Receipt, paper: Any) -> str:
            held.wait(60)
            return super().add(receipt, paper)

    app.state.receipts = Waiting(tmp_path)
    with (
        running(app, proxy_headers=False) as (_, port),
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client,
        ThreadPoolExecutor(8) as threads,
    ):
        try:
            sent = [threads.submit(client.post, "/answers", data={"answer": seal}, headers=JSON) for _ in range(8)]
            for path in ("/papers/1810.04805", "/digests", "/v1/papers/1810.04805"):
                assert client.get(path, headers=KOREAN).status_code == 200
            assert not any(future.done() for future in sent)
        finally:
            held.set()
        assert {future.result(60).status_code for future in sent} == {201}


def test_what_cannot_be_stored_is_told_as_such(
    sample_library: Library, seal: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    app = create_app(sample_library)
    app.state.receipts, app.state.feedback = ReceiptStore(tmp_path / "file"), FeedbackStore(tmp_path / "file")
    fields = {"answer": seal, "kind": "useful"}
    with running(app, proxy_headers=False) as (_, port), httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
        for response in (
            client.post("/answers", data=fields, headers=JSON),
            client.post("/feedback", data=fields, headers=JSON),
            client.post("/v1/feedback", json={"question": "BERT", "kind": "useful"}),
        ):
            assert (response.status_code, response.json()["code"]) == (503, "not_stored")
            assert "index" not in response.json()["detail"]
            assert str(tmp_path) not in response.text
        for at, headers in enumerate((KOREAN, ENGLISH)):
            page = client.post("/answers", data=fields, headers=headers)
            assert page.status_code == 503
            assert TEXTS["failed_not_stored"][at] in text_of(page)
    assert "an answer cannot be stored" in caplog.text
    assert str(tmp_path) in caplog.text


@pytest.mark.parametrize("damage", ["{}", "[" * 100_000, "\0"])
def test_a_damaged_answer_is_told_as_such(kept: tuple[httpx.Client, Path], seal: str, damage: str) -> None:
    client, folder = kept
    href = client.post("/answers", data={"answer": seal}, headers=JSON).json()["href"]
    file = folder / "receipts" / f"{href.removeprefix('/answers/')}.json"
    file.write_text(damage)
    response = client.get(href, headers=JSON)
    assert (response.status_code, response.json()["code"]) == (500, "unreadable")
    assert str(folder) not in response.text
    for at, headers in enumerate((KOREAN, ENGLISH)):
        page = client.get(href, headers=headers)
        assert page.status_code == 500
        assert TEXTS["failed_unreadable"][at] in text_of(page)
    assert client.post("/answers", data={"answer": seal}, headers=JSON).status_code == 201
    assert client.get(href, headers=JSON).status_code == 200


def test_conditions_that_were_taken_back_are_shown(sample_library: Library, pages: httpx.Client) -> None:
    sealed = seal_of(sample_library, "이번 주의 BERT 논문은?", ignore=["window", "spelling"])
    href = pages.post("/answers", data={"answer": sealed}, headers=JSON).json()["href"]
    for at, headers in enumerate((KOREAN, ENGLISH)):
        text = text_of(pages.get(href, headers=headers))
        for inference in ("window", "spelling"):
            assert TEXTS[f"ignored_{inference}"][at] in text
        assert TEXTS["ignored_papers"][at] not in text


def test_the_day_of_a_question_is_pinned_before_it_is_answered(
    sample_library: Library, pages: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Midnight passes while the question is answered."""
    monkeypatch.setattr("nonmun.api.http.pages.questions.today_in_seoul", lambda: date(2025, 3, 6))
    monkeypatch.setattr("nonmun.api.receipts.model.today_in_seoul", lambda: date(2025, 3, 7))
    page = pages.get("/", params={"q": "어제 나온 논문은?"}, headers=KOREAN)
    sealed = re.search(r'name="answer" value="([^"]+)"', page.text)
    assert sealed
    receipt = Sealer(sample_library.settings.data).unseal(sealed[1])
    assert receipt.request.as_of == date(2025, 3, 6)
    assert receipt.answer.interpretation.since == "2025-03-05"
    assert pages.post("/feedback", data={"answer": sealed[1], "kind": "useful"}, headers=JSON).status_code == 201
    assert FeedbackStore(sample_library.settings.data).all()[-1].as_of == date(2025, 3, 6)


def test_a_path_of_a_proxy_is_kept(sample_library: Library, seal: str) -> None:
    with served(sample_library, root_path="/papers") as client:
        location = client.post("/papers/answers", data={"answer": seal}, headers=KOREAN).headers["location"]
        assert location.startswith("/papers/answers/")
        assert client.get(location, headers=KOREAN).status_code == 200


# feedback


@pytest.mark.parametrize(("headers", "at"), [(KOREAN, 0), (ENGLISH, 1)])
def test_feedback_is_stored_and_thanked_for(
    pages: httpx.Client, sample_library: Library, seal: str, headers: dict[str, str], at: int
) -> None:
    note = f"두 번째 줄\r\n{HOSTILE}"
    fields = {"answer": seal, "kind": "wrong_quotation", "quotation": "1", "note": note}
    response = pages.post("/feedback", data=fields, headers=headers, follow_redirects=False)
    assert (response.status_code, response.headers["location"]) == (303, "/feedback")
    assert TEXTS["feedback_thanks"][at] in text_of(pages.get("/feedback", headers=headers))
    vote = FeedbackStore(sample_library.settings.data).all()[-1]
    citation = sample_library.ask(QUESTION).citations[0]
    assert (vote.kind, vote.question, vote.papers) == ("wrong_quotation", QUESTION, (citation.paper_id,))
    assert vote.note == note.replace("\r\n", "\n")
    assert vote.quotation
    assert (vote.quotation.chunk_id, vote.quotation.text_hash) == (citation.chunk_id, citation.text_hash)
    assert citation.quote not in (sample_library.settings.data / "feedback.jsonl").read_text("utf-8")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"kind": "nice"}, "kind"),
        ({}, "kind"),
        ({"kind": "useful", "quotation": "0"}, "quotation"),
        ({"kind": "useful", "quotation": "999"}, "quotation"),
        ({"kind": "useful", "quotation": "²"}, "quotation"),
        ({"kind": "useful", "quotation": "9" * 5_000}, "quotation"),
        ({"kind": "useful", "quotation": "-1"}, "quotation"),
        ({"kind": "useful", "note": "x" * 2_001}, "note"),
    ],
)
def test_wrong_feedback_names_its_field(pages: httpx.Client, seal: str, fields: dict[str, str], field: str) -> None:
    response = pages.post("/feedback", data={"answer": seal} | fields, headers=JSON)
    assert (response.status_code, response.json()["field"]) == (422, field)


def test_feedback_for_programs(pages: httpx.Client, seal: str) -> None:
    response = pages.post("/feedback", data={"answer": seal, "kind": "useful"}, headers=JSON)
    assert response.status_code == 201
    assert response.json()["kind"] == "useful"


@pytest.mark.parametrize("lang", ["ko", "en"])
def test_the_forms_are_shown_where_an_answer_is_sealed(lang: Any) -> None:
    loader = Environment(loader=FileSystemLoader(FOLDER / "templates"), autoescape=True)
    forms: Any = loader.get_template("share.html.j2").module
    texts = Texts(lang)
    for form in (forms.share_form, forms.feedback_form):
        assert not form(texts, "", "").strip()
        shown = str(form(texts, "/papers", '"><script>'))
        assert "<script>" not in shown
        assert 'action="/papers/' in shown
        assert 'method="post"' in shown
    shown = str(forms.feedback_form(texts, "", "seal", 3))
    labels = set(re.findall(r'<label for="([^"]+)"', shown))
    assert labels == set(re.findall(r'<(?:input|textarea) id="([^"]+)"', shown))
    assert 'max="3"' in shown


# who may send the forms from where


@pytest.fixture(scope="module")
def guarded(
    sample_library: Library, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[httpx.Client, KeyStore]]:
    with (
        closing(KeyStore(tmp_path_factory.mktemp("guarded") / "keys.sqlite")) as keys,
        served(sample_library, keys) as client,
    ):
        yield client, keys


def send(client: httpx.Client, path: str, seal: str, headers: dict[str, str]) -> int:
    fields = {"answer": seal, "kind": "useful"}
    return client.post(path, data=fields, headers=JSON | headers).status_code


def origin_of(client: httpx.Client) -> str:
    return f"http://{client.base_url.host}:{client.base_url.port}"


FOREIGN = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": ""},
    {"sec-fetch-site": "SAME-ORIGIN"},
    {"origin": "null"},
    {"origin": "https://example.org"},
    {"origin": "http://127.0.0.1"},  # another port
    {"origin": "http://[x"},
    {"origin": ""},
    {"sec-fetch-site": "cross-site", "origin": "{own}"},
]


@pytest.mark.parametrize("path", ["/answers", "/feedback"])
@pytest.mark.parametrize("headers", FOREIGN)
def test_pages_of_other_sites_may_not_send_forms(
    pages: httpx.Client, guarded: tuple[httpx.Client, KeyStore], seal: str, path: str, headers: dict[str, str]
) -> None:
    client, keys = guarded
    secret, _ = keys.create("Kim", ["ask", "feedback"])
    for server, more in ((pages, {}), (client, {"cookie": f"{KEY_COOKIE}={secret}"}), (client, bearer(secret))):
        named = {name: value.format(own=origin_of(server)) for name, value in headers.items()}
        response = server.post(path, data={"answer": seal, "kind": "useful"}, headers=named | more)
        assert response.status_code == 403, named
        assert response.json()["code"] == "unknown_origin"


@pytest.mark.parametrize("path", ["/answers", "/feedback"])
def test_own_pages_and_programs_send_forms_without_keys(pages: httpx.Client, seal: str, path: str) -> None:
    own = {"origin": origin_of(pages)}
    for headers in ({}, OWN, own, OWN | own, OWN | {"origin": "null"}, {"sec-fetch-site": "none"}):
        assert send(pages, path, seal, headers) == 201, headers


@pytest.mark.parametrize("path", ["/answers", "/feedback"])
def test_the_cookie_counts_for_forms_of_own_pages_only(
    guarded: tuple[httpx.Client, KeyStore], seal: str, path: str
) -> None:
    client, keys = guarded
    secret, _ = keys.create("Kim", ["ask", "feedback"])
    cookie = {"cookie": f"{KEY_COOKIE}={secret}"}
    assert send(client, path, seal, cookie | OWN) == 201
    assert send(client, path, seal, cookie | {"origin": origin_of(client)}) == 201
    for headers in (cookie, cookie | {"sec-fetch-site": "none"}, OWN, {"origin": origin_of(client)}, {}):
        assert send(client, path, seal, headers) == 401, headers
    assert send(client, path, seal, cookie | OWN | {"authorization": "Basic x"}) == 401
    assert send(client, path, seal, bearer(secret)) == 201
    wrong = {"cookie": f"{KEY_COOKIE}=nm_wrong"}
    assert send(client, path, seal, wrong | OWN) == 401


@pytest.mark.parametrize(("path", "scope"), [("/answers", "ask"), ("/feedback", "feedback")])
def test_forms_need_their_scope(guarded: tuple[httpx.Client, KeyStore], seal: str, path: str, scope: Any) -> None:
    client, keys = guarded
    for scopes, status in (([scope], 201), (["read", "metrics"], 403), (["admin"], 201)):
        secret, _ = keys.create("Kim", scopes)
        assert send(client, path, seal, OWN | {"cookie": f"{KEY_COOKIE}={secret}"}) == status


def test_the_cookie_changes_nothing_else(guarded: tuple[httpx.Client, KeyStore]) -> None:
    client, keys = guarded
    secret, _ = keys.create("Kim", ["admin"])
    headers = OWN | {"cookie": f"{KEY_COOKIE}={secret}", "origin": origin_of(client)}
    for method, path, body in (
        ("POST", "/v1/feedback", {"question": "BERT", "kind": "useful"}),
        ("POST", "/v1/ask", {"question": "BERT"}),
        ("POST", "/v1/entries", []),
        ("DELETE", "/v1/papers/1810.04805", None),
        ("PUT", "/answers", None),
        ("DELETE", "/feedback", None),
        ("POST", "/answers/x", None),
    ):
        assert client.request(method, path, json=body, headers=headers).status_code == 401, path


def test_the_page_needs_to_read_and_asking_again_to_ask(guarded: tuple[httpx.Client, KeyStore], seal: str) -> None:
    client, keys = guarded
    asker, reader = (bearer(keys.create("Kim", scopes)[0]) for scopes in (["ask"], ["read"]))
    href = client.post("/answers", data={"answer": seal}, headers=JSON | asker).json()["href"]
    assert client.get(href, headers=JSON | asker).status_code == 403
    page = client.get(href, headers=ENGLISH | reader)
    assert page.status_code == 200
    assert "replay=1" not in page.text
    response = client.get(f"{href}?replay=1", headers=JSON | reader)
    assert (response.status_code, response.json()["code"]) == (403, "forbidden")


def test_on_loopback_no_key_is_needed_but_through_a_proxy(sample_library: Library, tmp_path: Path, seal: str) -> None:
    with (
        closing(KeyStore(tmp_path / "keys.sqlite")) as keys,
        served(sample_library, keys, anonymous=("ask", "read", "feedback")) as client,
    ):
        for path in ("/answers", "/feedback"):
            assert send(client, path, seal, OWN) == 201
            assert send(client, path, seal, {"origin": "null"}) == 403
            assert send(client, path, seal, OWN | {"x-forwarded-for": "192.0.2.1"}) == 401
