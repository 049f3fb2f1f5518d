"""Markdown: documents read back by markdown-it, front matter by PyYAML."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from nonmun import Answer, Citation, DigestDetails, DigestEntry, Hit, Interpretation, Paper, PaperDetails, Segment
from nonmun.api.exports.export import export
from nonmun.api.exports.markup import escape, front_matter, link, quote
from nonmun.index.domain.papers import Entry, Provenance, Section, text_hash
from nonmun.index.domain.trust import Trust

from .conftest import HOSTILE, exported, paper, papers, shown, text

PARSER = MarkdownIt("gfm-like", {"linkify": False})
TODAY = date(2026, 12, 1)


def read(markdown: str) -> tuple[dict[str, Any], list[Token]]:
    """Return the front matter and the tokens of the body; templates of site generators find nothing in the body."""
    _, front, body = re.split(r"^---$", markdown, maxsplit=2, flags=re.MULTILINE)
    assert not re.search(r"\{[{%#]", body)
    return yaml.safe_load(front), PARSER.parse(body)


def inline(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield from token.children or ()


def words(tokens: list[Token]) -> str:
    """Return what a reader sees of inline tokens."""
    return "".join(token.content for token in tokens if token.type in {"text", "text_special"})


def headings(tokens: list[Token]) -> list[tuple[str, str]]:
    return [
        (token.tag, words(tokens[at + 1].children or []))
        for at, token in enumerate(tokens)
        if token.type == "heading_open"
    ]


def links(tokens: list[Token]) -> set[str]:
    return {str(token.attrGet("href")) for token in inline(tokens) if token.type == "link_open"}


def types(tokens: list[Token]) -> set[str]:
    return {token.type for token in (*tokens, *inline(tokens))}


FORBIDDEN = {"html_block", "html_inline", "image", "code_inline", "code_block", "fence", "hr", "table_open", "s_open"}


@given(text)
def test_escaped_text_is_one_paragraph_of_plain_words(value: str) -> None:
    tokens = PARSER.parse(escape(value))
    expected = shown(value)
    if not expected:
        assert tokens == []
        return
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    children = tokens[1].children or []
    assert {token.type for token in children} <= {"text", "text_special"}
    assert words(children) == expected


@pytest.mark.parametrize(
    "line",
    ["# x", "###### x", "- x", "+ x", "* x", "1. x", "12) x", "> x", "---", "===", "***", "```", "~~~", "    x", "\tx",
     "| a | b |", ": x", "% x", "[x]: y", "<b>", "_x_", "**x**", "`x`", "[x](y)", "![x](y)", "<https://x.y>", "&amp;",
     "&#35;", "a\\", "$x$", "~~x~~", "{{ x }}", "{% x %}", "{# x #}", "\\{{ x }}", "x\n---", "x  \ny", "[^1]: x"],
)  # fmt: skip
def test_markup_is_shown_as_it_stands(line: str) -> None:
    tokens = PARSER.parse(escape(line))
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    assert words(tokens[1].children or []) == " ".join(line.split())
    assert not re.search(r"\{[{%#]", escape(line))


@given(st.dictionaries(st.sampled_from(["title", "question", "doi"]), text), st.lists(text, max_size=3))
def test_front_matter_is_yaml(fields: dict[str, str], items: list[str]) -> None:
    front = front_matter({**fields, "papers": items, "date": TODAY})
    lines = front.splitlines()
    assert lines[0] == lines[-1] == "---"
    assert "---" not in lines[1:-1]
    expected = {name: shown(value) for name, value in fields.items() if value}
    assert yaml.safe_load("\n".join(lines[1:-1])) == expected | ({"papers": [*map(shown, items)]} if items else {}) | {
        "date": TODAY
    }


def test_link_and_quotation() -> None:
    tokens = PARSER.parse(link("a] (b)", "https://arxiv.org/abs/x(1) <y>"))
    assert links(tokens) == {"https://arxiv.org/abs/x%281%29%20%3Cy%3E"}
    assert words(tokens[1].children or []) == "a] (b)"
    tokens = PARSER.parse(quote("# one\n\ntwo", "abstract"))
    assert [token.type for token in tokens if token.level == 0] == ["blockquote_open", "blockquote_close"]
    assert [words(token.children or []) for token in tokens if token.type == "inline"] == ["# one two", "— abstract"]


def test_list_of_papers() -> None:
    authors = tuple(f"Given Family{number}" for number in range(12))
    markdown = exported(
        paper("2505.00001", title="One", authors=authors, doi="10.1000/a(b)", journal_ref="J. AI"),
        paper("2505.00002", title="Two"),
        to="markdown",
    )
    front, tokens = read(markdown)
    assert (front["title"], front["papers"]) == ("Papers", ["2505.00001", "2505.00002"])
    assert headings(tokens) == [("h1", "Papers")]
    assert links(tokens) == {
        "https://arxiv.org/abs/2505.00001",
        "https://arxiv.org/abs/2505.00002",
        "https://doi.org/10.1000/a%28b%29",
    }
    one, two = [words(token.children or []) for token in tokens if token.type == "inline"][1:]
    assert one == f"One{', '.join(authors[:10])}, et al. · 2025 · arXiv:2505.00001 · J. AI · doi:10.1000/a(b)"
    assert two == "Two2025 · arXiv:2505.00002"


@given(st.lists(papers, max_size=3, unique_by=lambda found: found.paper_id))
def test_hostile_papers_stay_list_items(found: list[Paper]) -> None:
    front, tokens = read(exported(*found, to="markdown"))
    assert front.get("papers", []) == [one.paper_id for one in found]
    assert headings(tokens) == [("h1", "Papers")]
    assert not types(tokens) & FORBIDDEN
    assert len([token for token in tokens if token.type == "list_item_open"]) == len(found)
    assert all(target.startswith(("https://arxiv.org/abs/", "https://doi.org/10.")) for target in links(tokens))


def entry(body: str, heading: str = "Results") -> Entry:
    section = Section("results", heading, 0, len(body))
    return Entry("2025-05-16", "2505.10527", None, "", "", body, (section,), 1, trust=Trust("contradicted"))


def test_paper() -> None:
    body = "Intro **bold**:\n\n- one `code`\n  - two\n- three\nand `more`\n1. x\n"
    details = PaperDetails(
        paper(
            title=r"50\% of \$5",
            authors=("Ada Lovelace", "김철수"),
            abstract="초록: 27.8\\%.",
            categories=("cs.CL",),
            doi="10.1000/x",
            comment="9 pages",
            digest_dates=("2025-05-16",),
            source=Provenance("found", "arxiv"),
        ),
        (entry(body),),
    )
    front, tokens = read(export(details, "markdown", lambda _: {}))
    assert front == {
        "title": "50% of $5",
        "authors": ["Ada Lovelace", "김철수"],
        "date": date(2025, 5, 15),
        "arxiv": "2505.10527",
        "url": "https://arxiv.org/abs/2505.10527",
        "doi": "10.1000/x",
        "comment": "9 pages",
        "categories": ["cs.CL"],
        "digests": ["2025-05-16"],
    }
    assert headings(tokens) == [
        ("h1", "50% of $5"),
        ("h2", "Abstract"),
        ("h2", "Digest of 2025-05-16"),
        ("h3", "Results"),
    ]
    paragraphs = [words(token.children or []) for token in tokens if token.type == "inline"]
    assert "초록: 27.8%." in paragraphs
    assert "Trust: contradicted" in paragraphs
    assert paragraphs[-6:] == ["Intro bold:", "one code", "two", "three", "and more", "x"]
    assert [token.level for token in tokens if token.type == "list_item_open"] == [1, 3, 1, 1]


def test_date_of_a_paper_that_no_source_dated() -> None:
    front, _ = read(export(PaperDetails(paper(published=None), ()), "markdown", lambda _: {}))
    assert front["date"] == "2025-05"


@given(
    papers,
    st.lists(text | st.sampled_from(["- x\n", "        - deep\n", "2. y\n", "\n"]), max_size=6).map("".join),
    text,
)
def test_hostile_summaries_stay_below_their_headings(found: Paper, body: str, heading: str) -> None:
    details = PaperDetails(found, (entry(body, heading),))
    front, tokens = read(export(details, "markdown", lambda _: {}))
    assert front["arxiv"] == found.paper_id
    assert re.fullmatch("h1(h2){1,2}(h3)?", "".join(tag for tag, _ in headings(tokens)))
    assert not types(tokens) & FORBIDDEN
    assert all(target.startswith(("https://arxiv.org/abs/", "https://doi.org/10.")) for target in links(tokens))


def test_day() -> None:
    entries = (
        DigestEntry(paper("2505.00001", title="One"), "supported", is_new=True),
        DigestEntry(paper("2505.00002", title="# Two"), "invented", is_new=False),
    )
    front, tokens = read(export(DigestDetails("2025-05-16", entries, None, None), "markdown", lambda _: {}))
    assert front == {
        "title": "Digest of 2025-05-16",
        "date": date(2025, 5, 16),
        "papers": ["2505.00001", "2505.00002"],
    }
    assert [words(token.children or []) for token in tokens if token.type == "inline"] == [
        "Digest of 2025-05-16",
        "One2025 · arXiv:2505.00001new, trust: supported",
        "# Two2025 · arXiv:2505.00002in an earlier digest as well, trust: invented",
    ]


def cite(paper_id: str, quote: str, entry: str | None = None) -> Citation:
    chunk = f"{paper_id}:summary@{entry}:future_work:0" if entry else f"{paper_id}:abstract:abstract:0"
    trust = "invented" if entry else None
    return Citation(paper_id, chunk, text_hash(quote), 0, len(quote), quote, trust, entry, text=quote)


def written(*sentences: tuple[str, list[int]], citations: list[Citation], **fields: Any) -> Answer:
    """Return an answer as a model's sentences make it up."""
    text = " ".join(sentence for sentence, _ in sentences)
    segments: list[Segment] = []
    for sentence, cited in sentences:
        start = segments[-1].end + 1 if segments else 0
        segments.append(Segment(sentence, start, start + len(sentence), tuple(cited)))
    hits = tuple(
        Hit(paper_id, f"Title {paper_id}", 1.0, (), f"https://arxiv.org/abs/{paper_id}", ())
        for paper_id in dict.fromkeys(citation.paper_id for citation in citations)
    )
    answer = Answer("A question?", Interpretation("en", answer_lang="en"), text, tuple(citations), False, None, hits, 1)
    return replace(answer, segments=tuple(segments), writer="generated", **fields)


