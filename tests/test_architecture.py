"""Rules of the architecture: imports, packages, their diagram, and the public names."""

from __future__ import annotations

import ast
import importlib.util
import re
import subprocess
import sys
import tomllib
from collections import Counter
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
# Parts that each part may import; the root package may import all but the command line.
ALLOWED = {
    "index": set(),
    "ingest": {"index"},
    "api": {"ingest", "index", "settings"},
    "eval": {"api", "ingest", "index", "settings"},
    "cli": {"eval", "api", "ingest", "index", "settings"},
    "settings": {"index"},
    "client": {"api", "index"},
    "__main__": {"cli"},
    "__init__": {"api", "ingest", "index", "settings"},
}
PUBLIC = [
    "Answer",
    "AsyncLibrary",
    "BusyError",
    "Chunk",
    "ChunkDetails",
    "Citation",
    "CitationEvent",
    "ConfigError",
    "DigestDay",
    "DigestDetails",
    "DigestEntry",
    "DoneEvent",
    "Entry",
    "EntryPage",
    "Event",
    "Evidence",
    "FileError",
    "Filter",
    "Hit",
    "HitsEvent",
    "IndexDamagedError",
    "InputError",
    "Interpretation",
    "Job",
    "LLMError",
    "Library",
    "ModelError",
    "NonmunError",
    "NotFoundError",
    "Paper",
    "PaperDetails",
    "PaperPage",
    "Results",
    "Section",
    "Segment",
    "ServiceError",
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
    """Return the parts that a module imports; the root package is "__init__"."""
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


def test_listed_packages_are_the_folders() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["packages"]
    folders = {path.parent for path in MODULES if path.name == "__init__.py"}
    assert sorted(listed) == sorted(".".join(["nonmun", *folder.relative_to(ROOT).parts]) for folder in folders)
    assert {path.parent for path in MODULES} == folders


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_between_parts_are_allowed(path: Path) -> None:
    part = part_of(path)
    assert imported(path) - {part} <= ALLOWED[part]


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_module_has_a_docstring(path: Path) -> None:
    text = path.read_text("utf-8")
    docstring = ast.get_docstring(ast.parse(text))
    assert docstring
    assert text.startswith('"""')
    assert len(docstring.splitlines()[0]) > 10


def test_public_names() -> None:
    assert nonmun.__all__ == PUBLIC
    assert all(hasattr(nonmun, name) for name in PUBLIC)


def test_import_loads_no_heavy_library() -> None:
    heavy = ("chromadb", "openvino", "kiwipiepy", "llama_index", "torch", "sentence_transformers", "fastapi", "uvicorn")
    code = f"import sys, nonmun; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


def test_package_is_marked_as_typed() -> None:
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
        documented = set(re.findall(rf"\b(?:nonmun )?{group} ([a-z][a-z-]*)", code))
        assert documented == commands


def test_packages_of_the_index_are_layered() -> None:
    """Each imports only packages below it, in the order of docs/architecture.md."""
    order = (
        "publishing calibration health retrieval engine linking lexicon query "
        "facts catalog embeddings analysis domain util"
    ).split()
    imports = drawing().package_imports()
    for package, targets in imports.items():
        part, _, name = package.partition("/")
        if part == "index":
            below = {f"index/{other}" for other in order[order.index(name) + 1 :]}
            assert targets <= below, package


def test_package_imports_are_acyclic() -> None:
    imports = drawing().package_imports()
    drawing().levels([*imports], imports)  # raises if there is a cycle


def test_the_package_diagram_is_current() -> None:
    drawn = drawing()
    assert drawn.FILE.read_text("utf-8") == drawn.draw(drawn.package_imports()), "run python docs/draw_architecture.py"


def drawing() -> Any:
    spec = importlib.util.spec_from_file_location("draw_architecture", ROOT / "docs" / "draw_architecture.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("word", "home"),
    [(r"\bimport chromadb|from chromadb", "index/engine/chroma.py"), (r"import sqlite3|sqlite3\.", "index/catalog/")],
)
def test_each_storage_library_is_imported_in_one_place(word: str, home: str) -> None:
    users = {name_of(path) for path in MODULES if re.search(word, path.read_text("utf-8"))}
    assert users
    # doctor handles errors of sqlite3; the keys have a database of their own.
    assert {name for name in users if not name.startswith(home)} <= {"index/health/doctor.py", "api/keys.py"}


def test_packages_stay_small() -> None:
    """A package has at most 17 modules, so that it stays easy to survey."""
    sizes = Counter(path.parent for path in MODULES if path.name != "__init__.py")
    assert {name_of(folder): size for folder, size in sizes.items() if size > 17} == {}


def test_settings_import_no_numpy() -> None:
    code = "import sys, nonmun.settings; print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "False"


def test_only_the_interface_of_the_engine_is_used() -> None:
    """Retrieval and health import the protocols and value types of the engine, but no implementation."""
    interface = {"base", "artifacts", "centering", "limits"}
    for package in ("retrieval", "linking", "lexicon", "query", "health"):
        for path in (ROOT / "index" / package).rglob("*.py"):
            used = set(re.findall(r"from \.+engine\.(\w+) import", path.read_text("utf-8")))
            assert used <= interface, name_of(path)
