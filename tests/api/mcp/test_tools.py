"""The tools, resources and prompts, as a client sees them over each transport."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import httpx
import jsonschema
import pytest

from nonmun import Library, Turn
from nonmun.api.answers.rendering.numbered import number_citations
from nonmun.api.exports.formats import FORMATS, ExportFormat
from nonmun.api.mcp import withholding
from nonmun.api.results import PaperDetails
from nonmun.index.domain.papers import Paper, text_hash

from .conftest import Connection, connected, over_http

KO = "보상 모델 없이 선호에 맞추는 학습은?"
PAPER = "2010.11929"
TOOLS = ["search", "fetch", "ask_papers", "get_paper", "list_digests", "find_similar", "export_citations"]


def test_the_server_introduces_itself(connection: Connection) -> None:
    about = connection.client.server_info
    assert (about.name, about.version) == ("nonmun", version("nonmun"))
    assert "ask_papers" in (connection.client.instructions or "")
    capabilities = connection.client.server_capabilities
    assert capabilities.tools
    assert capabilities.resources
    assert capabilities.prompts


def test_every_tool_is_described_and_read_only(connection: Connection) -> None:
    tools = connection.list("tools")
    assert [tool.name for tool in tools] == TOOLS
    for tool in tools:
        assert tool.title
        assert not tool.description.startswith(" ")
        assert tool.annotations.read_only_hint is True
        assert tool.annotations.destructive_hint is False
        assert tool.annotations.open_world_hint is False
        jsonschema.Draft202012Validator.check_schema(tool.output_schema)
        jsonschema.Draft202012Validator.check_schema(tool.input_schema)
        assert all(field["description"] for field in tool.input_schema["properties"].values())


def test_search_and_fetch_have_the_form_that_connectors_require(connection: Connection) -> None:
    schemas = {tool.name: tool for tool in connection.list("tools")}
    for name, argument in {"search": "query", "fetch": "id"}.items():
        assert schemas[name].input_schema["required"] == [argument]
        assert list(schemas[name].input_schema["properties"]) == [argument]
        assert schemas[name].input_schema["properties"][argument]["type"] == "string"
    found = connection.call("search", query=KO)
    assert list(found.structured_content) == ["results"]
    assert found.structured_content["results"]
    for result in found.structured_content["results"]:
        assert list(result) == ["id", "title", "url"]
        assert all(isinstance(value, str) and value for value in result.values())
    fetched = connection.call("fetch", id=found.structured_content["results"][0]["id"])
    assert list(fetched.structured_content) == ["id", "title", "url", "text", "metadata"]
    assert all(isinstance(value, str) for value in fetched.structured_content["metadata"].values())


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("search", {"query": KO}),
        ("fetch", {"id": PAPER}),
        ("ask_papers", {"question": KO}),
        ("ask_papers", {"question": "내일 부산 날씨 어때?"}),
        ("get_paper", {"paper_id": PAPER}),
        ("list_digests", {}),
        ("find_similar", {"paper_id": PAPER, "k": 3}),
        ("export_citations", {"papers": [PAPER]}),
    ],
)
def test_outputs_match_their_schemas_and_are_repeated_as_text(
    connection: Connection, tool: str, arguments: dict[str, Any]
) -> None:
    result = connection.call(tool, **arguments)
    assert not result.is_error
    schema = next(found.output_schema for found in connection.list("tools") if found.name == tool)
    jsonschema.validate(result.structured_content, schema)
    (text,) = result.content
    assert json.loads(text.text) == result.structured_content


def test_search_returns_what_the_library_finds(connection: Connection, sample_library: Library) -> None:
    found = connection.output("search", query=KO)["results"]
    assert [result["id"] for result in found] == [hit.paper_id for hit in sample_library.search(KO).hits]


def test_fetch_returns_the_abstract_and_the_summaries(connection: Connection, sample_library: Library) -> None:
    details = sample_library.paper(PAPER)
    document = connection.output("fetch", id=f"arXiv:{PAPER}v2")
    assert (document["id"], document["title"], document["url"]) == (PAPER, details.paper.title, details.paper.url)
    assert document["text"] == sample_library.export(details, "markdown")
    assert document["metadata"]["digests"] == ", ".join(details.paper.digest_dates)


def test_summaries_have_labels_and_refused_ones_are_left_out(connection: Connection, sample_library: Library) -> None:
    (invented,), (refused,) = sample_library.entries("invented"), sample_library.entries("refused")
    text = connection.output("fetch", id=invented.paper_id)["text"]
    assert f"## Digest of {invented.digest_date}\n\nTrust: invented\n" in text
    text = connection.output("fetch", id=refused.paper_id)["text"]
    assert f"## Digest of {refused.digest_date}" not in text
    (record,) = connection.output("get_paper", paper_id=refused.paper_id)["entries"]
    assert record["trust"]["label"] == "refused"


@pytest.mark.parametrize("question", [KO, "compare LoRA and Adam", "이미지를 패치로 잘라 트랜스포머에 넣는 논문은?"])
def test_answers_have_markers_sources_and_verifiable_quotations(
    connection: Connection, sample_library: Library, question: str
) -> None:
    expected = sample_library.ask(question)
    answer = connection.output("ask_papers", question=question)
    assert answer["answer"] == number_citations(expected).text
    assert answer["citations"]
    for citation, cited in zip(answer["citations"], expected.citations, strict=True):
        assert citation.items() >= asdict(cited).items()
    numbers = {source["id"]: source["number"] for source in answer["sources"]}
    assert sorted(numbers.values()) == list(range(1, len(numbers) + 1))
    for citation in answer["citations"]:
        assert f"[{citation['number']}]" in answer["answer"]
        assert numbers[citation["paper_id"]] == citation["number"]
        chunk = sample_library.chunk(citation["chunk_id"])
        assert text_hash(chunk.text) == citation["text_hash"]
        assert chunk.text[citation["start"] : citation["end"]] == citation["quote"]
        record = connection.output("get_paper", paper_id=citation["paper_id"])
        bodies = {entry["digest_date"]: entry["body"] for entry in record["entries"]}
        source = bodies[citation["entry"]] if citation["entry"] else record["paper"]["abstract"]
        assert source[citation["source_start"] : citation["source_end"]] == citation["quote"]


def test_an_abstention_says_why(connection: Connection) -> None:
    answer = connection.output("ask_papers", question="내일 부산 날씨 어때?")
    assert (answer["abstained"], answer["reason"], answer["confidence"]) == (True, "nothing_relevant", "none")
    assert (answer["sources"], answer["citations"]) == ([], [])


def test_three_turns_are_about_the_papers_of_the_library(connection: Connection, sample_library: Library) -> None:
    questions = (KO, "그 논문의 한계는?", "in English")
    turns: list[Any] = []
    history: Sequence[Turn] = ()
    for question in questions:
        expected = sample_library.ask(question, history=history)
        answer = connection.output("ask_papers", question=question, history=turns)
        assert answer["turn"]["papers"] == list(Turn.of(expected).papers)
        assert answer["answer"] == number_citations(expected).text
        turns.append(answer["turn"])
        history = (*history, Turn.of(expected))
    assert turns[1]["papers"]
    assert set(turns[1]["papers"]) <= set(turns[0]["papers"])
    alone = connection.output("ask_papers", question=questions[1])
    assert alone["reason"] == "which_paper"


def test_filters_restrict_an_answer(connection: Connection, sample_library: Library) -> None:
    question = "어떤 논문이 있어?"
    days = [day.digest_date for day in sample_library.digests()]
    answer = connection.output("ask_papers", question=question, since=days[0], until=days[0])
    assert answer["sources"]
    assert answer["turn"]["since"] == answer["turn"]["until"] == days[0]
    for source in answer["sources"]:
        assert days[0] in sample_library.paper(source["id"]).paper.digest_dates
    answer = connection.output("ask_papers", question=question, papers=[f"arXiv:{PAPER}"])
    assert {citation["paper_id"] for citation in answer["citations"]} == {PAPER}
    answer = connection.output("ask_papers", question=question, published=True, until="1999-12-31")
    assert (answer["reason"], answer["turn"]["by"]) == ("outside_window", "published")
    answer = connection.output("ask_papers", question="어제 올라온 논문은?", as_of="2025-03-06")
    assert answer["turn"]["since"] == answer["turn"]["until"] == "2025-03-05"


def test_digests_are_listed_newest_first(connection: Connection, sample_library: Library) -> None:
    days = sample_library.digests()
    listed = connection.output("list_digests")
    assert [digest["digest_date"] for digest in listed["digests"]] == [day.digest_date for day in days]
    assert listed["earlier"] == 0
    for digest, day in zip(listed["digests"], days, strict=True):
        assert (len(digest["papers"]), sum(paper["is_new"] for paper in digest["papers"])) == (day.papers, day.new)
    some = connection.output("list_digests", until=days[1].digest_date, limit=1)
    assert [digest["digest_date"] for digest in some["digests"]] == [days[1].digest_date]
    assert some["earlier"] == len(days) - 2
    assert connection.output("list_digests", since="2999-01-01") == {"digests": [], "earlier": 0}


def test_similar_papers_are_those_of_the_library(connection: Connection, sample_library: Library) -> None:
    found = connection.output("find_similar", paper_id=PAPER, k=3)["results"]
    assert [result["id"] for result in found] == [hit.paper_id for hit in sample_library.similar(PAPER, 3).hits]
    assert PAPER not in {result["id"] for result in found}


@pytest.mark.parametrize("export_format", FORMATS)
def test_citations_are_exported_as_by_the_library(
    connection: Connection, sample_library: Library, export_format: ExportFormat
) -> None:
    ids = [PAPER, "1706.03762"]
    exported = connection.output("export_citations", papers=ids, format=export_format)
    papers = [sample_library.paper(paper).paper for paper in ids]
    assert exported == {"format": export_format, "text": sample_library.export(papers, export_format)}


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("search", {"query": " "}, "question: is empty"),
        ("fetch", {"id": "no id"}, "'no id' is not an arXiv id"),
        ("fetch", {"id": "1001.0001"}, "1001.0001 is not in the index"),
        ("get_paper", {"paper_id": "1001.0001"}, "1001.0001 is not in the index"),
        ("ask_papers", {"question": KO, "k": 0}, "k: is 0 (expected 1 to 100)"),
        ("ask_papers", {"question": KO, "since": "soon"}, "since: 'soon' is not a valid date"),
        ("ask_papers", {"question": KO, "papers": ["x"]}, "papers: 'x' is not an arXiv id"),
        ("ask_papers", {"question": KO, "generate": True}, "generate: no language model is configured"),
        ("ask_papers", {"question": KO, "history": [{"papers": []}]}, "history.0.question"),
        ("ask_papers", {}, "question"),
        ("list_digests", {"limit": 32}, "limit: is 32 (expected 1 to 31)"),
        ("list_digests", {"since": "soon"}, "since: 'soon' is not a valid date"),
        ("find_similar", {"paper_id": PAPER, "k": 101}, "k: is 101 (expected 1 to 100)"),
        ("export_citations", {"papers": [PAPER, "1001.0001"]}, "1001.0001 is not in the index"),
        ("export_citations", {"papers": []}, "papers"),
        ("export_citations", {"papers": [PAPER], "format": "docx"}, "format"),
        ("remove", {}, "Unknown tool: remove"),
    ],
)
def test_errors_name_what_is_wrong(connection: Connection, tool: str, arguments: dict[str, Any], words: str) -> None:
    assert words in connection.error(tool, **arguments)


def test_resources_are_listed_and_read(connection: Connection, sample_library: Library) -> None:
    assert {resource.uri for resource in connection.list("resources")} == {"nonmun://digests", "nonmun://status"}
    templates = {template.uri_template for template in connection.list("resource_templates")}
    assert templates == {"nonmun://papers/{+paper_id}", "nonmun://digests/{digest_date}"}
    status = json.loads(connection.read("nonmun://status"))
    assert status["papers"] == sample_library.status().papers
    assert "data" not in status  # a path of the server
    days = connection.read("nonmun://digests")
    for day in sample_library.digests():
        assert f"- {day.digest_date}: {day.papers} papers, {day.new} of them new" in days
        text = connection.read(f"nonmun://digests/{day.digest_date}")
        assert text == sample_library.export(sample_library.digest(day.digest_date), "markdown")
    assert connection.read(f"nonmun://papers/{PAPER}") == connection.output("fetch", id=PAPER)["text"]


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("nonmun://papers/1001.0001", "1001.0001 is not in the index"),
        ("nonmun://papers/cs/0501001", "cs/0501001 is not in the index"),
        ("nonmun://papers/x", "'x' is not an arXiv id"),
        ("nonmun://digests/2001-01-01", "no digest of 2001-01-01 is in the index"),
        ("nonmun://digests/soon", "'soon' is not a valid date"),
        ("nonmun://settings", "Unknown resource"),
        ("file:///etc/passwd", "Unknown resource"),
    ],
)
def test_a_resource_that_does_not_exist(connection: Connection, uri: str, words: str) -> None:
    error = connection.read_error(uri)
    assert words in error.message
    assert error.code == -32602


def test_prompts_tell_which_tools_to_use(connection: Connection) -> None:
    prompts = {prompt.name: prompt for prompt in connection.list("prompts")}
    assert {"compare_papers", "weekly_briefing"} == prompts.keys()
    assert [argument.name for argument in prompts["compare_papers"].arguments if argument.required] == ["papers"]
    text = connection.prompt("compare_papers", papers="LoRA, 1706.03762 ,", aspect="data", language="Korean")
    assert "LoRA, 1706.03762." in text
    assert "data" in text
    assert "Answer in Korean." in text
    assert 'since "2025-03-01" and until "2025-03-07"' in connection.prompt("weekly_briefing", until="2025-03-07")
    assert "about agents" in connection.prompt("weekly_briefing", topic="agents")
    for prompt in ("compare_papers", "weekly_briefing"):
        text = connection.prompt(prompt, **({"papers": "a, b"} if prompt == "compare_papers" else {}))
        named = set(TOOLS) & set(text.replace("`", " ").split())
        assert "ask_papers" in named


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        ("compare_papers", {"papers": "LoRA"}, "papers: name two or more"),
        ("compare_papers", {}, "papers"),
        ("weekly_briefing", {"until": "soon"}, "until: 'soon' is not a valid date"),
        ("everything", {}, "Unknown prompt: everything"),
    ],
)
def test_invalid_prompts(connection: Connection, name: str, arguments: dict[str, str], words: str) -> None:
    from mcp import MCPError

    with pytest.raises(MCPError) as caught:
        connection.prompt(name, **arguments)
    assert words in caught.value.message
    assert caught.value.code == -32602


def test_papers_are_read_once_and_off_the_event_loop(
    sample_library: Library, client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    loops: list[bool] = []
    find, clean = Library.paper, withholding.withhold_in_paper

    def count(library: Library, paper_id: str) -> PaperDetails:
        read.append(paper_id)
        return find(library, paper_id)

    def watch(paper: Paper) -> Paper:
        try:
            loops.append(bool(asyncio.get_running_loop()))
        except RuntimeError:
            loops.append(False)
        return clean(paper)

    monkeypatch.setattr(Library, "paper", count)
    monkeypatch.setattr(withholding, "withhold_in_paper", watch)
    with connected(over_http(client)) as connection:
        connection.output("fetch", id=PAPER)
        connection.output("get_paper", paper_id=PAPER)
    assert read == [PAPER, PAPER]
    assert loops == [False, False]