def to_markdown(answer: Answer) -> str:
    return export(answer, "markdown", lambda _: {}, TODAY)


def test_answer_of_a_model() -> None:
    citations = [
        cite("2505.00002", "**Two** says."),
        cite("2505.00001", "하나.", "2025-05-16"),
        cite("2505.00002", "More."),
    ]
    answer = written(
        ("Two is so [2505.00002].", [0]),
        ("One, too [2505.00001] [2505.00002].", [1, 2]),
        citations=citations,
        confidence="low",
    )
    front, tokens = read(to_markdown(answer))
    assert front == {
        "title": "A question?",
        "question": "A question?",
        "date": TODAY,
        "papers": ["2505.00002", "2505.00001"],
        "confidence": "low",
        "writer": "generated",
    }
    assert [name for _, name in headings(tokens)] == ["A question?", "Quotations", "References"]
    assert [words(token.children or []) for token in tokens if token.type == "inline" and token.level < 5] == [
        "A question?",
        "Two is so [1]. One, too [2] [1].",
        "Quotations",
        "**Two** says.",
        "— [1] Title 2505.00002, abstract",
        "More.",
        "— [1] Title 2505.00002, abstract",
        "하나.",
        "— [2] Title 2505.00001, digest 2025-05-16, future work, trust: invented",
        "References",
        "Title 2505.000022025 · arXiv:2505.00002",
        "Title 2505.000012025 · arXiv:2505.00001",
    ]
    assert links(tokens) == {"https://arxiv.org/abs/2505.00001", "https://arxiv.org/abs/2505.00002"}


