"""Every page in a browser: axe finds nothing, the content policy holds, and pictures are kept for a person to look at.

The pictures are in `.nonmun/screenshots`; nothing compares them.
"""

from __future__ import annotations

import gzip
import itertools
from collections.abc import Callable, Iterator, Mapping

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from nonmun import Library
from nonmun.api.web.texts import TEXTS

from ...conftest import served
from .conftest import SCREENSHOTS, Visiting

QUESTION = "이미지를 패치로 잘라 트랜스포머에 넣는 논문은?"
WIDTHS, SCHEMES, LANGUAGES = (360, 768, 1280), ("light", "dark"), ("ko-KR", "en-US")
# Each width, scheme and language, and each pair of them but two; all twelve are slow.
FEW = {(360, "light", "ko-KR"), (360, "dark", "en-US"), (768, "light", "en-US"), (1280, "dark", "ko-KR")}
COMBINATIONS = [
    pytest.param(*case, marks=() if case in FEW else pytest.mark.slow, id="-".join(map(str, case)))
    for case in itertools.product(WIDTHS, SCHEMES, LANGUAGES)
]
MOST_PAGE_BYTES = 150_000
MOST_SCRIPT_BYTES = 40_000


@pytest.fixture(scope="module")
def service(sample_library: Library) -> Iterator[httpx.Client]:
    with served(sample_library) as client:
        yield client


@pytest.fixture(scope="module")
def paths(sample_library: Library) -> Mapping[str, str]:
    """The pages by name."""
    answer = sample_library.ask(QUESTION)
    citation = answer.citations[0]
    entry = citation.entry or "abstract"
    place = f"entry={entry}&start={citation.source_start}&end={citation.source_end}"
    day = sample_library.status().days[0]
    return {
        "start": "/",
        "answer": f"/?q={QUESTION}",
        "refusal": "/?q=양자 컴퓨터로 김치를 담그는 논문은?",
        "search": f"/search?q={QUESTION}",
        "why": f"/search?q={QUESTION}&why=1",
        "paper": f"/papers/{citation.paper_id}?similar=1",
        "place": f"/papers/{citation.paper_id}?{place}",
        "days": "/digests",
        "day": f"/digests/{day}",
        "week": "/weeks/2025-W10",
        "status": "/status",
        "sign in": "/login",
        "error": "/papers/2001.00001",
    }


def keep_picture(page: Page, name: str, case: str) -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name.replace(' ', '-')}-{case}.png", full_page=True)


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {node['html']} {node['failureSummary']}" for one in found for node in one["nodes"]]


@pytest.mark.parametrize(("width", "scheme", "lang"), COMBINATIONS)
def test_axe_finds_nothing_on_any_page(
    visiting: Visiting, service: httpx.Client, paths: Mapping[str, str], width: int, scheme: str, lang: str
) -> None:
    with visiting(service, lang=lang, width=width, color_scheme=scheme) as visit:
        for name, path in paths.items():
            page = visit.open(path)
            keep_picture(page, name, f"{width}-{scheme}-{lang[:2]}")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} is wider than {width}"
            visit.check()
            assert violations(page) == [], name


STATES: Mapping[str, Callable[[Page], None]] = {
    "streaming": lambda page: expect(page.get_by_role("progressbar")).to_be_visible(),
    "failed": lambda page: expect(page.get_by_role("alert")).to_be_visible(),
    "answered": lambda page: expect(page.locator(".actions")).to_be_visible(),
}


@pytest.mark.parametrize(("width", "scheme", "lang"), COMBINATIONS)
def test_axe_finds_nothing_in_any_state(
    visiting: Visiting, service: httpx.Client, width: int, scheme: str, lang: str
) -> None:
    case, at = f"{width}-{scheme}-{lang[:2]}", 0 if lang == "ko-KR" else 1
    with visiting(service, lang=lang, width=width, color_scheme=scheme) as visit:
        for state, is_shown in STATES.items():
            page = visit.open()
            page.get_by_text(TEXTS["filters"][at], exact=True).click()
            if state == "streaming":
                page.route("**/ask/events?*", lambda _: None)
            elif state == "failed":
                page.route("**/ask/events?*", lambda route: route.fulfill(status=503, json={}))
            page.locator("#q").fill(QUESTION)
            page.keyboard.press("Enter")
            is_shown(page)
            keep_picture(page, state, case)
            assert violations(page) == [], state
            page.unroute_all()
        page.locator("details.feedback summary").click()
        page.get_by_role("button", name=TEXTS["copy"][at]).click()
        assert violations(page) == []
        page.locator(".answer sup a").first.click()
        expect(page.locator("dialog mark.quote").first).to_be_visible()
        keep_picture(page, "panel", case)
        assert violations(page) == []


@pytest.mark.parametrize("name", ["start", "answer", "paper", "day"])
def test_pages_are_small(visiting: Visiting, service: httpx.Client, paths: Mapping[str, str], name: str) -> None:
    with visiting(service) as visit:
        sizes: dict[str, int] = {}
        visit.page.on("response", lambda response: sizes.update({response.url: len(response.body())}))
        visit.open(paths[name])
        visit.page.wait_for_load_state("networkidle")
    assert sum(sizes.values()) <= MOST_PAGE_BYTES, sizes
    assert len(sizes) <= 4, sizes  # the page, its style and script, and the icon
    script = service.get("/static/ask.js").content
    assert len(gzip.compress(script, 9)) <= MOST_SCRIPT_BYTES
