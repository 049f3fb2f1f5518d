"""docs/http.md: its snippets run, and its tables are those of the service."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

import httpx

from nonmun import Library
from nonmun.api.http.openai.paths import is_openai_path
from nonmun.api.keys import KeyStore

from ...cli.conftest import environment
from ...documentation import DOCS, sections
from ..conftest import bearer, served

TEXT = (DOCS / "http.md").read_text("utf-8")
URL = "http://127.0.0.1:8765"


def test_the_snippets_run(scratch: Library) -> None:
    (program,) = sections("http.md").values()
    with served(scratch) as client:
        program = program.replace(URL, str(client.base_url).rstrip("/"))
        variables = environment(NO_PROXY="127.0.0.1", no_proxy="127.0.0.1")
        run = [sys.executable, "-c", program]
        done = subprocess.run(run, env=variables, capture_output=True, text=True, timeout=1_200)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert "2101.00001 is not in the index" in lines
    streamed, counted, _ = done.stdout.partition(" quotations, confidence high\n")
    assert counted
    text, _, number = streamed.partition("2101.00001 is not in the index\n")[2].rpartition("\n")
    assert len(re.findall(r"\[\d{4}\.\d{5}\]", text)) == int(number) > 0  # each id once
    assert lines[-3:] == ["1 new, 0 unchanged", "1 removed", "17 papers on 4 days"]


def test_every_route_is_in_the_table_with_its_scope(sample_library: Library, keys: KeyStore) -> None:
    rows = re.findall(r"^\| `(\w+) (/v1[^?`]*)[^`]*` \|.*\| `(\w+)` \|$", TEXT, re.MULTILINE)
    keys.create("Kim", ["read"])
    with served(sample_library, keys) as client:
        paths = client.get("/openapi.json").json()["paths"]
    served_routes = [
        (method.upper(), path, operation["security"][0]["key"][0])
        for path, methods in paths.items()
        if path.startswith("/v1/") and not is_openai_path(path)
        for method, operation in methods.items()
    ]
    assert sorted(rows) == sorted(served_routes)


def test_the_requests_of_curl_are_accepted(scratch: Library, keys: KeyStore) -> None:
    posted = re.findall(r"curl -s localhost:8765(\S+) [^\n]*-d '(.*?)'\n", TEXT, re.DOTALL)
    read = re.findall(r"curl -s 'localhost:8765(\S+)'\n", TEXT)
    assert len(posted) == 3
    assert read
    secret, _ = keys.create("Kim", ["admin"])
    with served(scratch, keys) as client:
        responses: list[httpx.Response] = [
            *(client.post(path, json=json.loads(body), headers=bearer(secret)) for path, body in posted),
            *(client.get(path, headers=bearer(secret)) for path in read),
        ]
    assert [response.status_code for response in responses] == [200, 201, 202, 200]


def test_the_events_are_those_of_the_document(client: httpx.Client) -> None:
    schemas: dict[str, Any] = client.get("/openapi.json").json()["components"]["schemas"]
    events = [event["properties"]["event"]["const"] for event in schemas["AnswerEvent"]["oneOf"]]
    _, _, streams = TEXT.partition("## Streams\n")
    assert re.findall(r"^\| `(\w+)` \|", streams.partition("\n## ")[0], re.MULTILINE) == events