def test_labels_of_a_comparison() -> None:
    lines = ("**<b>One**", "- One. [2505.00001] (abstract)")
    answer = written((lines[0], []), (lines[1], [0]), citations=[cite("2505.00001", "One.", "2025-05-16")])
    answer = replace(answer, answer="\n".join(lines))
    for writer, label, is_bold in (("extracted", "<b>One", True), ("generated", lines[0], False)):
        _, tokens = read(to_markdown(replace(answer, writer=writer)))  # a model's words are no label
        shown_label = next(token for token in tokens if token.type == "inline" and "<b>" in words(token.children or []))
        assert words(shown_label.children or []) == label
        assert ("strong_open" in types([shown_label])) == is_bold


@given(text, text.filter(str.strip), text)
def test_hostile_words_of_a_model_stay_paragraphs(question: str, quoted: str, sentence: str) -> None:
    answer = written((f"{sentence} [2505.00001]", [0]), citations=[cite("2505.00001", quoted, "2025-05-16")])
    front, tokens = read(to_markdown(replace(answer, question=question)))
    assert front.get("question", "") == shown(question)
    assert front["papers"] == ["2505.00001"]
    assert [name for _, name in headings(tokens)] == [shown(question), "Quotations", "References"]
    assert not types(tokens) & FORBIDDEN
    assert links(tokens) == {"https://arxiv.org/abs/2505.00001"}
    assert shown(quoted) in [words(token.children or []) for token in tokens if token.type == "inline"]


@pytest.mark.parametrize("fragment", ["Title", *HOSTILE])
def test_title_lines_with_foreign_links_are_text(fragment: str) -> None:
    sentence = f"True [2505.00001].\n\n**{fragment}** (https://evil.example/x)"
    _, tokens = read(to_markdown(written((sentence, [0]), citations=[cite("2505.00001", "x")])))
    assert links(tokens) == {"https://arxiv.org/abs/2505.00001"}
    assert any("evil.example" in words(token.children or []) for token in tokens)
