"""Untrusted Markdown as HTML: nothing active survives, and marked spans hold exactly the quoted words."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nonmun.api.web.markup import Span, render_markdown, render_text

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![x](https://example.org/x.png)",
    "![x](data:image/svg+xml;base64,PHN2Zz4=)",
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt:alert(1))",
    "[a](&#106;avascript:alert(1))",
    "[a](data:text/html,<script>alert(1)</script>)",
    "[a](vbscript:x)",
    "<a href='javascript:alert(1)'>a</a>",
    "<svg onload=alert(1)>",
    "<iframe src=//example.org>",
    "<style>*{display:none}</style>",
    "<!-- <b> -->",
    "<![CDATA[<b>]]>",
    "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "`<b>`",
    "```html\n<script>alert(1)</script>\n```",
    "    <script>alert(1)</script>",
    "[x]: javascript:alert(1)\n[x]",
    '<https://example.org/"onmouseover=alert(1)>',
    '[a](https://example.org/?"onmouseover=alert(1))',
    '[a](https://example.org "t\\" onclick=alert(1)")',
    "\x1b]8;;https://example.org\x07x\x1b]8;;\x07",
    "\u202eevil",
    "a" * 5_000,
    "|a|b|\n|-|-|\n|<b>|![x](y)|",
    "\ue000\ue001\uf8ff",
    "&lt;script&gt;",
    "{{ 7 * 7 }} {% raw %}",
]
TEXT = st.text(st.sampled_from("ab 가나👩🏽\u0301\u1112\u1161*_`#->[]()!|\n.1&<\"'\ue000"), max_size=60)
ALLOWED = {
    *("p", "br", "hr", "strong", "em", "code", "pre", "ul", "ol", "li", "blockquote", "s", "mark", "a"),
    *("h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td"),
}


class Elements(HTMLParser):
    """Collects the elements of a page with their attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.marked = ""
        self._in_mark = False
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._in_mark = self._in_mark or tag == "mark"

    def handle_endtag(self, tag: str) -> None:
        self._in_mark = self._in_mark and tag != "mark"

    def handle_data(self, data: str) -> None:
        self.text += data
        self.marked += data if self._in_mark else ""


def words(text: str) -> str:
    return re.sub(r"[\W_]+", "", text)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("render", [render_markdown, render_text])
def test_nothing_active_survives(text: str, render) -> None:
    for source in (text, f"# {text}", f"- {text}", f"**{text}**", f"Before {text} after"):
        for spans in ([], [Span(0, len(source), "quote", "quote", text)], [Span(1, 3, "doubt"), Span(2, 9, "quote")]):
            for tag, attributes in Elements(str(render(source, spans))).elements:
                assert tag in ALLOWED
                allowed = {"a": {"href", "rel"}, "mark": {"class", "id", "title"}}.get(tag, set())
                assert attributes.keys() <= allowed
                assert (attributes.get("href") or "https://").startswith(("https://", "http://"))


@given(TEXT, st.integers(0, 60), st.integers(0, 60))
def test_marks_change_no_word(text: str, start: int, length: int) -> None:
    plain = Elements(str(render_markdown(text)))
    marked = Elements(str(render_markdown(text, [Span(start, start + length, "quote")])))
    assert all(tag in ALLOWED for tag, _ in marked.elements)
    if not set("`*_[") & set(text):  # no construct that a mark may split
        assert words(marked.text) == words(plain.text)


@given(TEXT, st.integers(0, 60), st.integers(0, 60))
def test_plain_text_is_marked_exactly(text: str, start: int, length: int) -> None:
    page = Elements(str(render_text(text, [Span(start, start + length, "quote")])))
    source = re.sub("[\ue000-\uf8ff]", "\ufffd", text)
    begin = min(start, len(source))
    assert page.text.replace("\n", " ") == html.unescape(html.escape(source)).replace("\n", " ")
    assert words(page.marked) in words(source[begin : start + length])


@pytest.mark.parametrize(
    ("source", "quote"),
    [
        ("Text **bold** words.", "**bold** words."),
        ("- first\n- **이름**: 값이 있다.\n- third", "- **이름**: 값이 있다."),
        ("1. one\n2. two words\n", "2. two words"),
        ("👩🏽‍🔬 과학자. 한글 문장.", "한글 문장."),  # the browser counts other units
        ("\u1112\u1161\u11ab\u1100\u1173\u11af first. second.", "second."),
        ("a & b < c. d > e.", "d > e."),
        ("A sentence\nover lines. Next.", "A sentence\nover lines."),
        ("```markdown\n# Title\nThe quoted words.\n```", "The quoted words."),
        ("> quoted block. more.", "quoted block."),
    ],
)
def test_marks_the_quoted_words(source: str, quote: str) -> None:
    start = source.index(quote)
    page = Elements(str(render_markdown(source, [Span(start, start + len(quote), "quote", "quote")])))
    assert words(page.marked) == words(re.sub(r"^\s*(?:\d+\.|[-#>])\s", "", quote))
    assert [attributes["id"] for tag, attributes in page.elements if tag == "mark" and "id" in attributes] == ["quote"]


def test_spans_may_overlap() -> None:
    page = str(render_text("one two three", [Span(0, 7, "doubt", "a", "why"), Span(4, 13, "quote", "b")]))
    assert page == (
        '<mark class="doubt" id="a" title="why">one </mark><mark class="doubt quote" id="b" title="why">two</mark>'
        '<mark class="quote"> three</mark>'
    )


def test_every_span_has_its_id_and_a_title_is_told_once() -> None:
    spans = [Span(0, 3, "doubt", "a", "why"), Span(0, 7, "quote", "b", "why"), Span(0, 3, "doubt", "a", "also")]
    page = str(render_text("one & two", spans))
    assert page == (
        '<mark class="doubt quote" id="a" title="why; also"><mark id="b">one</mark></mark>'
        ' <mark class="quote" title="why">&amp; t</mark>wo'
    )
    entity = str(render_text("a & b", [Span(0, 5, "doubt", "a"), Span(0, 5, "quote", "b")]))
    assert entity == '<mark class="doubt quote" id="a"><mark id="b">a &amp; b</mark></mark>'


@pytest.mark.data
def test_marks_every_sentence_of_real_summaries(shared_data: Path) -> None:
    from nonmun.ingest.formats.markdown import parse_digest

    checked = 0
    for file in sorted((shared_data / "digests").glob("*.md")):
        for entry in parse_digest(file.read_text("utf-8"), file.name).entries:
            for match in list(re.finditer(r"[^\n.]{20,}\.", entry.body))[::5]:
                page = Elements(str(render_markdown(entry.body, [Span(*match.span(), "quote")])))
                assert words(page.marked) == words(re.sub(r"^\s*(?:[-*+]|\d+[.)])\s", "", match[0]))
                checked += 1
    assert checked > 100
