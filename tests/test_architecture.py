"""The house's own rules: parts, arrows, pages, and what the front door opens."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

import nonmun

ROOT = Path(__file__).parents[1]
PARTS = ("api", "index", "ingest", "cli", "eval", "settings")
MODULES = [
    *sorted(ROOT.glob("*.py")),
    *sorted(path for part in ("api", "cli", "eval", "index", "ingest") for path in (ROOT / part).rglob("*.py")),
]
# Which other parts a part may import; the root door may import any but the command.
ALLOWED = {
    "index": set(),
    "ingest": {"index"},
    "api": {"ingest", "index", "settings"},
    "eval": {"api", "ingest", "index", "settings"},
    "cli": {"eval", "api", "ingest", "index", "settings"},
    "settings": {"index"},
    "__main__": {"cli"},
    "__init__": {"api", "ingest", "index", "settings"},
}
PUBLIC = [
    "Answer",
    "BusyError",
    "Chunk",
    "Citation",
    "CitationEvent",
    "ConfigError",
    "DoneEvent",
    "Entry",
    "Event",
    "Evidence",
    "FileError",
    "Filter",
    "Hit",
    "HitsEvent",
    "IndexDamagedError",
    "InputError",
    "Interpretation",
    "LLMError",
    "Library",
    "ModelError",
    "NonmunError",
    "NotFoundError",
    "Paper",
    "PaperDetails",
    "Results",
    "Section",
    "Settings",
    "Status",
    "TokenEvent",
    "Turn",
]


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def part_of(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """Dotted names below the package that a module imports; the door itself is "__init__"."""
    package = ["nonmun", *path.relative_to(ROOT).parent.parts]
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            start = [*base, *(node.module.split(".") if node.module else [])]
            names = (
                [".".join([*start, alias.name]) for alias in node.names] if start == ["nonmun"] else [".".join(start)]
            )
        else:
            continue
        for name in names:
            if name.partition(".")[0] == "nonmun":
                below = name.split(".")[1:]
                found.add(below[0] if below and below[0] in PARTS else "__init__")
    return found


def test_packages_are_the_folders() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["packages"]
    folders = {path.parent for path in MODULES if path.name == "__init__.py"}
    assert sorted(listed) == sorted(".".join(["nonmun", *folder.relative_to(ROOT).parts]) for folder in folders)
    assert {path.parent for path in MODULES} == folders


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_arrows_run_one_way(path: Path) -> None:
    part = part_of(path)
    assert imported(path) - {part} <= ALLOWED[part]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_first_line_says_the_job(path: Path) -> None:
    text = path.read_text("utf-8")
    docstring = ast.get_docstring(ast.parse(text))
    assert docstring
    assert text.startswith('"""')
    assert len(docstring.splitlines()[0]) > 10


def test_public_names() -> None:
    assert nonmun.__all__ == PUBLIC
    assert all(hasattr(nonmun, name) for name in PUBLIC)


def test_import_is_light() -> None:
    heavy = ("chromadb", "openvino", "kiwipiepy", "llama_index", "torch", "sentence_transformers", "fastapi", "uvicorn")
    code = f"import sys, nonmun; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


def test_type_marker() -> None:
    assert (ROOT / "py.typed").is_file()


def test_commands_in_the_readme_exist() -> None:
    readme = ROOT / "README.md"
    if not readme.is_file():
        pytest.skip("README.md is not written yet")
    from nonmun.cli import app

    def names(typer: Any) -> set[str]:
        return {command.name or command.callback.__name__ for command in typer.registered_commands}

    groups = {group.typer_instance.info.name: names(group.typer_instance) for group in app.registered_groups}
    known = names(app) | groups.keys()
    text = readme.read_text("utf-8")
    code = "\n".join(
        [*re.findall(r"^```.*?\n(.*?)^```", text, re.DOTALL | re.MULTILINE), *re.findall(r"`([^`\n]+)`", text)]
    )
    used = set(re.findall(r"^\s*(?:\$ )?nonmun ([a-z][a-z-]*)", code, re.MULTILINE))
    assert used
    assert used <= known
    for group, commands in groups.items():
        said = set(re.findall(rf"\b(?:nonmun )?{group} ([a-z][a-z-]*)", code))
        assert said == commands
