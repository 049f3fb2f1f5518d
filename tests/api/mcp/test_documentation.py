"""docs/mcp.md, server.json and the README: what they say is what the server does."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import httpx
import pytest

from nonmun import Library
from nonmun.api.keys import KeyStore

from ...cli.conftest import environment
from ...documentation import DOCS, sections
from ..conftest import served
from .conftest import PATIENCE, connected, over_http, over_stdio

ROOT = DOCS.parent
TEXT = (DOCS / "mcp.md").read_text("utf-8")
CONFIGURATIONS = [json.loads(block) for block in re.findall(r"^```json\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)]


def commands(configuration: Any) -> list[dict[str, Any]]:
    """Return the servers of a configuration that are started by a command."""
    servers = configuration.get("mcpServers", {"": configuration})
    return [server for server in servers.values() if "command" in server]


def test_the_commands_of_the_page_are_the_command(sample_library: Library, tmp_path: Path) -> None:
    found = [server for configuration in CONFIGURATIONS for server in commands(configuration)]
    assert len(found) == 2
    for server in found:
        assert Path(server["command"]).name == "nonmun"
        data = str(sample_library.settings.data)
        args = [data if value == "/home/you/papers" else value for value in server["args"]]
        variables = dict.fromkeys(server.get("env", {}), data)
        done = subprocess.run(
            [sys.executable, "-m", "nonmun", *args],
            env=environment(**variables),
            input="",
            capture_output=True,
            text=True,
            timeout=PATIENCE,
        )
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_every_tool_resource_and_prompt_is_on_the_page(client: httpx.Client) -> None:
    with connected(over_http(client)) as connection:
        tools = [tool.name for tool in connection.list("tools")]
        prompts = [prompt.name for prompt in connection.list("prompts")]
    assert re.findall(r"^\| `(\w+)\(", TEXT, re.MULTILINE) == tools
    assert all(f"`{prompt}`" in TEXT for prompt in prompts)


@pytest.mark.parametrize("needs_key", [False, True])
def test_the_snippet_runs(sample_library: Library, keys: KeyStore, *, needs_key: bool) -> None:
    (program,) = sections("mcp.md").values()
    secret, _ = keys.create("Kim", ["ask"])
    with served(sample_library, keys if needs_key else None) as client:
        program = program.replace("http://127.0.0.1:8765", str(client.base_url).rstrip("/"))
        variables = environment(NO_PROXY="127.0.0.1", no_proxy="127.0.0.1") | (
            {"PAPERS_KEY": secret} if needs_key else {}
        )
        run = [sys.executable, "-c", program]
        done = subprocess.run(run, env=variables, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, done.stderr
    assert "https://arxiv.org/abs/2010.11929" in done.stdout
    assert "[1]" in done.stdout


def test_the_manifest_belongs_to_this_version() -> None:
    manifest = json.loads((ROOT / "server.json").read_text("utf-8"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    (package,) = manifest["packages"]
    assert manifest["version"] == package["version"] == project["version"]
    assert package["identifier"] == project["name"]
    assert f"<!-- mcp-name: {manifest['name']} -->" in (ROOT / "README.md").read_text("utf-8")
    # The limits of the schema that it names.
    assert re.fullmatch(r"[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+", manifest["name"])
    assert len(manifest["description"]) <= 100
    assert len(manifest["title"]) <= 100


def test_the_manifest_starts_the_server(sample_library: Library, tmp_path: Path) -> None:
    (package,) = json.loads((ROOT / "server.json").read_text("utf-8"))["packages"]
    assert package["transport"] == {"type": "stdio"}
    assert [argument["value"] for argument in package["packageArguments"]] == ["mcp"]
    (variable,) = package["environmentVariables"]
    settings = {variable["name"]: str(sample_library.settings.data)}
    with (tmp_path / "log").open("w") as log, connected(over_stdio(None, log, **settings)) as connection:
        assert connection.list("tools")


@pytest.mark.parametrize("command", ["ask", "search", "status", "serve", "mcp"])
def test_only_the_commands_that_need_the_protocol_import_it(
    sample_library: Library, tmp_path: Path, command: str
) -> None:
    code = (
        "import sys; from nonmun.cli import app\n"
        "try:\n    app(sys.argv[1:], standalone_mode=False)\n"
        "finally:\n    print('mcp' in sys.modules, file=sys.stderr)"
    )
    arguments = {"ask": ["LoRA"], "search": ["LoRA"], "serve": ["--help"], "mcp": ["--help"]}.get(command, [])
    run = [sys.executable, "-c", code, command, *arguments]
    variables = environment(NONMUN_DATA=str(sample_library.settings.data))
    done = subprocess.run(run, env=variables, capture_output=True, text=True, timeout=PATIENCE, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[-1] == "False"
