"""Open WebUI 0.12.4: its reading of [n] and of events, restated; tests/api/doors runs it itself, apart from the suite.

`utils/middleware.py` passes the `event` of a chunk on to the page, and makes events of annotations, without quotations.
`ContentRenderer.svelte` shows [n] as the nth distinct name among the sources, `Citations.svelte` lists sources by URL.
"""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from nonmun.api.answers.quotations import cite
from nonmun.api.answers.rendering.numbered import Marker, NumberedPaper, NumberedText
from nonmun.api.http.openai.chat import OpenWebUIEvents
from nonmun.index.domain.hits import Evidence

from .conftest import ATTENTION, BERT, CHAT, KO, LORA, frames, user

HEADER = {"x-nonmun-citations": "open-webui"}
# marked's tokenizer (`citation-extension.ts`): adjacent blocks of numbers
CITATION = re.compile(r"(\[(?:\d+(?:#[^,\]\s]+)?(?:,\s*\d+(?:#[^,\]\s]+)?)*)\])+")
QUESTIONS = [
    KO,
    f"compare {LORA} and {BERT}",
    "3월 3일 다이제스트",
    "papers on attention",
    "김치찌개 맛있게 끓이는 방법",
]


class Message:
    """What Open WebUI makes of a stream."""

    def __init__(self, chunks: list[Any]) -> None:
        self.content = ""
        self.sources: list[dict[str, Any]] = []
        for chunk in chunks:
            if chunk == "[DONE]":
                continue
            if "event" in chunk:
                self._receive(chunk["event"])
            assert not str(chunk.get("type", "")).startswith("response.")
            if not chunk["choices"]:
                assert not chunk.get("error")
                continue
            delta = chunk["choices"][0].get("delta", {})
            for annotation in delta.get("annotations") or []:
                cited = annotation["url_citation"]
                source = {"name": cited["title"], "url": cited["url"]}
                metadata = [{"source": cited["url"], "name": cited["title"]}]
                data = {"source": source, "document": [cited["title"]], "metadata": metadata}
                self._receive({"type": "source", "data": data})
            self.content += delta.get("content") or ""

    def _receive(self, event: dict[str, Any]) -> None:
        if event["type"] in {"source", "citation"}:
            self.sources.append(event["data"])

    @property
    def names(self) -> list[str]:
        """What [1], [2] … show."""
        found: dict[str, None] = {}
        for source in self.sources:
            for index in range(len(source["document"])):
                metadata = source["metadata"][index]
                found[metadata.get("name") or metadata.get("source") or source["source"]["name"]] = None
        return list(found)

    @property
    def listed(self) -> dict[str, list[str]]:
        """The documents of each source, by its URL, in the order of the list that [1], [2] … open."""
        found: dict[str, list[str]] = {}
        for source in self.sources:
            for document, metadata in zip(source["document"], source["metadata"], strict=True):
                found.setdefault(metadata.get("source") or "N/A", []).append(document)
        return found

    @property
    def chips(self) -> set[int]:
        """The numbers in the content that become chips."""
        return {int(number) for match in CITATION.finditer(self.content) for number in re.findall(r"\d+", match[0])}


@pytest.mark.parametrize("question", QUESTIONS)
def test_chips_lead_to_the_quotations(client: httpx.Client, question: str) -> None:
    chunks = frames(client, CHAT, headers=HEADER, messages=[user(question)])
    message = Message(chunks)
    answer = next(chunk["nonmun"] for chunk in chunks if "nonmun" in chunk)
    listed = re.findall(r"^(\d+)\. (.*) \((\S+)\)$", message.content, re.MULTILINE) if answer["citations"] else []
    assert message.names == [title for _, title, _ in listed]
    assert list(message.listed) == [url for _, _, url in listed]
    assert message.chips == {int(number) for number, _, _ in listed}
    quotes = [quote for documents in message.listed.values() for quote in documents]
    assert sorted(quotes) == sorted({citation["quote"] for citation in answer["citations"]})
    assert all(source["metadata"][0]["external"] for source in message.sources)
    assert not any("annotations" in choice["delta"] for chunk in chunks[:-1] for choice in chunk["choices"])


def test_a_source_comes_before_its_chip(client: httpx.Client) -> None:
    chunks = frames(client, CHAT, headers=HEADER, messages=[user(QUESTIONS[1])])
    for end in range(len(chunks)):
        message = Message(chunks[:end])
        assert all(number <= len(message.names) for number in message.chips)


def test_annotations_lose_the_quotations(client: httpx.Client) -> None:
    chunks = frames(client, CHAT, messages=[user(KO)])
    message = Message(chunks)
    assert not any("event" in chunk for chunk in chunks if chunk != "[DONE]")
    assert message.chips == {1}
    assert set(message.listed[f"https://arxiv.org/abs/{LORA}"]) == set(message.names)


def test_the_header_takes_two_values(client: httpx.Client) -> None:
    body = {"messages": [user(KO)]}
    for style in ("annotations", "open-webui"):
        response = client.post(CHAT, json=body, headers={"x-nonmun-citations": style})
        assert response.json()["choices"][0]["message"]["annotations"]
    response = client.post(CHAT, json=body, headers={"x-nonmun-citations": "events"})
    assert (response.status_code, response.json()["error"]["param"]) == (422, "x-nonmun-citations")


def test_papers_with_the_same_title_are_two_sources() -> None:
    text = "One sentence."
    markers: list[Marker] = []
    for number, paper_id in enumerate((LORA, ATTENTION), start=1):
        evidence = Evidence(f"{paper_id}:abstract:abstract:0", "abstract", "abstract", "en", text, 0.5)
        paper = NumberedPaper(number, paper_id, "Same title", f"https://arxiv.org/abs/{paper_id}")
        markers.append(Marker(paper, 0, 3, (cite(paper_id, evidence, 0, len(text)),)))
    events = OpenWebUIEvents()
    sent = list(events.of(NumberedText("", tuple(markers))))
    names = [event["data"]["metadata"][0]["name"] for event in sent]
    assert names == ["Same title", f"Same title ({ATTENTION})"]
    assert list(events.of(NumberedText("", tuple(markers)))) == []
