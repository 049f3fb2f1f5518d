"""Digests that attack the reader are shown as text, and quotations are marked exactly whatever precedes them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect

from nonmun import Library

from ...conftest import served
from .conftest import Visiting

DAY = "2025-05-05"
ELEMENTS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)>",
    "<iframe src=https://evil.example></iframe>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<style>*{display:none}</style>",
    "<base href=https://evil.example>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<form action=https://evil.example><input name=key></form>",
    "<object data=https://evil.example></object>",
    "<embed src=https://evil.example>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<video src=https://evil.example/x autoplay></video>",
    "<details open ontoggle=alert(1)>x</details>",
    "<input autofocus onfocus=alert(1)>",
    "<math><mtext></p><img src=x onerror=alert(1)>",
    "<template><script>alert(1)</script></template>",
    "<body onload=alert(1)>",
    "<a href=javascript:alert(1)>x</a>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "</script><script>alert(1)</script>",
    "<!--><script>alert(1)</script-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<sCrIpT>alert(1)</ScRiPt>",
    "<script\x00>alert(1)</script>",
    "</textarea></title></style><script>alert(1)</script>",
    "'\"><script>alert(1)</script>",
    "<xss id=x tabindex=1 onactivate=alert(1)></xss>",
    "<marquee onstart=alert(1)>",
    "<button formaction=javascript:alert(1)>x</button>",
)
MARKDOWN = (
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a](java&#115;cript:alert(1))",
    "[a](data:text/html,<script>alert(1)</script>)",
    "[a](vbscript:x)",
    "[a](//evil.example)",
    "[a](/v1/papers)",
    "![a](https://evil.example/pixel.png)",
    "![a](data:image/svg+xml,<svg onload=alert(1)>)",
    "[![a](https://evil.example/x.png)](https://evil.example)",
    "<javascript:alert(1)>",
    "[a]: javascript:alert(1)\n\n[a]",
    "`<script>alert(1)</script>`",
    "**<img src=x onerror=alert(1)>**",
    "> <iframe src=//evil.example>",
    "| <script>alert(1)</script> | b |\n|---|---|\n| c | d |",
)
TEXT = (
    "{{ 7 * 7 }} {% raw %}",
    "${alert(1)}",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)",
    "\u202eevil\u202c reversed",
    "\u2066isolate",
    "\u200bzero\u200dwidth\ufeff",
    "\x1b[31mred\x1b[0m \x1b]8;;https://evil.example\x07link",
    "W" * 600,
    "가" * 600,
    "́" * 80,
    "\U0001f4a9" * 120,
    "\ue000\ue001 private use \uf8ff",
    "constructor __proto__ toString",
)
HOSTILE = (*ELEMENTS, *MARKDOWN, *TEXT)


def paper_id(number: int) -> str:
    return f"2505.{number:05}"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory, hash_embedder) -> Iterator[tuple[Library, httpx.Client]]:
    folder = tmp_path_factory.mktemp("hostile")
    entries = [
        f"## {paper_id(number)}\n**Summary**:\n# {attack}\n\n## Results\n"
        f"{attack} The measured accuracy of attack number {number} improves by {number} percent.\n"
        for number, attack in enumerate(HOSTILE, start=1)
    ]
    file = folder / f"{DAY}.md"
    file.write_bytes("\n".join([f"# {DAY}\n", *entries]).encode("utf-8", "replace"))
    with Library.open(folder / "data", embedding=hash_embedder()) as library:
        library.ingest(file)
        with served(library) as client:
            yield library, client


def assert_harmless(page: Page) -> None:
    """Assert that a page holds no element that a digest could have brought in."""
    own = page.evaluate("[...document.scripts].map(script => script.src || script.type)")
    assert all(name.endswith("/static/ask.js") or name == "application/json" for name in own)
    assert page.locator("img, iframe, object, embed, style, base, svg image, video, marquee").count() == 0
    assert page.locator("main form:not(.question):not([action])").count() == 0
    hrefs = page.locator("main a[href]").evaluate_all("links => links.map(link => link.href)")
    assert not [href for href in hrefs if not href.startswith(("http://", "https://"))]
    handlers = "nodes => nodes.flatMap(node => [...node.attributes]).filter(a => a.name.startsWith('on')).length"
    assert page.locator("main *").evaluate_all(handlers) == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_there_are_sixty() -> None:
    assert len(set(HOSTILE)) == 60


@pytest.mark.parametrize("width", [360, 1280])
def test_pages_of_hostile_digests_are_harmless(
    visiting: Visiting, hostile: tuple[Library, httpx.Client], width: int
) -> None:
    library, client = hostile
    assert library.status().entries == len(HOSTILE)
    with visiting(client, width=width) as visit:
        for number, attack in enumerate(HOSTILE, start=1):
            page = visit.open(f"/papers/{paper_id(number)}")
            assert_harmless(page)
            if attack in ELEMENTS:  # the words are there, as text
                word = re.findall(r"[a-z]{4,}", attack.lower())[0]
                assert word in page.locator("main").inner_text().lower(), attack
            visit.check()
        for path in (f"/digests/{DAY}", "/digests", "/search?q=accuracy", "/?q=accuracy", "/weeks/2025-W19"):
            assert_harmless(visit.open(path))
            visit.check()


def test_answers_from_hostile_digests_are_harmless(visiting: Visiting, hostile: tuple[Library, httpx.Client]) -> None:
    _, client = hostile
    with visiting(client) as visit:
        page = visit.open()
        for question in ("accuracy of attack number 7", f"{DAY} 다이제스트", *ELEMENTS[:3]):
            page.locator("#q").fill(question)
            page.keyboard.press("Enter")
            turn = page.locator("article.turn").last
            expect(turn.locator("h1")).to_have_text(question)
            expect(turn.locator(".actions")).to_be_visible(timeout=120_000)
            assert_harmless(page)
        links = page.locator(".answer sup a")
        for at in range(0, links.count(), 5):
            links.nth(at).click()
            expect(page.locator("dialog mark.quote").first).to_be_visible()
            assert_harmless(page)
            page.keyboard.press("Escape")


PREFIXES = {
    "emoji": "\U0001f600\U0001f1f0\U0001f1f7\U0001f469\u200d\U0001f4bb ",
    "decomposed Hangul": unicodedata.normalize("NFD", "한국어로 된 앞말입니다. "),
    "combining marks": "e\u0301a\u0308o\u0302 ",
    "supplementary ideographs": "\U00020000\U00020001\U0002f800 ",
    "flags and keycaps": "1\ufe0f\u20e3\U0001f3f3\ufe0f\u200d\U0001f308 ",
}


@pytest.fixture(scope="module")
def shifted(tmp_path_factory: pytest.TempPathFactory, hash_embedder) -> Iterator[tuple[Library, httpx.Client]]:
    folder = tmp_path_factory.mktemp("shifted")
    entries = [
        f"## 2506.{number:05}\n**Summary**:\n# Paper {number}\n\n## Results\n{prefix * 20}\n\n{prefix}"
        f"**Model {number}** reaches `{number}.5` percent accuracy on benchmark {name}. {prefix}\n"
        for number, (name, prefix) in enumerate(PREFIXES.items(), start=1)
    ]
    file = folder / f"{DAY}.md"
    file.write_text("\n".join([f"# {DAY}\n", *entries]), "utf-8")
    with Library.open(folder / "data", embedding=hash_embedder()) as library:
        library.ingest(file)
        with served(library) as client:
            yield library, client


@pytest.mark.parametrize("number", range(1, len(PREFIXES) + 1), ids=list(PREFIXES))
def test_a_quotation_is_marked_exactly(visiting: Visiting, shifted: tuple[Library, httpx.Client], number: int) -> None:
    library, client = shifted
    question = f"How accurate is 2506.{number:05}?"
    citations = library.ask(question).citations
    assert citations
    with visiting(client) as visit:
        page = visit.open()
        page.locator("#q").fill(question)
        page.keyboard.press("Enter")
        expect(page.locator(".actions")).to_be_visible(timeout=120_000)
        links = page.locator(".answer sup a")
        assert links.count() == len(citations)
        for at, citation in enumerate(citations):
            plain = re.sub(r"[*`\s]", "", citation.quote)
            links.nth(at).click()
            marks = page.locator("dialog mark.quote")
            expect(marks.first).to_be_visible()
            assert re.sub(r"\s", "", "".join(marks.all_text_contents())) == plain
            href = page.get_by_role("dialog").locator("a").last.get_attribute("href") or ""
            page.keyboard.press("Escape")
            other = visit.another_page()
            other.goto(href)
            marks = other.locator("article mark.quote")
            assert re.sub(r"\s", "", "".join(marks.all_text_contents())) == plain
            assert other.evaluate("document.querySelector('#quote') !== null")
            other.close()
