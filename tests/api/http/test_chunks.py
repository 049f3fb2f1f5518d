"""GET /v1/chunks and `Library.chunk`: a chunk in its place, with its neighbors."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from nonmun import Library, NotFoundError
from nonmun.api.results import as_json

FIELDS = [
    "chunk_id",
    "paper_id",
    "title",
    "section",
    "lang",
    "text",
    "text_hash",
    "trust",
    "entry",
    "source_start",
    "source_end",
    "previous",
    "next",
]
TRANSFORMER, LORA = "1706.03762", "2106.09685"
OLD_STYLE = "math.GT/0309136"
ENTRY = "## {paper_id}\n🔗 https://huggingface.co/papers/{paper_id}\n\n**Summary**:\n# {title}\n\n{body}\n\n---\n\n"


def ingest(library: Library, folder: Path, body: str, paper_id: str = "2505.00001") -> None:
    entry = ENTRY.format(paper_id=paper_id, title="물결을 듣는 모델", body=body)
    (folder / "2025-05-16.md").write_text(f"# Daily Papers – 2025-05-16\n\n{entry}", "utf-8")
    library.ingest(folder / "2025-05-16.md")


def source_of(library: Library, paper_id: str, entry: str | None) -> str:
    details = library.paper(paper_id)
    return {known.digest_date: known.body for known in details.entries}[entry] if entry else details.paper.abstract


def test_shape_of_a_chunk(client: httpx.Client, sample_library: Library) -> None:
    chunk_id = f"{TRANSFORMER}:summary@2025-03-03:limitations:0"
    response = client.get(f"/v1/chunks/{chunk_id}")
    assert response.status_code == 200
    body = response.json()
    assert list(body) == FIELDS
    assert body == as_json(sample_library.chunk(chunk_id))
    assert (body["chunk_id"], body["paper_id"], body["section"], body["lang"], body["entry"]) == (
        chunk_id,
        TRANSFORMER,
        "limitations",
        "ko",
        "2025-03-03",
    )
    assert "제곱에 비례" in body["text"]
    assert body["trust"]


def test_an_abstract_has_neither_entry_nor_trust(client: httpx.Client, sample_library: Library) -> None:
    body = client.get(f"/v1/chunks/{LORA}:abstract:abstract:0").json()
    assert (body["entry"], body["trust"], body["section"], body["lang"]) == (None, None, "abstract", "en")
    abstract = sample_library.paper(LORA).paper.abstract
    assert abstract[body["source_start"] : body["source_end"]] == body["text"]


def test_an_answer_leads_to_its_chunks(client: httpx.Client) -> None:
    answer = client.post("/v1/ask", json={"question": f"{TRANSFORMER}의 한계는?"}).json()
    assert answer["citations"]
    for citation in answer["citations"]:
        chunk = client.get(f"/v1/chunks/{citation['chunk_id']}").json()
        assert chunk["text"][citation["start"] : citation["end"]] == citation["quote"]
        assert (chunk["text_hash"], chunk["trust"], chunk["entry"]) == (
            citation["text_hash"],
            citation["trust"],
            citation["entry"],
        )
        assert chunk["source_start"] + citation["start"] == citation["source_start"]


def test_every_chunk_stands_in_its_source(sample_library: Library) -> None:
    for stored in sample_library.chunks():
        chunk = sample_library.chunk(stored.chunk_id)
        assert (chunk.text, chunk.text_hash, chunk.section) == (stored.text, stored.text_hash, stored.section)
        source = source_of(sample_library, chunk.paper_id, chunk.entry)
        assert source[chunk.source_start : chunk.source_end] == chunk.text


def test_neighbors_walk_through_each_source_in_reading_order(sample_library: Library) -> None:
    stored = {chunk.chunk_id: chunk for chunk in sample_library.chunks()}
    found = {chunk_id: sample_library.chunk(chunk_id) for chunk_id in stored}
    seen: set[str] = set()
    for first in (chunk for chunk in found.values() if chunk.previous is None):
        at, end = first, 0
        while True:
            assert (at.paper_id, at.entry) == (first.paper_id, first.entry)
            assert at.source_start is not None
            assert at.source_end is not None
            assert at.source_start >= end
            end = at.source_end
            seen.add(at.chunk_id)
            if at.next is None:
                break
            assert found[at.next].previous == at.chunk_id
            at = found[at.next]
    assert seen == stored.keys()


def test_the_summaries_of_two_days_are_two_sources(sample_library: Library) -> None:
    chunks = [chunk for chunk in sample_library.chunks() if chunk.paper_id == LORA]
    assert {chunk.digest_date for chunk in chunks} == {None, "2025-03-03", "2025-03-06"}
    for chunk in chunks:
        found = sample_library.chunk(chunk.chunk_id)
        for neighbor in (found.previous, found.next):
            assert neighbor is None or sample_library.chunk(neighbor).entry == chunk.digest_date


@pytest.mark.parametrize(
    "chunk_id",
    [
        f"{TRANSFORMER}:summary@2025-03-03:limitations:99",
        "9999.99999:abstract:abstract:0",
        "x" * 3_000,
        ":",
        TRANSFORMER,
    ],
)
def test_an_unknown_chunk_is_not_found(client: httpx.Client, sample_library: Library, chunk_id: str) -> None:
    response = client.get(f"/v1/chunks/{quote(chunk_id)}")
    assert response.status_code == 404
    error = response.json()
    assert (error["code"], error["field"]) == ("not_found", None)
    assert len(error["detail"]) < 300
    with pytest.raises(NotFoundError, match="is not a chunk of the index"):
        sample_library.chunk(chunk_id)


def test_a_removed_chunk_is_not_found(library: Library, tmp_path: Path) -> None:
    ingest(library, tmp_path, "## 한계\n\n낮은 소리는 듣지 못합니다.")
    (chunk,) = library.chunks()
    assert library.chunk(chunk.chunk_id).title == "물결을 듣는 모델"
    library.remove("2505.00001")
    with pytest.raises(NotFoundError):
        library.chunk(chunk.chunk_id)


def test_ids_with_a_slash(library: Library, serve: Any, tmp_path: Path) -> None:
    ingest(library, tmp_path, "## 한계\n\n낮은 소리는 듣지 못합니다.", OLD_STYLE)
    (chunk,) = library.chunks()
    assert chunk.paper_id == OLD_STYLE
    with serve(library) as client:
        for path in (chunk.chunk_id, quote(chunk.chunk_id, safe="")):
            assert client.get(f"/v1/chunks/{path}").json()["paper_id"] == OLD_STYLE


def test_the_route_is_documented(client: httpx.Client) -> None:
    schema = client.get("/openapi.json").json()
    responses = schema["paths"]["/v1/chunks/{chunk_id}"]["get"]["responses"]
    assert {"200", "404", "422", "503"} <= responses.keys()
    model = schema["components"]["schemas"]["ChunkResponse"]
    assert list(model["properties"]) == FIELDS
    assert all(field.get("description") for field in model["properties"].values())
    assert sorted(model["required"]) == sorted(FIELDS)


@pytest.mark.xfail(strict=True, reason="the first occurrence of a text is taken for its place")
def test_a_text_that_occurs_twice_has_two_places(library: Library, tmp_path: Path) -> None:
    ingest(library, tmp_path, "## 결과\n\n잘 들린다고 알려짐.\n\n## 한계\n\n알려짐.\n\n## 후속 연구\n\n알려짐.")
    chunks = [library.chunk(chunk.chunk_id) for chunk in library.chunks()]
    starts = [chunk.source_start for chunk in chunks]
    assert len(set(starts)) == 3
    assert starts == sorted(start for start in starts if start is not None)
    assert [chunk.previous for chunk in chunks] == [None, chunks[0].chunk_id, chunks[1].chunk_id]


@pytest.mark.xfail(strict=True, reason="a citation takes the first occurrence of its chunk for its place")
def test_a_citation_of_a_repeated_text_leads_to_its_own_section(library: Library, tmp_path: Path) -> None:
    ingest(library, tmp_path, "## 결과\n\n낮은 소리를 잘 듣습니다.\n\n## 한계\n\n낮은 소리를 잘 듣습니다.")
    (entry,) = library.paper("2505.00001").entries
    hits = library.ask("2505.00001의 한계는?").hits
    places = {chunk.section: chunk.offset for hit in hits for chunk in hit.evidence}
    assert {section.name: section.start <= (places[section.name] or 0) < section.end for section in entry.sections} == {
        "results": True,
        "limitations": True,
    }
