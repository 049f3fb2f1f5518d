"""Asking in a browser: streamed answers, quotations in their place, conversations, faults, and the keyboard."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from nonmun import Library
from nonmun.api.feedback import FeedbackStore
from nonmun.api.web.texts import TEXTS

from ...conftest import served
from .conftest import Visiting

QUESTION = "이미지를 패치로 잘라 트랜스포머에 넣는 논문은?"
FOLLOW_UP = "그 논문의 한계는?"


@pytest.fixture(scope="module")
def service(sample_library: Library) -> Iterator[httpx.Client]:
    with served(sample_library) as client:
        yield client


def ko(key: str, **values: object) -> str:
    return TEXTS[key][0].format(**values)


def ask(page: Page, question: str) -> None:
    """Type a question, and wait for its answer."""
    page.locator("#q").fill(question)
    page.keyboard.press("Enter")
    answered(page, question)


def answered(page: Page, question: str) -> None:
    turn = page.locator("article.turn").filter(has=page.get_by_role("heading", level=1, name=question, exact=True))
    expect(turn.locator(".actions")).to_be_visible(timeout=120_000)


def shown(page: Page) -> list[str]:
    return page.locator("article.turn > h1").all_inner_texts()


@pytest.mark.parametrize("width", [360, 1280])
def test_a_quotation_opens_in_its_place(
    visiting: Visiting, service: httpx.Client, sample_library: Library, width: int
) -> None:
    answer = sample_library.ask(QUESTION)
    with visiting(service, width=width) as visit:
        page = visit.open()
        ask(page, QUESTION)
        quoted = page.locator(".answer q").all_inner_texts()
        assert len(quoted) == len({citation.quote for citation in answer.citations})
        links = page.locator(".answer sup a")
        assert links.count() == len(answer.citations)
        for at, citation in enumerate(answer.citations):
            links.nth(at).click()
            panel = page.get_by_role("dialog")
            mark = panel.locator("mark.quote")
            expect(mark.first).to_be_visible()
            text = "".join(mark.all_text_contents())
            assert _letters(text) == _letters(citation.quote)
            assert panel.evaluate("panel => panel.matches(':modal')") == (width < 960)
            expect(panel.get_by_role("heading", level=2)).to_be_focused()
            page.keyboard.press("Escape")
            expect(panel).to_have_count(0)
            expect(links.nth(at)).to_be_focused()


def _letters(text: str) -> str:
    return re.sub(r"\W", "", text)


def test_a_conversation_survives_a_reload_and_the_back_button(visiting: Visiting, service: httpx.Client) -> None:
    with visiting(service) as visit:
        page = visit.open()
        ask(page, QUESTION)
        first = page.url
        ask(page, FOLLOW_UP)
        assert shown(page) == [QUESTION, FOLLOW_UP]
        text = page.locator("article.turn").all_inner_texts()
        page.reload()
        expect(page.locator("article.turn")).to_have_count(2)
        assert page.locator("article.turn").all_inner_texts() == text
        page.go_back()
        expect(page.locator("article.turn")).to_have_count(1)
        assert page.url == first
        page.go_forward()
        expect(page.locator("article.turn")).to_have_count(2)
        page.go_back()
        page.go_back()
        expect(page.locator("article.turn")).to_have_count(0)
        expect(page.locator("#introduction")).to_be_visible()
        page.go_forward()
        assert shown(page) == [QUESTION]


def test_links_within_the_page_keep_the_conversation(visiting: Visiting, service: httpx.Client) -> None:
    with visiting(service) as visit:
        page = visit.open()
        ask(page, QUESTION)
        ask(page, FOLLOW_UP)
        page.evaluate("location.hash = '#content'")
        page.wait_for_function("history.state !== null")
        assert shown(page) == [QUESTION, FOLLOW_UP]
        page.go_back()
        assert shown(page) == [QUESTION, FOLLOW_UP]
        page.go_back()
        expect(page.locator("article.turn")).to_have_count(1)
        assert page.title() == ko("page_title", title=QUESTION)


def test_turns_without_an_answer_do_not_shift_the_history(visiting: Visiting, service: httpx.Client) -> None:
    held: list[Route] = []
    with visiting(service) as visit:
        page = visit.open()
        ask(page, QUESTION)
        page.route("**/ask/events?*", lambda route: route.continue_() if held else held.append(route))
        page.locator("#q").fill("멈출 질문")
        page.keyboard.press("Enter")
        page.get_by_role("button", name=ko("stop")).click()
        ask(page, "BERT의 결과는?")
        ask(page, FOLLOW_UP)
        page.go_back()
        expect(page.locator("article.turn")).to_have_count(2)
        assert shown(page) == [QUESTION, "BERT의 결과는?"]


def test_a_choice_of_language_keeps_the_conversation(visiting: Visiting, service: httpx.Client) -> None:
    with visiting(service) as visit:
        page = visit.open()
        ask(page, QUESTION)
        ask(page, FOLLOW_UP)
        page.get_by_role("link", name="English").click()
        expect(page.get_by_text(TEXTS["follow_up"][1])).to_be_visible()
        assert shown(page) == [QUESTION, FOLLOW_UP]


def test_removed_words_are_withheld_from_kept_answers(
    visiting: Visiting, library_to_judge: tuple[Library, httpx.Client]
) -> None:
    library, client = library_to_judge
    with visiting(client) as visit:
        page = visit.open()
        ask(page, QUESTION)
        citation = library.ask(QUESTION).citations[0]
        words = page.locator(".answer q").first.inner_text()
        library.remove(citation.paper_id)
        ask(page, "BERT의 결과는?")
        page.reload()
        expect(page.locator("article.turn").first).not_to_contain_text(words)
        expect(page.get_by_text(ko("line_withheld")).first).to_be_visible()
        assert words not in page.evaluate("JSON.stringify(localStorage)")


def test_a_link_gives_the_same_answer_to_another_reader(visiting: Visiting, service: httpx.Client) -> None:
    with visiting(service) as visit:
        page = visit.open()
        ask(page, QUESTION)
        ask(page, FOLLOW_UP)
        link, text = page.url, page.locator("article.turn .answer").last.inner_text()
    with visiting(service) as visit:
        page = visit.open(link)
        assert shown(page) == [FOLLOW_UP]
        page.get_by_text(ko("conversation"), exact=True).click()
        expect(page.get_by_role("listitem").get_by_text(QUESTION)).to_be_visible()
        assert page.locator(".answer").inner_text() == text
    with visiting(service, java_script_enabled=False) as visit:
        page = visit.open(link)
        assert [line for line in page.locator(".answer").inner_text().split("\n") if line] == [
            line for line in text.split("\n") if line
        ]


def test_conversations_are_kept_and_forgotten(visiting: Visiting, service: httpx.Client) -> None:
    with visiting(service) as visit:
        page = visit.open()
        ask(page, QUESTION)
        ask(page, FOLLOW_UP)
        page.goto("/")
        page.get_by_text(ko("conversations")).click()
        page.get_by_role("link", name=QUESTION).click()
        assert shown(page) == [QUESTION, FOLLOW_UP]
        page.goto("/")
        page.get_by_text(ko("conversations"), exact=True).click()
        page.get_by_role("button", name=ko("forget")).click()
        expect(page.get_by_text(ko("conversations"))).to_have_count(0)
        assert page.evaluate("Object.keys(localStorage)") == []


def test_two_tabs_lose_nothing_of_a_conversation(visiting: Visiting, service: httpx.Client) -> None:
    with visiting(service) as visit:
        page = visit.open()
        ask(page, QUESTION)
        state = page.evaluate("history.state")
        other = visit.another_page()
        other.goto(page.url)
        other.evaluate("state => history.replaceState(state, '')", state)
        other.reload()
        ask(page, FOLLOW_UP)
        ask(other, "BERT의 결과는?")
        stored = page.evaluate(
            "Object.values(localStorage).map(value => JSON.parse(value).answers.map(a => a.question))"
        )
        assert [QUESTION, "BERT의 결과는?"] in stored
        assert [QUESTION, FOLLOW_UP] in stored


def test_what_was_understood_can_be_taken_back(visiting: Visiting, service: httpx.Client) -> None:
    with visiting(service) as visit:
        page = visit.open()
        ask(page, "BERT의 한계는?")
        section = f"{ko('section')}: {ko('section_limitations')}"
        expect(page.locator(".chips")).to_contain_text(section)
        page.get_by_role("link", name=ko("remove_filter", what=section)).click()
        expect(page.get_by_role("heading", level=1, name="BERT의 한계는?")).to_be_focused()
        expect(page.locator(".chips")).not_to_contain_text(section)
        answered(page, "BERT의 한계는?")
        assert "ignore=section" in page.url
        page.go_back()
        expect(page.locator(".chips")).to_contain_text(section)


def test_a_condition_that_was_taken_back_stays_away(
    visiting: Visiting, service: httpx.Client, sample_library: Library
) -> None:
    day = sample_library.status().days[1]
    with visiting(service) as visit:
        page = visit.open()
        page.get_by_text(ko("filters"), exact=True).click()
        page.get_by_label(ko("since")).fill(day)
        ask(page, "transformer 논문은?")
        page.get_by_role("link", name=ko("remove_filter", what=f"{ko('since')}: {day}")).click()
        answered(page, "transformer 논문은?")
        ask(page, FOLLOW_UP)
        assert "since=" not in page.url
        page.go_back()
        page.go_back()
        expect(page.locator("#since")).to_have_value(day)


def test_filters_hold_for_a_conversation(visiting: Visiting, service: httpx.Client, sample_library: Library) -> None:
    day = sample_library.status().days[1]
    with visiting(service) as visit:
        page = visit.open()
        page.get_by_text(ko("filters"), exact=True).click()
        page.get_by_label(ko("since")).fill(day)
        page.get_by_label(ko("source")).select_option("abstract")
        for question in ("transformer 논문은?", "attention 논문은?"):
            ask(page, question)
            assert f"since={day}" in page.url
            assert "source=abstract" in page.url
        hrefs = page.locator(".quotations a").evaluate_all("links => links.map(link => link.getAttribute('href'))")
        assert hrefs
        assert all("entry=abstract" in href for href in hrefs)


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "busy": ({"status": 503, "json": {"detail": "busy"}}, "busy"),
    "too many": ({"status": 429, "json": {"detail": "slow down"}}, "busy"),
    "signed out": ({"status": 401, "json": {"detail": "key"}}, "signed_out"),
    "cut off": (
        {
            "content_type": "text/event-stream",
            "body": "".join(
                f"event: {name}\ndata: {json.dumps(data)}\n\n"
                for name, data in [
                    ("reading", {"chips": [], "papers": 3}),
                    (
                        "line",
                        {
                            "at": 0,
                            "line": {
                                "kind": "text",
                                "text": "first words",
                                "paper_id": "",
                                "days": "",
                                "numbers": [],
                                "is_indented": False,
                                "note": "",
                            },
                            "quotations": [],
                        },
                    ),
                ]
            ),
        },
        "cut_off",
    ),
    "shut down": (
        {
            "content_type": "text/event-stream",
            "body": f"event: error\ndata: {json.dumps({'status': 503, 'detail': 'the service ends'})}\n\n",
        },
        "cut_off",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_are_told_and_nothing_is_lost(visiting: Visiting, service: httpx.Client, fault: str) -> None:
    reply, message = FAULTS[fault]
    with visiting(service) as visit:
        page = visit.open()
        ask(page, QUESTION)
        page.route("**/ask/events?*", lambda route: route.fulfill(**reply))
        page.locator("#q").fill(FOLLOW_UP)
        page.keyboard.press("Enter")
        alert = page.get_by_role("alert")
        expect(alert).to_contain_text(ko(message))
        assert shown(page) == [QUESTION, FOLLOW_UP]
        if fault == "cut off":
            expect(page.locator(".answer").last).to_have_text(re.compile("first words"))
        page.unroute("**/ask/events?*")
        if message == "signed_out":
            link = page.get_by_role("link", name=ko("sign_in"))
            assert "/login?next=" in (link.get_attribute("href") or "")
            return
        page.get_by_role("button", name=ko("retry")).click()
        answered(page, FOLLOW_UP)
        assert shown(page) == [QUESTION, FOLLOW_UP]
        expect(alert).to_have_count(0)


def test_a_written_answer_names_the_words_that_no_paper_holds(visiting: Visiting, service: httpx.Client) -> None:
    events = service.get("/ask/events", params={"q": QUESTION}).text
    done = json.loads(events.rpartition("event: done\ndata: ")[2])
    done |= {"is_written": True, "unsupported": ["GPT-5"]}
    reply = f"event: done\ndata: {json.dumps(done)}\n\n"
    with visiting(service) as visit:
        page = visit.open()
        page.route("**/ask/events?*", lambda route: route.fulfill(content_type="text/event-stream", body=reply))
        ask(page, QUESTION)
        expect(page.get_by_text(ko("unsupported", words="GPT-5"))).to_be_visible()


def test_a_server_that_is_gone_is_told(visiting: Visiting, sample_library: Library) -> None:
    with served(sample_library) as client, visiting(client) as visit:
        page = visit.open()
        ask(page, QUESTION)
        page.route("**/ask/events?*", lambda route: route.abort("connectionrefused"))
        page.locator("#q").fill(FOLLOW_UP)
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_contain_text(ko("unreachable"))
        visit.context.set_offline(True)
        expect(page.get_by_text(ko("offline"))).to_be_visible()
        page.get_by_role("button", name=ko("retry")).click()
        expect(page.locator("article.turn").get_by_role("alert")).to_contain_text(ko("offline"))
        assert shown(page) == [QUESTION, FOLLOW_UP]
        visit.context.set_offline(False)
        expect(page.get_by_text(ko("offline"))).to_have_count(1)  # what the retry said
        page.unroute_all()
        page.get_by_role("button", name=ko("retry")).click()
        answered(page, FOLLOW_UP)


def test_a_slow_answer_can_be_stopped(visiting: Visiting, service: httpx.Client) -> None:
    held: list[Route] = []
    with visiting(service) as visit:
        page = visit.open()
        page.route("**/ask/events?*", lambda route: held.append(route))
        page.locator("#q").fill(QUESTION)
        page.keyboard.press("Enter")
        expect(page.get_by_role("progressbar")).to_be_visible()
        page.get_by_role("button", name=ko("stop")).click()
        expect(page.get_by_role("alert")).to_contain_text(ko("stopped"))
        page.unroute("**/ask/events?*")
        page.get_by_role("button", name=ko("retry")).click()
        answered(page, QUESTION)
        # The first question waits for its answer when the second is asked.
        page.route("**/ask/events?*", lambda route: route.continue_() if len(held) > 1 else held.append(route))
        page.locator("#q").fill("첫 질문")
        page.keyboard.press("Enter")
        expect(page.get_by_role("progressbar")).to_be_visible()
        ask(page, FOLLOW_UP)
        assert shown(page) == [QUESTION, "첫 질문", FOLLOW_UP]
        expect(page.get_by_role("alert")).to_contain_text(ko("stopped"))


def test_a_full_storage_is_told(visiting: Visiting, service: httpx.Client) -> None:
    with visiting(service) as visit:
        visit.context.add_init_script(
            "Storage.prototype.setItem = () => { throw new DOMException('full', 'QuotaExceededError'); };"
        )
        page = visit.open()
        ask(page, QUESTION)
        expect(page.get_by_text(ko("storage_full"))).to_be_visible()
        ask(page, FOLLOW_UP)
        assert shown(page) == [QUESTION, FOLLOW_UP]


def test_damaged_storage_is_ignored(visiting: Visiting, service: httpx.Client) -> None:
    with visiting(service) as visit:
        page = visit.open()
        for value in (
            "{",
            "null",
            "[]",
            '{"answers": 3}',
            '{"id": "a", "answers": [{"query": 1}]}',
            '{"answers": [null]}',
        ):
            page.evaluate("value => localStorage.setItem('nonmun:conversation:a', value)", value)
            page.evaluate("history.replaceState({conversation: 'a', length: 1}, '')")
            page.reload()
            expect(page.locator("#q")).to_be_visible()
            ask(page, QUESTION)
            assert shown(page) == [QUESTION]
            page.goto("/")


def test_copies_with_citations(visiting: Visiting, service: httpx.Client, sample_library: Library) -> None:
    answer = sample_library.ask(QUESTION)
    with visiting(service, permissions=["clipboard-read", "clipboard-write"]) as visit:
        page = visit.open()
        ask(page, QUESTION)
        page.get_by_role("button", name=ko("copy")).click()
        expect(page.get_by_text(ko("copied"))).to_be_visible()
        text = page.evaluate("navigator.clipboard.readText()")
        assert text.startswith(QUESTION)
        for number, citation in enumerate(answer.citations, start=1):
            assert f"[{number}] “" in text
            assert not citation.trust or TEXTS[f"trust_{citation.trust}"][0] in text
            assert f"https://arxiv.org/abs/{citation.paper_id}" in text
            assert f"{service.base_url.join('/papers/')}{citation.paper_id}" in text


def test_an_answer_is_shared_exported_and_judged(
    visiting: Visiting, library_to_judge: tuple[Library, httpx.Client]
) -> None:
    library, client = library_to_judge
    with visiting(client) as visit:
        page = visit.open()
        ask(page, QUESTION)
        text = page.locator(".answer").inner_text()
        page.get_by_role("button", name=ko("share")).click()
        link = page.locator("p[role=status] a")
        expect(link).to_be_visible()
        for name, suffix, part in [("BibTeX", ".bib", "@"), ("RIS", ".ris", "TY  - "), ("Markdown", ".md", QUESTION)]:
            with page.expect_download() as download:
                page.get_by_role("button", name=name).click()
            assert download.value.suggested_filename.endswith(suffix)
            assert part in download.value.path().read_text("utf-8")
        page.get_by_text(ko("feedback"), exact=True).click()
        page.get_by_label(ko("feedback_wrong_quotation")).check()
        page.get_by_label(ko("feedback_quotation")).fill("1")
        page.get_by_label(ko("feedback_note")).fill("두 번째 문장이 더 맞아요")
        page.get_by_role("button", name=ko("feedback_send")).click()
        expect(page.get_by_text(ko("feedback_thanks"))).to_be_visible()
        href = link.get_attribute("href") or ""
        page.goto(href)
        shared = page.locator("main").inner_text()
        for line in filter(None, text.split("\n")):
            assert line.strip() in shared
        page.goto(f"{href}?replay=1")
        expect(page.get_by_role("heading", level=1)).to_contain_text(QUESTION)
    (vote,) = FeedbackStore(library.settings.data).all()
    assert (vote.kind, vote.note) == ("wrong_quotation", "두 번째 문장이 더 맞아요")
    first = library.ask(QUESTION).citations[0]
    assert vote.quotation
    assert (vote.quotation.chunk_id, vote.quotation.start, vote.quotation.end) == (
        first.chunk_id,
        first.start,
        first.end,
    )


@pytest.fixture
def library_to_judge(scratch: Library) -> Iterator[tuple[Library, httpx.Client]]:
    with served(scratch) as client:
        yield scratch, client


def test_asks_by_keyboard_alone(visiting: Visiting, service: httpx.Client) -> None:
    with visiting(service) as visit:
        page = visit.open()
        page.keyboard.press("/")
        expect(page.locator("#q")).to_be_focused()
        page.keyboard.type(QUESTION)
        page.keyboard.press("Enter")
        answered(page, QUESTION)
        _tab_to(page, ".answer sup a")
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog").locator("mark.quote").first).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        with page.expect_download():
            _tab_to(page, ".exports button", name="BibTeX")
            page.keyboard.press("Enter")
        _tab_to(page, "summary", name=ko("filters"))
        page.keyboard.press("Enter")
        _tab_to(page, "#source")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("/")
        assert page.locator("#source").input_value() == "summary"
        page.locator("#source").evaluate("element => element.blur()")
        page.keyboard.press("/")
        page.keyboard.type(FOLLOW_UP)
        page.keyboard.press("Enter")
        answered(page, FOLLOW_UP)
        assert "source=summary" in page.url


def _tab_to(page: Page, selector: str, name: str = "") -> None:
    """Press the tab key until an element has the focus."""
    for _ in range(200):
        page.keyboard.press("Tab")
        if page.evaluate(
            "([selector, name]) => document.activeElement.matches(selector)"
            " && document.activeElement.textContent.includes(name)",
            [selector, name],
        ):
            return
    raise AssertionError(f"the tab key does not reach {selector}")


def test_tree_of_a_screen_reader(visiting: Visiting, service: httpx.Client) -> None:
    with visiting(service) as visit:
        page = visit.open()
        ask(page, QUESTION)
        tree = page.locator("#content").aria_snapshot()
        assert f'heading "{QUESTION}" [level=1]' in tree
        for part in (ko("citations"), ko("follow_up"), ko("filters"), ko("send"), ko("copy")):
            assert part in tree
        assert f'link "{ko("citation", number=1)}"' in tree
        expect(page.get_by_role("status").filter(has_text=re.compile("인용 [0-9]+개"))).to_have_count(1)
        page.locator(".answer sup a").first.click()
        expect(page.locator("dialog mark.quote").first).to_be_visible()
        panel = page.get_by_role("dialog").aria_snapshot()
        assert f'button "{ko("close")}"' in panel
        assert "dialog" in panel
